//! Why a plan cannot be sealed, or is not what it says.

use std::io;

use thiserror::Error;

use crate::units::{Kind, Unreadable};

/// Why a plan cannot be sealed, or is not what it says.
#[derive(Debug, Error)]
pub enum Error {
    /// No key of the settings fits the stratum.
    #[error("stratum {stratum:?} has no ratio, no sample size and is not take-all")]
    NoShare {
        /// Label.
        stratum: String,
    },
    /// More is to be drawn than there is.
    #[error("sample size {n} exceeds the {n_units} eligible objects in stratum {stratum:?}")]
    TooFew {
        /// Label.
        stratum: String,
        /// Objects to draw.
        n: u64,
        /// Objects there are.
        n_units: u64,
    },
    /// The plan draws less than its coverage floor.
    #[error(
        "部门年度随机抽查占比达到{percent}％以上: the plan draws {n} of {n_units} objects, {shortfall} too few; {}",
        repair_text(*.repair)
    )]
    BelowFloor {
        /// The floor in percent.
        percent: f64,
        /// Objects to draw.
        n: u64,
        /// Objects of the frame.
        n_units: u64,
        /// Objects that are missing.
        shortfall: u64,
        /// Smallest factor on all ratios and sample sizes that reaches the floor.
        repair: Option<f64>,
    },
    /// Objects that could never be drawn.
    #[error(
        "stratum {stratum:?}: none of its {n_units} objects can be drawn, and nobody is exempt (不免抽): raise its ratio, or set floor_of_one = true"
    )]
    Exempt {
        /// Label.
        stratum: String,
        /// Objects of the stratum.
        n_units: u64,
    },
    /// λ cannot be found.
    #[error(
        "stratum {stratum:?}: λ did not settle, its probabilities miss their targets by {residual:e} relatively"
    )]
    Unsettled {
        /// Label.
        stratum: String,
        /// Best max |π/p - 1|.
        residual: f64,
    },
    /// Sums of sizes would lose exactness.
    #[error("stratum {stratum:?}: the sizes must sum to less than 2^53")]
    TooLarge {
        /// Label.
        stratum: String,
    },
    /// An object stands in the frame twice.
    #[error("object {id:?} stands in the frame twice")]
    Duplicate {
        /// The id.
        id: String,
    },
    /// A text that cannot be one field of one line.
    #[error("{text:?} must not be empty and must not contain control characters")]
    UnusableText {
        /// An object id or a stratum's label.
        text: String,
    },
    /// Size 0 would exempt an object.
    #[error("object {id:?}: the measure of size must be at least 1")]
    NoSize {
        /// The id.
        id: String,
    },
    /// The design says equal sizes, the frame does not.
    #[error(
        "stratum {stratum:?}: the measure of size is \"equal\", so every size must be 1, not {size}"
    )]
    UnequalSize {
        /// Label.
        stratum: String,
        /// The size found.
        size: u32,
    },
    /// The frame's stratum index points nowhere.
    #[error("object {id:?} has a stratum the frame does not name")]
    NoStratum {
        /// The id.
        id: String,
    },
    /// Labels of the frame out of order.
    #[error("the frame's strata must ascend strictly, {label:?} does not")]
    StrataOrder {
        /// The label.
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
    /// The sorted frame cannot be kept or written.
    #[error("the sorted frame cannot be written")]
    Unwritable(#[from] io::Error),
    /// Bytes that are no plan.
    #[error("the bytes are no plan: {0}")]
    NotAPlan(String),
    /// A plan that does not follow from its own counts and settings.
    #[error("stratum {stratum:?}: expected {expected}, found {found}")]
    Inconsistent {
        /// Label.
        stratum: String,
        /// What follows from counts and settings.
        expected: String,
        /// What the plan says.
        found: String,
    },
}

fn repair_text(repair: Option<f64>) -> String {
    match repair {
        Some(factor) => format!("multiplying every ratio by {factor} repairs it"),
        None => "no ratio can be raised".to_owned(),
    }
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Exempt { .. }
            | Self::NoShare { .. }
            | Self::TooFew { .. }
            | Self::BelowFloor { .. }
            | Self::Unsettled { .. }
            | Self::TooLarge { .. }
            | Self::UnequalSize { .. } => Kind::Design,
            Self::Duplicate { .. }
            | Self::UnusableText { .. }
            | Self::NoSize { .. }
            | Self::Unreadable { .. } => Kind::Data,
            Self::NotAPlan(_) | Self::Inconsistent { .. } => Kind::Verification,
            Self::NoStratum { .. } | Self::StrataOrder { .. } | Self::Unwritable(_) => Kind::Bug,
        }
    }
}
