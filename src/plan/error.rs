//! Why a plan cannot be sealed, or is not what it says.

use std::io;

use thiserror::Error;

use crate::registers;
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
    /// The target draws of a round together reach too few objects.
    #[error(
        "部门年度随机抽查占比达到{percent}％以上: the items of the round together are expected to reach {visits:.1} of {n_units} objects; {}",
        repair_text(*.repair)
    )]
    BelowFloorOfRound {
        /// The floor in percent.
        percent: f64,
        /// Objects the round is expected to visit.
        visits: f64,
        /// Objects of all frames together.
        n_units: u64,
        /// Smallest factor on all ratios and sample sizes that reaches the floor within the items' bounds.
        repair: Option<f64>,
    },
    /// An item's ratio lies outside its bounds.
    #[error(
        "item {item:?}: {}: the draw must take {rule} {bound} of its objects, {n_allowed} of {n_units}, and takes {n}; {}",
        if *.rule == "at most" { "一般检查事项抽查比例严格进行限制" } else { "抽查比例下限" },
        repair_text(*.repair)
    )]
    ItemBound {
        /// Item id.
        item: String,
        /// `at least` or `at most`.
        rule: &'static str,
        /// The bound, 0 ..= 1.
        bound: f64,
        /// Objects to draw.
        n: u64,
        /// Objects of the item's frame.
        n_units: u64,
        /// Nearest number of objects the bounds allow.
        n_allowed: u64,
        /// Factor nearest to 1 on all ratios and sample sizes that keeps the bound.
        repair: Option<f64>,
    },
    /// The list of items does not have an item.
    #[error("item {item:?} must be a row of the list of items (随机抽查事项清单)")]
    UnknownItem {
        /// Item id.
        item: String,
    },
    /// The list of items says something that cannot be used.
    #[error("item {item:?} of the list of items: {column} = {value}: {rule}")]
    UnusableItem {
        /// Item id.
        item: String,
        /// Column of the list.
        column: &'static str,
        /// What stands there.
        value: String,
        /// The rule it breaks.
        rule: String,
    },
    /// No object is in the scope of a draw.
    #[error("draw {draw:?}: at least one eligible object must be in its scope")]
    Emptied {
        /// Name of the draw.
        draw: String,
    },
    /// The annual cap takes so many objects that the design cannot be executed.
    #[error(
        "年度检查频次上限（国办发〔2024〕54号）: visits_per_year_max = {cap} takes {n_taken} objects out of draw {draw:?}, so that {cause}; visits_per_year_max = {cap_that_suffices} suffices{}",
        size_text(.size_that_fits.as_ref())
    )]
    Cap {
        /// Name of the draw.
        draw: String,
        /// The cap.
        cap: u32,
        /// Objects of the draw's scope that are at the cap.
        n_taken: u64,
        /// What cannot be done without them.
        cause: Box<Error>,
        /// The next cap by which it can.
        cap_that_suffices: u32,
        /// Stratum that is too small, and the largest sample size that fits.
        size_that_fits: Option<(String, u64)>,
    },
    /// No sizes keep the least probability of the cool-down.
    #[error(
        "draw {draw:?}, stratum {stratum:?}: {n} of {n_units} objects cannot give each the probability cool_down.floor = {floor}: lower the floor, or raise the stratum's ratio"
    )]
    CoolDownFloor {
        /// Name of the draw.
        draw: String,
        /// Label.
        stratum: String,
        /// Least probability.
        floor: f64,
        /// Objects to draw.
        n: u64,
        /// Objects of the stratum.
        n_units: u64,
    },
    /// Sizes under cool-down that no integer holds.
    #[error(
        "draw {draw:?}, stratum {stratum:?}: risk points times cool-down must stay below 2^32: scale the points down"
    )]
    CoolDownSize {
        /// Name of the draw.
        draw: String,
        /// Label.
        stratum: String,
    },
    /// An open draw of record that would publish what is internal.
    #[error(
        "信用风险分类结果不公开: an open draw of record must derive from public attributes alone; these do not: {}; set plan.proof = \"sealed\"",
        .keys.join(", ")
    )]
    NotPublic {
        /// Keys of the job file with their values.
        keys: Vec<String>,
    },
    /// The registers cannot be read.
    #[error(transparent)]
    Registers(#[from] registers::Error),
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
    /// A stratum of the frame that has no object, and that no setting names.
    #[error("stratum {label:?} of the frame must have an object, or be named by the settings")]
    Ghost {
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

fn size_text(fits: Option<&(String, u64)>) -> String {
    fits.map_or_else(String::new, |(stratum, n)| {
        format!(", and so does a sample size of {n} in stratum {stratum:?}")
    })
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Registers(source) => source.kind(),
            Self::NotPublic { .. } | Self::UnknownItem { .. } => Kind::Usage,
            Self::Exempt { .. }
            | Self::BelowFloorOfRound { .. }
            | Self::ItemBound { .. }
            | Self::Emptied { .. }
            | Self::Cap { .. }
            | Self::CoolDownFloor { .. }
            | Self::CoolDownSize { .. }
            | Self::NoShare { .. }
            | Self::TooFew { .. }
            | Self::BelowFloor { .. }
            | Self::Unsettled { .. }
            | Self::TooLarge { .. }
            | Self::UnequalSize { .. } => Kind::Design,
            Self::UnusableItem { .. }
            | Self::Duplicate { .. }
            | Self::UnusableText { .. }
            | Self::NoSize { .. }
            | Self::Unreadable { .. } => Kind::Data,
            Self::NotAPlan(_) | Self::Inconsistent { .. } => Kind::Verification,
            Self::NoStratum { .. }
            | Self::StrataOrder { .. }
            | Self::Ghost { .. }
            | Self::Unwritable(_) => Kind::Bug,
        }
    }
}
