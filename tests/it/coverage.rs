//! How often the interval of the prevalence covers the truth, over draws of the engine from a fixed population. Some hundred
//! draws in `tests/it/hits.rs`, 2,000 by `cargo bench --bench statistics`.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a test population lie below 2^53"
)]

use choucha::draw::{self, Seed};
use choucha::evaluate::{self, ClassFacts, DrawnUnit, FrameFacts, StratumFacts};
use choucha::ingest::Outcome;
use choucha::plan::{self, Header, MeasureOfSize, Params, Proof, SealedPlan};
use choucha::units::{AsOf, Day, FramePart, HashName, Meter, Rounding};
use rayon::prelude::*;

use crate::frequencies::OnePart;

/// Classes from the lowest: objects, visits, violations per 10,000 objects.
type Classes = [(u64, u64, u64); 4];

/// Name, classes, and whether the probabilities differ within a class.
const WORLDS: [(&str, Classes, bool); 5] = [
    (
        "n = 570, equal within classes",
        [
            (5_000, 100, 300),
            (3_000, 120, 600),
            (1_500, 150, 1_200),
            (500, 200, 2_800),
        ],
        false,
    ),
    (
        "n = 900, by risk points",
        [
            (5_000, 260, 500),
            (3_000, 240, 900),
            (1_500, 220, 1_500),
            (500, 180, 3_000),
        ],
        true,
    ),
    (
        "n = 1500, by risk points",
        [
            (12_000, 500, 300),
            (5_000, 400, 800),
            (2_000, 350, 1_800),
            (500, 250, 4_000),
        ],
        true,
    ),
    (
        "n = 100, mean 6 %",
        [
            (5_000, 50, 400),
            (3_000, 25, 700),
            (1_500, 15, 900),
            (500, 10, 1_500),
        ],
        false,
    ),
    (
        "n = 50, mean 6 %",
        [
            (5_000, 25, 400),
            (3_000, 13, 700),
            (1_500, 7, 900),
            (500, 5, 1_500),
        ],
        false,
    ),
];

/// A sealed plan over a population whose findings are known.
pub(crate) struct World {
    pub(crate) name: &'static str,
    plan: SealedPlan,
    frame: OnePart,
    found: Vec<bool>,
    truth: f64,
}

/// What the draws of a world gave.
pub(crate) struct Coverage {
    /// Share of the intervals that cover the truth.
    pub(crate) share: f64,
    /// Draws.
    pub(crate) n_draws: f64,
    /// Mean findings of a draw.
    pub(crate) hits: f64,
    /// Mean effective size.
    pub(crate) n_eff: f64,
    /// Mean estimate less the truth.
    pub(crate) bias: f64,
    /// Standard deviation of the estimates.
    pub(crate) sd: f64,
}

impl Coverage {
    /// Whether the reference asks for 93 to 97 % here.
    pub(crate) fn is_held_to_it(&self) -> bool {
        self.hits >= 20.0 && self.n_eff >= 150.0
    }
}

/// A fixed number in 0 .. 1 for each object and purpose (`SplitMix64`).
fn roll(object: usize, purpose: u64) -> f64 {
    let mut x = (object as u64).wrapping_mul(8).wrapping_add(purpose);
    x = x.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

impl World {
    pub(crate) fn all() -> Vec<Self> {
        let world = |(name, classes, by_points)| Self::new(name, classes, by_points);
        WORLDS.into_iter().map(world).collect()
    }

    fn new(name: &'static str, classes: Classes, by_points: bool) -> Self {
        let (mut rows, mut found) = (FramePart::default(), Vec::new());
        for (stratum, (n, _, violations)) in (0..).zip(classes) {
            for _ in 0..n {
                let object = rows.ids.len();
                let size = 1 + (roll(object, 0) * 9.0) as u32;
                let tilt = if by_points {
                    0.4 + 1.2 * f64::from(size) / 10.0
                } else {
                    1.0
                };
                rows.ids.push(&format!("91130433MA{object:08}"));
                rows.stratum.push(stratum);
                rows.size.push(if by_points { size } else { 1 });
                found.push(roll(object, 1) < violations as f64 / 10_000.0 * tilt);
            }
        }
        let frame = OnePart {
            labels: ["A", "B", "C", "D"].map(str::to_owned).to_vec(),
            rows,
        };
        let plan = plan::seal(&params(classes), &header(), &frame, &Meter::silent());
        let hits = found.iter().filter(|found| **found).count();
        Self {
            name,
            plan: plan.expect("the world can be drawn from"),
            truth: hits as f64 / found.len() as f64,
            frame,
            found,
        }
    }

    /// Draws under as many seeds and measures each.
    pub(crate) fn cover(&self, n_draws: u32) -> Coverage {
        let seal = self.plan.seal_digest();
        let one = |number: u32| {
            let seed = Seed::new(self.plan.hash, &seal, &format!("{number:08}"), "coverage");
            let seed = seed.expect("digits are a seed");
            let sample = draw::select(&self.plan, &seed, &self.frame, &Meter::silent());
            let sample = sample.expect("the frame is that of the plan");
            let units = self.units(&sample);
            let measured = evaluate::measure(&rule(), &self.facts(), &units, &seed.digest().0);
            measured.expect("the draw can be measured").overall
        };
        let cells: Vec<evaluate::Cell> = (0..n_draws).into_par_iter().map(one).collect();
        let n = f64::from(n_draws);
        let mean = |of: &dyn Fn(&evaluate::Cell) -> f64| cells.iter().map(of).sum::<f64>() / n;
        let value = |cell: &evaluate::Cell| cell.prevalence.value.unwrap_or(f64::NAN);
        let centre = mean(&value);
        let covers = |cell: &evaluate::Cell| {
            let interval = cell.prevalence.interval();
            f64::from(u8::from(interval.is_some_and(|one| one.covers(self.truth))))
        };
        Coverage {
            share: mean(&covers),
            n_draws: n,
            hits: mean(&|cell| cell.hits as f64),
            n_eff: mean(&|cell| cell.support.n_eff),
            bias: centre - self.truth,
            sd: mean(&|cell| (value(cell) - centre).powi(2)).sqrt(),
        }
    }

    fn units(&self, sample: &draw::Sample) -> Vec<DrawnUnit> {
        let strata = self.plan.strata.iter().zip(&sample.strata);
        let mut units = Vec::new();
        for (stratum, (plan, sample)) in (0_u16..).zip(strata) {
            for unit in sample.drawn() {
                let object: usize = unit.id[unit.id.len() - 8..].parse().expect("eight digits");
                let level = plan.level(unit.size).expect("a level per size");
                units.push(DrawnUnit {
                    object_id: unit.id.clone(),
                    object_key: object as u64,
                    stratum: u32::from(stratum),
                    class: stratum,
                    points: unit.size,
                    score: 0.0,
                    probability: None,
                    pi: level.target,
                    take_all: unit.take_all,
                    outcome: Some(Outcome {
                        object_key: object as u64,
                        inspected_on: None,
                        visited: true,
                        found: self.found[object],
                        severity: 0.0,
                        result_codes: Vec::new(),
                    }),
                });
            }
        }
        units
    }

    fn facts(&self) -> FrameFacts {
        let rows = || self.plan.strata.iter();
        FrameFacts {
            strata: rows()
                .map(|plan| StratumFacts {
                    label: plan.label.clone(),
                    n_frame: plan.n_units,
                    n_drawn: plan.n,
                    n_take_all: plan.n_take_all(),
                    n_levels: plan.levels.len() as u64,
                    d: plan.spread(),
                })
                .collect(),
            classes: rows()
                .map(|plan| ClassFacts {
                    code: plan.label.clone(),
                    name: String::new(),
                    is_ranked: true,
                    n_frame: plan.n_units,
                    n_drawn: plan.n,
                    ratio: None,
                    points: Vec::new(),
                })
                .collect(),
            n_frame: self.found.len() as u64,
            n_never: 0,
            sum_pi: rows().map(|plan| plan.n as f64).sum(),
        }
    }
}

fn rule() -> evaluate::ValidParams {
    let written = r#"{"hit_rule":"found","replicates":200}"#;
    let params: evaluate::Params = serde_json::from_str(written).expect("a section of a job");
    params.check().expect("the settings hold")
}

fn params(classes: Classes) -> plan::ValidParams {
    let sizes = ["A", "B", "C", "D"].into_iter().zip(classes);
    let params = Params {
        strata: vec!["risk_class".to_owned()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: std::collections::BTreeMap::new(),
        sample_size: sizes
            .map(|(label, (_, n, _))| (label.to_owned(), n))
            .collect(),
        rounding: Rounding::Ceiling,
        floor_of_one: false,
        coverage_floor: 0.0,
        take_all: Vec::new(),
        reserve: 0,
        hash: HashName::Sha256,
        proof: Proof::Open,
        tiny: None,
    };
    params.check().expect("the settings hold")
}

fn header() -> Header {
    Header {
        title: "coverage".to_owned(),
        as_of: AsOf(Day::from_days(20_000)),
        synthetic: true,
        rehearsal: true,
    }
}
