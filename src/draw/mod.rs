//! Tickets, keys, the n smallest; the reserve list.
//!
//! *Input* a sealed plan, a seed, the frame. *Output* a [`Sample`]. *Law* same plan and seed, same sample: for every
//! row order, partitioning, thread count and platform. *Not here* files, the clock, any arithmetic but + − × ÷.
#![doc = include_str!("DESIGN.md")]

mod order;
mod pass;
mod replacement;
mod round;
mod rules;
mod seed;
mod ticket;

use rayon::prelude::*;
use thiserror::Error;

pub use order::pareto_key;
pub use replacement::{Replacement, Shortfall, Taken, replace};
pub use round::{DrawSample, RoundSample, Visit};
pub use seed::{Seed, Stream, SubSeed};
pub use ticket::{Ticketer, unit_interval};

use crate::plan::SealedPlan;
use crate::units::{Digest, FrameSource, Kind, Meter, Unreadable};
use pass::{Pass, Pool};
use rules::Rules;

/// What a draw gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// One entry per stratum of the plan, in its order.
    pub strata: Vec<StratumSample>,
}

/// What a draw gives in one stratum.
#[derive(Clone, Debug, PartialEq)]
pub struct StratumSample {
    /// 必查, ascending by the bytes of their ids.
    pub take_all: Vec<SampledUnit>,
    /// 抽查, ascending by (key, ticket, id).
    pub take_some: Vec<SampledUnit>,
    /// The next in the same order: the sample of n+1 holds the sample of n.
    pub reserve: Vec<SampledUnit>,
}

/// An object of the sample or of the reserve list.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledUnit {
    /// Normalised object id.
    pub id: String,
    /// Index of the stratum in [`SealedPlan::strata`].
    pub stratum: usize,
    /// 规模度量.
    pub size: u32,
    /// Key, above 0; 0 for take-all objects.
    pub key: f64,
    /// 票号.
    pub ticket: Digest,
    /// 必查.
    pub take_all: bool,
}

impl StratumSample {
    /// All that are drawn: take-all, then take-some.
    pub fn drawn(&self) -> impl Iterator<Item = &SampledUnit> {
        self.take_all.iter().chain(&self.take_some)
    }

    /// The largest drawn key; none where nothing is ranked.
    #[must_use]
    pub fn threshold(&self) -> Option<f64> {
        self.take_some.last().map(|unit| unit.key)
    }
}

impl Sample {
    /// All that are drawn, stratum by stratum.
    pub fn drawn(&self) -> impl Iterator<Item = &SampledUnit> {
        self.strata.iter().flat_map(StratumSample::drawn)
    }

    /// Objects drawn.
    #[must_use]
    pub fn n(&self) -> usize {
        self.strata
            .iter()
            .map(|stratum| stratum.take_all.len() + stratum.take_some.len())
            .sum()
    }
}

/// Why a draw cannot be made.
#[derive(Debug, Error)]
pub enum Error {
    /// A seed or its source that says nothing, or cannot stand on one line.
    #[error("the {what} {text:?} must not be empty and must not contain control characters")]
    UnusableSeed {
        /// Which text.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// The frame is not the one the plan was sealed over.
    #[error(
        "stratum {stratum:?}: the plan has {expected} objects of level {level}, the frame {found}"
    )]
    OtherFrame {
        /// Label.
        stratum: String,
        /// 规模度量.
        level: u32,
        /// Objects in the plan.
        expected: u64,
        /// Objects in the frame.
        found: u64,
    },
    /// The frame names a stratum the plan does not have.
    #[error("stratum {label:?} of the frame is not in the plan")]
    OtherStratum {
        /// Label.
        label: String,
    },
    /// A partition that cannot be read.
    #[error("partition {part} of the frame cannot be read")]
    Unreadable {
        /// Partition.
        part: usize,
        /// The reader's error.
        source: Unreadable,
    },
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::UnusableSeed { .. } => Kind::Usage,
            Self::OtherFrame { .. } | Self::OtherStratum { .. } => Kind::Verification,
            Self::Unreadable { .. } => Kind::Data,
        }
    }
}

/// Draws the plan's objects from `frame` under `seed`.
///
/// # Errors
/// A partition that cannot be read, or a frame whose counts are not the plan's.
pub fn select(
    plan: &SealedPlan,
    seed: &Seed,
    frame: &dyn FrameSource,
    meter: &Meter,
) -> Result<Sample, Error> {
    select_stream(plan, seed.sub_seed(Stream::Targets), frame, meter)
}

/// [`select`], entered at the sub-seed: where the check vectors enter.
///
/// # Errors
/// As [`select`].
pub fn select_stream(
    plan: &SealedPlan,
    sub_seed: SubSeed,
    frame: &dyn FrameSource,
    meter: &Meter,
) -> Result<Sample, Error> {
    let ticketer = Ticketer::new(plan.hash, &sub_seed.0);
    select_with(plan, ticketer, frame, meter)
}

/// [`select`], entered at the ticketer: a sealed draw brings one that knows its key.
///
/// # Errors
/// As [`select`].
pub fn select_with(
    plan: &SealedPlan,
    ticketer: Ticketer,
    frame: &dyn FrameSource,
    meter: &Meter,
) -> Result<Sample, Error> {
    let pass = Pass {
        ticketer,
        strata_of_frame: positions(plan, frame)?,
    };
    let mut rules: Vec<Rules> = plan
        .strata
        .iter()
        .map(|stratum| Rules::of(stratum, plan.settings.reserve()))
        .collect();
    let mut pools = pass.run(&rules, frame, meter)?;
    check_counts(plan, &rules, &pools)?;
    let short = |(rules, pool): &(&mut Rules, &Pool)| pool.n_ranked() < rules.n_kept;
    let unfiltered = rules
        .iter_mut()
        .zip(&pools)
        .filter(short)
        .map(|(rules, _)| rules.keep_all_keys());
    if unfiltered.count() > 0 {
        pools = pass.run(&rules, frame, meter)?;
    }
    let strata = rules
        .par_iter()
        .zip(pools)
        .map(|(rules, pool)| pool.sample(rules))
        .collect();
    Ok(Sample { strata })
}

/// Where the frame's strata stand in the plan.
fn positions(plan: &SealedPlan, frame: &dyn FrameSource) -> Result<Vec<usize>, Error> {
    let position = |label: &String| {
        let found = plan
            .strata
            .binary_search_by(|stratum| stratum.label.cmp(label));
        found.map_err(|_| Error::OtherStratum {
            label: label.clone(),
        })
    };
    frame.strata().iter().map(position).collect()
}

fn check_counts(plan: &SealedPlan, rules: &[Rules], pools: &[Pool]) -> Result<(), Error> {
    for ((stratum, rules), pool) in plan.strata.iter().zip(rules).zip(pools) {
        let error = |level, expected, found| Error::OtherFrame {
            stratum: stratum.label.clone(),
            level,
            expected,
            found,
        };
        if let Some(&level) = pool.foreign.first() {
            return Err(error(level, 0, 1));
        }
        for ((level, rule), &found) in stratum.levels.iter().zip(&rules.levels).zip(&pool.counts) {
            if level.n_units != found {
                return Err(error(rule.size, level.n_units, found));
            }
        }
    }
    Ok(())
}
