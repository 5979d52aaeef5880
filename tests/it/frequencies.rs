//! How often sealed draws of small strata draw each object, beside the targets of their plan. Drawn some thousand times in
//! `tests/it/statistics.rs`, and 10^5 times per key by `cargo bench --bench statistics`.

use std::collections::BTreeMap;

use choucha::draw::{Sample, Seed, Stream, Ticketer, select_with};
use choucha::plan::{self, Header, Level, MeasureOfSize, Params, Proof, SealedPlan, StratumPlan};
use choucha::units::{
    AsOf, Day, DrawKey, FramePart, FrameSource, HashName, Meter, Rounding, Unreadable,
};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Chance that one |z| of a whole comparison passes the bound, were every frequency as its target says.
const CHANCE: f64 = 1e-3;

/// Label, sizes, and how many are drawn; ascending by label.
const STRATA: [(&str, &[u32], u64); 9] = [
    ("1 of 2", &[3, 7], 1),
    ("1 of 2, far apart", &[1, 19], 1),
    ("1 of 4", &[1, 1, 1, 7], 1),
    ("2 of 5", &[1, 2, 3, 4, 5], 2),
    ("3 of 7", &[2, 3, 5, 7, 11, 13, 17], 3),
    ("4 of 8, two sure", &[1, 2, 3, 4, 5, 6, 40, 60], 4),
    ("4 of 9, equal", &[5; 9], 4),
    (
        "5 of 11, one sure",
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100],
        5,
    ),
    ("5 of 12", &[1, 2, 3, 5, 8, 9, 11, 14, 15, 18, 20, 21], 5),
];

/// The strata, sealed in one plan.
pub(crate) struct SmallStrata {
    pub(crate) plan: SealedPlan,
    frame: OnePart,
}

/// A frame of one partition.
pub(crate) struct OnePart {
    pub(crate) labels: Vec<String>,
    pub(crate) rows: FramePart,
}

impl FrameSource for OnePart {
    fn strata(&self) -> &[String] {
        &self.labels
    }

    fn n_parts(&self) -> usize {
        1
    }

    fn part(&self, _: usize) -> Result<FramePart, Unreadable> {
        Ok(self.rows.clone())
    }
}

/// How often every object was drawn, in the order of the strata and of their sizes.
pub(crate) type Counts = Vec<u32>;

impl SmallStrata {
    /// Plans of both hashes have the same targets and λ.
    pub(crate) fn sealed(hash: HashName) -> Self {
        let frame = OnePart {
            labels: STRATA.map(|(label, ..)| label.to_owned()).to_vec(),
            rows: rows(),
        };
        let plan = plan::seal(&params(hash), &header(), &frame, &Meter::silent());
        let plan = plan.expect("the strata can be drawn from");
        Self { plan, frame }
    }

    /// The same with λ = target: Pareto order sampling without calibration.
    pub(crate) fn uncalibrated(mut self) -> Self {
        let strata = self.plan.strata.iter_mut();
        for level in strata.flat_map(|stratum| &mut stratum.levels) {
            level.lambda = level.lambda.map(|_| level.target);
        }
        self
    }

    /// Draws under the `key`-th key and as many seeds, each made of the plan and a text of its own.
    pub(crate) fn count(&self, key: u32, n_draws: u32) -> Counts {
        let hash = self.plan.hash;
        let secret = hash.tagged("statistics", &key.to_be_bytes()).0;
        let tags = DrawKey::from_bytes(secret).keyed(hash);
        let seal = self.plan.seal_digest();
        let draw = |number: u32| {
            let seed = Seed::new(hash, &seal, &format!("{number:08}"), "statistics");
            let sub_seed = seed.expect("digits are a seed").sub_seed(Stream::Targets);
            let ticketer = Ticketer::sealed(hash, &sub_seed.0, tags.clone());
            let sample = select_with(&self.plan, ticketer, &self.frame, &Meter::silent());
            sample.expect("the frame is that of the plan")
        };
        let nobody = || vec![0; self.frame.rows.size.len()];
        (0..n_draws)
            .into_par_iter()
            .map(draw)
            .fold(nobody, |counts, sample| with(counts, &sample))
            .reduce(nobody, |a, b| sum(&a, &b))
    }

    /// Stratum and level of every object, in the order of [`Counts`].
    pub(crate) fn objects(&self) -> Vec<(&StratumPlan, &Level)> {
        let rows = &self.frame.rows;
        let places = rows.stratum.iter().zip(&rows.size);
        let object = |(&stratum, &size): (&u32, &u32)| {
            let stratum = &self.plan.strata[stratum as usize];
            (stratum, stratum.level(size).expect("a level per size"))
        };
        places.map(object).collect()
    }

    /// z of every object's count against its target; of 必查 objects 0 or infinite.
    pub(crate) fn z(&self, counts: &Counts, n_draws: u32) -> Vec<f64> {
        let z = |(&count, (_, level)): (&u32, (_, &Level))| {
            let (count, draws, p) = (f64::from(count), f64::from(n_draws), level.target);
            if level.take_all {
                return if count < draws {
                    f64::NEG_INFINITY
                } else {
                    0.0
                };
            }
            (count - draws * p) / (draws * p * (1.0 - p)).sqrt()
        };
        counts.iter().zip(self.objects()).map(z).collect()
    }

    /// max |π/p - 1| of a stratum's ranked levels, π being what the λ of the plan give; 0 where nothing is ranked.
    pub(crate) fn relative_error(stratum: &StratumPlan) -> f64 {
        let ranked = stratum.levels.iter().filter_map(|level| {
            let lambda = level.lambda?;
            Some((level.n_units, (lambda, level.target)))
        });
        let (n_units, (lambda, target)): (Vec<u64>, (Vec<f64>, Vec<f64>)) = ranked.unzip();
        let n_some = stratum.n - stratum.n_take_all();
        let probs = plan::inclusion_probs(&n_units, &lambda, n_some);
        let errors = probs
            .iter()
            .zip(&target)
            .map(|(pi, p)| (pi / p - 1.0).abs());
        errors.fold(0.0, f64::max)
    }
}

fn with(mut counts: Counts, sample: &Sample) -> Counts {
    for unit in sample.drawn() {
        let number = unit.id[unit.id.len() - 4..].parse::<usize>();
        counts[number.expect("four digits")] += 1;
    }
    counts
}

pub(crate) fn sum(a: &Counts, b: &Counts) -> Counts {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

pub(crate) fn greatest(z: &[f64]) -> f64 {
    z.iter().fold(0.0, |most, z| most.max(z.abs()))
}

/// Bonferroni: the |z| that one of `n_compared` normal deviates passes with probability [`CHANCE`] at most.
pub(crate) fn bound(n_compared: usize) -> f64 {
    let n_compared = u32::try_from(n_compared).expect("some hundred comparisons");
    let tail = CHANCE / 2.0 / f64::from(n_compared);
    -Normal::standard().inverse_cdf(tail)
}

/// Ids of 18 letters and digits, the last four the object's place in [`Counts`].
fn rows() -> FramePart {
    let mut rows = FramePart::default();
    for (stratum, (_, sizes, _)) in (0..).zip(STRATA) {
        for &size in sizes {
            rows.ids.push(&format!("91130433MA00{:06}", rows.ids.len()));
            rows.stratum.push(stratum);
            rows.size.push(size);
        }
    }
    rows
}

fn params(hash: HashName) -> plan::ValidParams {
    let params = Params {
        strata: vec!["risk_class".to_owned()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: BTreeMap::new(),
        sample_size: STRATA.map(|(label, _, n)| (label.to_owned(), n)).into(),
        rounding: Rounding::Ceiling,
        floor_of_one: false,
        coverage_floor: 0.0,
        take_all: Vec::new(),
        reserve: 0,
        hash,
        proof: Proof::Sealed,
        tiny: None,
    };
    params.check().expect("the settings hold")
}

fn header() -> Header {
    Header {
        title: "频率".to_owned(),
        as_of: AsOf(Day::from_days(20_089)),
        synthetic: true,
        rehearsal: true,
    }
}
