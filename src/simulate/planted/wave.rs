//! The waves of one replicate: who was drawn, and what happened to them afterwards.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};

use super::params::{Case, Class, Params};
use crate::evaluate::{Revisit, Stream, Wave, WaveUnit};
use crate::report::PlantedOutcome;
use crate::units::{Day, HashName};

/// Days between rounds, and days in which outcomes count.
const ROUND_DAYS: i32 = 91;
/// No probability is above this.
const HIGHEST: f64 = 0.95;

/// An object as it is in every round.
struct Object {
    stratum: u32,
    cell: u32,
    /// Probability of the outcome if it is not drawn.
    rate: f64,
}

/// The seed of a replicate of a case, for one purpose.
pub(super) fn seed(params: &Params, case: &Case, replicate: u32, purpose: &str) -> [u8; 32] {
    let text = format!("{}\n{}\n{replicate}\n{purpose}", params.seed, case.name);
    HashName::Sha256
        .tagged("choucha/planted/stream/v1", text.as_bytes())
        .0
}

/// The waves, and the mean difference over frame and rounds that being drawn makes.
pub(super) fn waves(params: &Params, case: &Case, replicate: u32) -> (Vec<Wave>, f64) {
    let mut rng = ChaCha12Rng::from_seed(seed(params, case, replicate, "world"));
    let objects = objects(params, case, &mut rng);
    let total: f64 = objects.iter().map(|object| object.rate * case.effect).sum();
    let truth = total / f64::from(case.objects);
    let strata: Vec<String> = params
        .class
        .iter()
        .map(|class| class.code.clone())
        .collect();
    let wave = |round: u32| Wave {
        id: format!("{}-{round}", case.name),
        drawn_on: Day::from_days(i32::try_from(round).unwrap_or(0) * ROUND_DAYS),
        window_days: ROUND_DAYS.unsigned_abs(),
        strata: strata.clone(),
        series_times: Vec::new(),
        units: units(params, case, &objects, &mut rng),
    };
    ((0..case.rounds).map(wave).collect(), truth)
}

fn objects(params: &Params, case: &Case, rng: &mut ChaCha12Rng) -> Vec<Object> {
    let spread = |sigma: f64, rng: &mut ChaCha12Rng| {
        let law = Normal::new(-sigma * sigma / 2.0, sigma).expect("a spread of at most 3");
        law.sample(rng).exp()
    };
    let cells: Vec<f64> = (0..params.cells)
        .map(|_| spread(params.cell_sigma, rng))
        .collect();
    let object = |i: u32| {
        let stratum = class_at(&params.class, i, case.objects);
        let cell = i % params.cells;
        let level = cells[cell as usize] * spread(params.object_sigma, rng);
        let rate = (params.class[stratum as usize].rate * level).min(HIGHEST);
        Object {
            stratum,
            cell,
            rate,
        }
    };
    (0..case.objects).map(object).collect()
}

/// The class of object `i` of `n`: the classes follow one another, each with its share.
fn class_at(classes: &[Class], i: u32, n: u32) -> u32 {
    let place = (f64::from(i) + 0.5) / f64::from(n);
    let mut below = 0.0;
    let holds = |class: &Class| {
        below += class.share;
        place < below
    };
    let index = classes.iter().position(holds).unwrap_or(classes.len() - 1);
    u32::try_from(index).expect("a class of a short list")
}

fn units(params: &Params, case: &Case, objects: &[Object], rng: &mut ChaCha12Rng) -> Vec<WaveUnit> {
    let unit = |(key, object): (u64, &Object)| {
        let pi = params.class[object.stratum as usize].pi;
        let drawn = number(rng) < pi;
        let effect = if drawn { case.effect } else { 0.0 };
        let happened = number(rng) < object.rate * (1.0 + effect);
        let is_measured = number(rng) < case.measured;
        let revisit = Revisit {
            pi2: case.measured,
            found: Some(happened),
            stream: Stream::Measure,
            strictness: None,
        };
        let seen = case.outcome == PlantedOutcome::Everyone;
        WaveUnit {
            key,
            stratum: object.stratum,
            cell: object.cell,
            pi,
            drawn,
            visited: drawn,
            outcome: seen.then(|| f64::from(u8::from(happened))),
            revisit: (!seen && is_measured).then_some(revisit),
            ..WaveUnit::default()
        }
    };
    (0_u64..).zip(objects).map(unit).collect()
}

/// A number in 0 < u < 1.
#[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn number(rng: &mut ChaCha12Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}
