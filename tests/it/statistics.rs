//! Seeded Monte Carlo: objects are drawn as often as the plan says.

use choucha::draw::{SubSeed, Ticketer, pareto_key, select_stream, unit_interval};
use choucha::plan::{Calibration, SealedPlan};
use choucha::units::{HashName, Meter};
use rayon::prelude::*;

use crate::draw_laws::{MemoryFrame, Rows, seal, sizes};
use crate::frequencies::{Counts, SmallStrata, bound, greatest, sum};

/// Draws per plan.
const DRAWS: u32 = 20_000;
/// Largest |z| of 20 plans of about ten objects each: exceeded by chance once in some 700 runs of the whole test.
pub(crate) const Z_MAX: f64 = 4.5;

/// Twenty populations: sizes, and how many are drawn.
fn populations() -> Vec<(Vec<u32>, u64)> {
    let mut populations = vec![
        (vec![3, 7], 1),
        (vec![1, 99], 1),
        (vec![2, 3, 5], 1),
        (vec![1, 1, 1, 17], 1),
        (vec![2, 3, 6, 9], 2),
        (vec![7, 17, 41, 61, 83, 91], 3),
        (vec![1, 1, 1, 1, 1, 1, 2, 2, 4, 10], 1),
        (vec![1, 1, 1, 1, 1, 1, 2, 2, 4, 10], 2),
        (vec![5; 9], 4),
        (vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100], 5),
    ];
    for k in 0..10 {
        let sizes = (0..8 + k).map(|i| 1 + (i * i + k * i) % 13).collect();
        populations.push((sizes, 2 + u64::from(k) / 2));
    }
    populations
}

fn population(sizes: &[u32]) -> Rows {
    let id = |index: usize| format!("91110000MA{index:08}");
    sizes
        .iter()
        .enumerate()
        .map(|(index, &size)| (id(index), "A".to_owned(), size))
        .collect()
}

fn plan(rows: &Rows, n: u64) -> SealedPlan {
    seal(&sizes(&[("A", n)], 0), rows, 1).unwrap()
}

pub(crate) fn sub_seed(draw: u32) -> SubSeed {
    SubSeed(HashName::Sha256.tagged("statistics", &draw.to_be_bytes()).0)
}

/// How often each object of the population is drawn.
fn frequencies(plan: &SealedPlan, rows: &Rows) -> Vec<u32> {
    let lambda: Vec<Option<f64>> = rows
        .iter()
        .map(|row| plan.strata[0].level(row.2).unwrap().lambda)
        .collect();
    let n = usize::try_from(plan.strata[0].n).unwrap();
    let one = |draw: u32| {
        let ticketer = Ticketer::new(plan.hash, &sub_seed(draw).0);
        let key = |(row, lambda): (&(String, String, u32), &Option<f64>)| {
            lambda.map_or(0.0, |lambda| {
                pareto_key(unit_interval(&ticketer.ticket(row.0.as_bytes())), lambda)
            })
        };
        let mut keys: Vec<(f64, usize)> = rows.iter().zip(&lambda).map(key).zip(0..).collect();
        keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        keys.truncate(n);
        keys.into_iter().map(|(_, unit)| unit).collect::<Vec<_>>()
    };
    let sum = |mut counts: Vec<u32>, drawn: Vec<usize>| {
        for unit in drawn {
            counts[unit] += 1;
        }
        counts
    };
    let add = |a: Vec<u32>, b: Vec<u32>| a.iter().zip(b).map(|(a, b)| a + b).collect();
    (0..DRAWS)
        .into_par_iter()
        .map(one)
        .fold(|| vec![0; rows.len()], sum)
        .reduce(|| vec![0; rows.len()], add)
}

/// Largest |z| of the frequencies against the targets.
pub(crate) fn z_max(plan: &SealedPlan, rows: &Rows) -> f64 {
    let z = |(count, row): (u32, &(String, String, u32))| {
        let (p, draws) = (
            plan.strata[0].level(row.2).unwrap().target,
            f64::from(DRAWS),
        );
        let deviation = (f64::from(count) - draws * p).abs();
        if p < 1.0 {
            deviation / (draws * p * (1.0 - p)).sqrt()
        } else {
            deviation
        }
    };
    frequencies(plan, rows)
        .into_iter()
        .zip(rows)
        .map(z)
        .fold(0.0, f64::max)
}

#[test]
fn objects_are_drawn_as_often_as_their_targets_say() {
    let populations = populations();
    assert_eq!(populations.len(), 20);
    for (sizes, n) in populations {
        let rows = population(&sizes);
        let plan = plan(&rows, n);
        let z = z_max(&plan, &rows);
        assert!(z < Z_MAX, "{sizes:?}, n = {n}: |z| = {z}");
    }
}

/// The test above has teeth: without calibration it fails.
#[test]
fn plain_pareto_is_caught_in_small_strata() {
    let mut caught = 0;
    for (sizes, n) in populations() {
        let rows = population(&sizes);
        let mut plan = plan(&rows, n);
        let mut uncalibrated = plan.strata[0].levels.clone();
        for level in &mut uncalibrated {
            level.lambda = level.lambda.map(|_| level.target);
        }
        if plan.strata[0].spread() < 2.0 && uncalibrated != plan.strata[0].levels {
            plan.strata[0].levels = uncalibrated;
            caught += u32::from(z_max(&plan, &rows) > Z_MAX);
        }
    }
    assert!(caught >= 3, "{caught}");
}

#[test]
fn the_frequencies_are_those_of_the_real_draw() {
    let (sizes, n) = (vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100], 5);
    let rows = population(&sizes);
    let (plan, frame) = (plan(&rows, n), MemoryFrame::new(&rows, 2));
    let targets = |size: u32| plan.strata[0].level(size).unwrap().target;
    let draws = 400;
    let mut total = 0.0;
    for draw in 0..draws {
        let sample = select_stream(&plan, sub_seed(draw), &frame, &Meter::silent()).unwrap();
        total += sample
            .drawn()
            .map(|unit| 1.0 / targets(unit.size))
            .sum::<f64>();
    }
    let mean = total / f64::from(draws);
    assert!(
        (mean - 11.0).abs() < 0.8,
        "the weights of the drawn estimate the size of the frame: {mean}"
    );
}

/// Keys of the sealed draws, and draws under each.
const KEYS: u32 = 3;
const SEALED_DRAWS: u32 = 3_000;

/// Largest |z| of all keys and of their sum, beside its bound.
fn sealed_z_max(strata: &SmallStrata) -> (f64, f64) {
    let by_key: Vec<Counts> = (0..KEYS)
        .map(|key| strata.count(key, SEALED_DRAWS))
        .collect();
    let mut z: Vec<f64> = by_key
        .iter()
        .flat_map(|counts| strata.z(counts, SEALED_DRAWS))
        .collect();
    let all = by_key
        .iter()
        .skip(1)
        .fold(by_key[0].clone(), |a, b| sum(&a, b));
    z.extend(strata.z(&all, KEYS * SEALED_DRAWS));
    (greatest(&z), bound(z.len()))
}

#[test]
fn sealed_draws_of_small_strata_keep_their_targets_under_every_key() {
    for hash in [HashName::Sha256, HashName::Sm3] {
        let (z, bound) = sealed_z_max(&SmallStrata::sealed(hash));
        assert!(z < bound, "{hash:?}: |z| = {z}, not below {bound}");
    }
}

#[test]
fn sealed_draws_without_calibration_are_caught() {
    let (z, bound) = sealed_z_max(&SmallStrata::sealed(HashName::Sha256).uncalibrated());
    assert!(z > 2.0 * bound, "|z| = {z}, bound {bound}");
}

#[test]
fn the_lambda_of_small_strata_give_their_targets() {
    for stratum in &SmallStrata::sealed(HashName::Sha256).plan.strata {
        let error = SmallStrata::relative_error(stratum);
        assert!(error <= 1e-10, "{}: {error}", stratum.label);
        let solved = [Calibration::Solved, Calibration::EqualTargets];
        assert!(solved.contains(&stratum.calibration), "{}", stratum.label);
    }
}
