//! Against the constants of `szonszein/interference` and an enumerated line of six.

use super::pairs::bound;
use super::{
    Chances, Samples, Side, covariance_of_totals, mapping, met, variance_of_difference,
    variance_of_total,
};
use crate::evaluate::deterrence::{ExposureKind, Redraw, SimpleRandom, Wave, WaveUnit};
use crate::units::Day;

const Y: [f64; 3] = [-1.0, 2.0, 3.0];
const FIRST: [bool; 3] = [true, true, false];
const SECOND: [bool; 3] = [false, false, true];
const PI_FIRST: [[f64; 3]; 3] = [[0.3, 0.2, 0.1], [0.2, 0.5, 0.4], [0.1, 0.4, 0.8]];
const PI_SECOND: [[f64; 3]; 3] = [[0.7, 0.4, 0.1], [0.4, 0.5, 0.1], [0.1, 0.1, 0.2]];

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[test]
fn variances_are_those_of_the_published_package() {
    let variance = |met: [bool; 3], pi: [[f64; 3]; 3]| {
        let side = Side {
            values: &Y,
            is_met: &|i| met[i],
            chance: &|i| pi[i][i],
        };
        variance_of_total(&side, |i, j| pi[i][j], |i, j| pi[i][j] <= 0.0)
    };
    close(variance(FIRST, PI_FIRST), 9.111_111_111_111_11);
    close(variance(SECOND, PI_SECOND), 180.0);
    let zero_first = [[0.3, 0.0, 0.0], [0.0, 0.5, 0.4], [0.0, 0.4, 0.8]];
    let zero_second = [[0.7, 0.4, 0.1], [0.4, 0.5, 0.0], [0.1, 0.0, 0.2]];
    let bounded = |met: [bool; 3], pi: [[f64; 3]; 3]| {
        let side = Side {
            values: &Y,
            is_met: &|i| met[i],
            chance: &|i| pi[i][i],
        };
        bound(&side, |i, j| pi[i][j] <= 0.0)
    };
    close(bounded(FIRST, zero_first), 14.666_666_666_666_666);
    close(bounded(SECOND, zero_second), 45.0);
}

#[test]
fn covariances_are_those_of_the_published_package() {
    let both = [[0.0, 0.1, 0.0], [0.2, 0.0, 0.15], [0.4, 0.3, 0.0]];
    let first = Side {
        values: &Y,
        is_met: &|i| FIRST[i],
        chance: &|i| PI_FIRST[i][i],
    };
    let second = Side {
        values: &Y,
        is_met: &|i| SECOND[i],
        chance: &|i| PI_SECOND[i][i],
    };
    let expected = -32.333_333_333_333_34;
    close(
        covariance_of_totals(&first, &second, |i, j| both[i][j], |i, j| both[i][j] <= 0.0),
        expected,
    );
    close(
        covariance_of_totals(&second, &first, |i, j| both[j][i], |i, j| both[j][i] <= 0.0),
        expected,
    );
}

/// Peers drawn on a line of six.
fn on_a_line(drawn: &[bool]) -> Vec<usize> {
    let at = |i: usize| f64::from(u8::from(drawn[i]));
    let peers = |i: usize| {
        let before = if i > 0 { at(i - 1) } else { 0.0 };
        let after = if i + 1 < drawn.len() { at(i + 1) } else { 0.0 };
        before + after
    };
    met(drawn, &(0..drawn.len()).map(peers).collect::<Vec<f64>>())
}

#[test]
fn two_of_six_on_a_line_give_the_enumerated_probabilities_and_variances() {
    let drawn = [true, false, false, true, false, false];
    let y = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let redraw = SimpleRandom::like(&[0; 6], &drawn, [0; 32]);
    let chances = Chances::of(&Samples::of(&redraw, 6, 0), &[0, 1, 2, 3, 4, 5], on_a_line);
    close(chances.one(0, 0), 1.0 / 15.0);
    close(chances.one(1, 2), 7.0 / 15.0);
    close(chances.one(5, 3), 0.4);
    let observed = on_a_line(&drawn);
    assert_eq!(observed, [1, 2, 2, 1, 2, 3]);
    let total = |kind: usize| -> f64 {
        let of = (0..6).filter(|&i| observed[i] == kind);
        of.map(|i| y[i] / chances.one(i, kind)).sum()
    };
    close(total(1), 8.75);
    close(total(2), 2.142_857_142_857_143);
    let plain = |kind: usize| {
        let (a, b) = ((kind, y.to_vec()), (3, y.to_vec()));
        variance_of_difference(&chances, &observed, &a, &b)
    };
    close(plain(1), 2.057_291_666_666_666_5);
    close(plain(2), 0.420_209_750_566_893_4);
    let found = super::means(&chances, &observed, &y);
    let indirect = found
        .iter()
        .find(|mean| mean.kind == ExposureKind::Indirect)
        .unwrap();
    close(indirect.effect.unwrap(), -2.0 / 3.0);
    close(indirect.se.unwrap().powi(2), 0.221_560_846_560_846_6);
    let direct = found
        .iter()
        .find(|mean| mean.kind == ExposureKind::Direct)
        .unwrap();
    close(direct.effect.unwrap(), 0.0);
    assert_eq!(direct.se, None, "no variance is not a standard error of 0");
}

#[test]
fn without_peers_the_mean_of_the_drawn_is_that_of_the_design_alone() {
    let drawn = [true, false, false, true, false, false];
    let y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0];
    let redraw = SimpleRandom::like(&[0; 6], &drawn, [0; 32]);
    let alone = |drawn: &[bool]| met(drawn, &[0.0; 6]);
    let chances = Chances::of(&Samples::of(&redraw, 6, 0), &[0, 1, 2, 3, 4, 5], alone);
    let found = super::means(&chances, &alone(&drawn), &y);
    assert_eq!(found.len(), 2, "nobody can meet a drawn peer");
    close(found[0].mean.unwrap(), 2.0);
    close(found[1].mean.unwrap(), 4.75);
    let third = |i: usize, j: usize| if i == j { 1.0 / 3.0 } else { 1.0 / 15.0 };
    let side = Side {
        values: &y,
        is_met: &|i| drawn[i],
        chance: &|i| third(i, i),
    };
    let plain = variance_of_total(&side, third, |i, j| third(i, j) <= 0.0);
    let horvitz_thompson: f64 = {
        let mut sum = 0.0;
        for i in [0, 3] {
            sum += (2.0 / 3.0) * (y[i] * 3.0) * (y[i] * 3.0);
            let j = 3 - i;
            sum += (1.0 / 15.0 - 1.0 / 9.0) * 15.0 * y[i] * 3.0 * y[j] * 3.0;
        }
        sum
    };
    close(plain, horvitz_thompson);
}

/// A county of `large` objects in one cell and `small` in cells of five, one in ten drawn, the outcome lower where a peer is drawn.
fn county(large: u32, small: u32) -> (Vec<Wave>, SimpleRandom) {
    let unit = |key: u32| WaveUnit {
        key: u64::from(key),
        cell: if key < large {
            0
        } else {
            1 + (key - large) / 5
        },
        pi: 0.1,
        ..WaveUnit::default()
    };
    let mut units: Vec<WaveUnit> = (0..large + small).map(unit).collect();
    let strata = vec![0; units.len()];
    let first: Vec<bool> = (0..units.len()).map(|at| at % 10 == 0).collect();
    let design = SimpleRandom::like(&strata, &first, [3; 32]);
    let mut drawn = first;
    design.redraw(u64::MAX, &mut drawn);
    for unit in &mut units {
        unit.drawn = drawn[usize::try_from(unit.key).unwrap()];
    }
    let met_by_cell = |cell: u32| {
        units
            .iter()
            .filter(|unit| unit.cell == cell && unit.drawn)
            .count()
    };
    let drawn_in: Vec<usize> = (0..=small / 5).map(met_by_cell).collect();
    for unit in &mut units {
        let peers = drawn_in[unit.cell as usize] - usize::from(unit.drawn);
        let base = f64::from(u8::from(unit.key % 7 < 3));
        unit.outcome = Some(base - if peers > 0 { 0.25 } else { 0.0 });
    }
    let wave = Wave {
        id: "1".to_owned(),
        drawn_on: Day::from_days(0),
        window_days: 180,
        strata: vec!["all".to_owned()],
        series_times: Vec::new(),
        units,
    };
    (vec![wave], design)
}

#[test]
fn above_a_thousand_objects_those_that_can_meet_every_kind_are_compared() {
    let (waves, design) = county(2_000, 1_500);
    let found = mapping(&waves, &[&design], 400).unwrap();
    assert!((1_450..=1_500).contains(&found.n_compared), "{found:?}");
    assert_eq!(found.n_compared + found.n_outside, 3_500);
    let indirect = found
        .kinds
        .iter()
        .find(|mean| mean.kind == ExposureKind::Indirect)
        .unwrap();
    let (effect, se) = (indirect.effect.unwrap(), indirect.se.unwrap());
    assert!(
        (effect + 0.25).abs() < 3.0 * se && se < 0.1,
        "{effect} {se}"
    );
}

#[test]
fn too_many_who_can_meet_every_kind_are_not_compared() {
    let (waves, design) = county(0, 5_500);
    assert_eq!(mapping(&waves, &[&design], 130), None);
    let (waves, design) = county(6_000, 10);
    assert_eq!(mapping(&waves, &[&design], 130), None, "ten are too few");
}
