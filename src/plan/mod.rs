//! Strata, ratios and floors to sample sizes, targets and λ: fixed before the seed exists.
//!
//! *Input* a frame (ids, strata, integer sizes) and checked settings. *Output* a [`SealedPlan`] and the sorted frame.
//! *Law* the plan is the same bytes for every row order, partitioning and thread count. *Not here* files, the clock,
//! the seed.
//!
//! Rosén, B. (1997), On sampling with probability proportional to size, *J. Statist. Plann. Inference* 62;
//! Aires, N. (1999), Algorithms to find exact inclusion probabilities for conditional Poisson sampling and Pareto πps
//! sampling designs, *Methodology and Computing in Applied Probability* 1.
#![doc = include_str!("DESIGN.md")]

mod allocation;
mod audit;
mod calibrate;
mod census;
mod compose;
mod cool_down;
mod draft;
mod error;
mod frame;
mod inclusion;
mod joined;
mod merge;
mod params;
mod pareto;
mod past;
mod register;
mod remainder;
mod round;
mod seed_rule;
mod side_by_side;
mod strata;
mod table;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

pub use calibrate::{Unsettled, calibrate};
pub use compose::{
    AT_CAP, Composed, EVERYWHERE, Excluded, MEASURE, NOT_IN_SCOPE, RoundDraw, compose,
    union_probability,
};
pub use error::Error;
pub use frame::RoundFrame;
pub use inclusion::{Target, targets};
pub use joined::JoinedFrame;
pub use merge::{Tiny, TinyParams};
pub use params::{MeasureOfSize, Millionths, Params, Share, ValidParams};
pub use pareto::inclusion_probs;
pub use past::{NoPast, Past, PastObject, PastRound};
pub(crate) use register::{HEADING, field};
pub use register::{MemorySpool, Spool};
pub use remainder::{ClassRemainder, Remainder, TooRevealing};
pub use round::{
    Category, CoolDown, CoolDownParams, ItemBounds, ItemParams, RoundParams, ValidItem, ValidRound,
};
pub use seed_rule::{Group, Office, SeedForm, SeedRule, Unfit};

use crate::units::{AsOf, Digest, FrameSource, HashName, Meter};
use strata::{design, spread, tallies};

/// Versions of the plan's bytes: the second holds what the first has no key for.
const FORMAT: u32 = 1;
const FORMAT_ROUNDS: u32 = 2;

/// What a plan says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Title, as published.
    pub title: String,
    /// 基准日 of the frame.
    pub as_of: AsOf,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// 演练: whether the draw is a rehearsal.
    pub rehearsal: bool,
}

/// How keys are made and ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Pareto order sampling whose λ are calibrated to the targets.
    CalibratedPareto,
}

/// What a bulletin lets a reader recompute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Everything, for everybody.
    #[default]
    Open,
    /// Commitments for everybody, everything for whoever holds the draw key.
    Sealed,
}

/// What a draw of a round is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Inspection targets of one item; items of a round share each object's ticket.
    Targets,
    /// The measurement stream: equal probabilities, tickets of its own.
    Measure,
}

/// 抽查工作计划: all that decides a draw, but the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedPlan {
    /// Version of these bytes.
    pub format: u32,
    /// What the plan says of itself.
    pub header: Header,
    /// How keys are made and ranked.
    pub design: Design,
    /// The hash of tickets and digests.
    pub hash: HashName,
    /// The settings the sizes come from.
    pub settings: ValidParams,
    /// SHA-256 of the sorted frame.
    pub frame_digest: Digest,
    /// Strata, ascending by label.
    pub strata: Vec<StratumPlan>,
}

/// One stratum of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StratumPlan {
    /// Values of the strata columns, joined by `/`.
    pub label: String,
    /// Objects of the stratum.
    pub n_units: u64,
    /// Objects to draw, take-all units among them.
    pub n: u64,
    /// Where its λ come from.
    pub calibration: Calibration,
    /// Levels, ascending by size.
    pub levels: Vec<Level>,
}

/// Where the λ of a stratum come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// Nothing is ranked.
    NotNeeded,
    /// All targets are equal: λ = target is exact.
    EqualTargets,
    /// Solved, max |π/p - 1| ≤ 1e-10.
    Solved,
    /// λ = target, because d = Σp(1-p) ≥ 400.
    LargeStratum {
        /// max |π/p - 1|, as measured at seal.
        #[serde(with = "table::hex")]
        relative_error_max: f64,
    },
}

/// Objects of one stratum that have one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// 规模度量.
    pub size: u32,
    /// Objects of this size.
    pub n_units: u64,
    /// 入样概率 of each, 0 ..= 1.
    #[serde(with = "table::hex")]
    pub target: f64,
    /// 排序参数, 0 < λ < 1; none where nothing is ranked (take-all, or n = 0).
    #[serde(with = "table::hex_option")]
    pub lambda: Option<f64>,
    /// 必查.
    pub take_all: bool,
}

/// Seals a plan over a frame that fits into memory; the sorted frame is digested and dropped.
///
/// # Errors
/// See [`seal_into`].
pub fn seal(
    params: &ValidParams,
    header: &Header,
    frame: &dyn FrameSource,
    meter: &Meter,
) -> Result<SealedPlan, Error> {
    seal_into(
        params,
        header,
        frame,
        &MemorySpool::default(),
        &mut io::sink(),
        meter,
    )
}

/// Seals a plan over any frame and writes the sorted frame (`object_id,stratum,level`) to `out`; `spool` keeps the
/// sorted partitions meanwhile, one partition per thread is in memory.
///
/// # Errors
/// A design that cannot be executed, a frame that cannot be used, λ that cannot be found: the variants of [`Error`].
pub fn seal_into(
    params: &ValidParams,
    header: &Header,
    frame: &dyn FrameSource,
    spool: &dyn Spool,
    out: &mut dyn Write,
    meter: &Meter,
) -> Result<SealedPlan, Error> {
    check_labels(frame.strata())?;
    let counts = register::count(frame, spool, meter)?;
    check_occupied(params, frame.strata(), &counts)?;
    let strata = design(params, &tallies(params, frame.strata(), &counts))?;
    let frame_digest = register::merge(frame, spool, out)?;
    Ok(SealedPlan {
        format: format_of(params),
        header: header.clone(),
        design: Design::CalibratedPareto,
        hash: params.hash,
        settings: params.clone(),
        frame_digest,
        strata,
    })
}

/// The least version that can hold the settings.
fn format_of(params: &ValidParams) -> u32 {
    if params.fit_format_1() {
        FORMAT
    } else {
        FORMAT_ROUNDS
    }
}

fn check_labels(labels: &[String]) -> Result<(), Error> {
    if let Some(label) = labels.iter().find(|label| !register::plain(label)) {
        return Err(Error::UnusableText {
            text: label.clone(),
        });
    }
    match labels.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(Error::StrataOrder {
            label: pair[1].clone(),
        }),
        None => Ok(()),
    }
}

/// Refuses a frame that names a stratum nobody is in, unless the settings name it too.
fn check_occupied(
    params: &ValidParams,
    labels: &[String],
    counts: &register::Counts,
) -> Result<(), Error> {
    let occupied: BTreeSet<u32> = counts.keys().map(|&(stratum, _)| stratum).collect();
    let of_frame = (0..).zip(labels).filter(|(at, _)| occupied.contains(at));
    let of_frame: Vec<String> = of_frame.map(|(_, label)| label.clone()).collect();
    let expected = allocation::labels(params, &of_frame);
    let ghost = labels
        .iter()
        .find(|label| expected.binary_search(label).is_err());
    ghost.map_or(Ok(()), |label| {
        Err(Error::Ghost {
            label: label.clone(),
        })
    })
}

impl SealedPlan {
    /// The stratum called `label`.
    #[must_use]
    pub fn stratum(&self, label: &str) -> Option<&StratumPlan> {
        self.strata
            .binary_search_by(|stratum| stratum.label.as_str().cmp(label))
            .ok()
            .map(|index| &self.strata[index])
    }

    /// Objects of the frame.
    #[must_use]
    pub fn n_units(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.n_units).sum()
    }

    /// Objects to draw.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.n).sum()
    }

    /// Refuses a plan by which somebody could never be drawn.
    ///
    /// # Errors
    /// [`Error::Exempt`] names the first such stratum.
    pub fn exempts_nobody(&self) -> Result<(), Error> {
        self.never_drawn().next().map_or(Ok(()), |stratum| {
            Err(Error::Exempt {
                stratum: stratum.label.clone(),
                n_units: stratum.n_units,
            })
        })
    }

    /// Strata that have objects but draw none: whoever runs the job must show them.
    pub fn never_drawn(&self) -> impl Iterator<Item = &StratumPlan> {
        self.strata
            .iter()
            .filter(|stratum| stratum.n == 0 && stratum.n_units > 0)
    }
}

impl StratumPlan {
    /// The level of objects of `size`.
    #[must_use]
    pub fn level(&self, size: u32) -> Option<&Level> {
        self.levels
            .binary_search_by_key(&size, |level| level.size)
            .ok()
            .map(|index| &self.levels[index])
    }

    /// Objects that are taken whole.
    #[must_use]
    pub fn n_take_all(&self) -> u64 {
        self.levels
            .iter()
            .filter(|level| level.take_all)
            .map(|level| level.n_units)
            .sum()
    }

    /// d = Σp(1-p) over the stratum's objects: the variance of the count a threshold lets pass.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let (counts, probs): (Vec<u64>, Vec<f64>) = self
            .levels
            .iter()
            .map(|level| (level.n_units, level.target))
            .unzip();
        spread(&counts, &probs)
    }

    fn counts(&self) -> Vec<(u32, u64)> {
        self.levels
            .iter()
            .map(|level| (level.size, level.n_units))
            .collect()
    }
}
