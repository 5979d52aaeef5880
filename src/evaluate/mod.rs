//! What a draw found, and what it says about the market: four numbers by name, each with interval, n and support.
//!
//! | number | formula | answers |
//! |---|---|---|
//! | 问题发现率 (raw) | findings over valid results | what the teams experienced |
//! | 估计违规率 (prevalence) | Hájek mean with weights 1/π | what the market is like |
//! | 精准提升 (lift) | raw over prevalence | what targeting bought |
//! | 机会成本 | n times prevalence | findings an equal-probability draw of the same n would give |
//!
//! The raw rate rises with targeting while the market stays the same, so it is never called an effect. Cells with fewer
//! than 30 valid results show counts alone. Past visits are replayed in the order a model would have gone ([`replay`]).
//! Burden, outcome test and weighted error rates say for whom the classes are wrong ([`fairness()`]); drift holds two runs against
//! each other ([`compare`]). The room takes plain values; it knows no plan, no draw and no chart.

mod agreement;
mod bootstrap;
mod design;
mod drift;
mod estimates;
mod evaluation;
mod fairness;
mod finding;
mod interval;
mod measure;
mod number;
mod params;
mod profile;
mod ranking;
mod replay;
mod rolling;
mod tables;

use std::path::PathBuf;

use thiserror::Error as ThisError;

pub use agreement::{
    CalibrationLine, Level, QuarterCalibration, by_quarter, calibration_line, calibration_shift,
    expected_calibration_error, expected_over_observed, kolmogorov_smirnov, log_loss,
};
pub use design::{
    Respondent, VarianceForm, collapse, effective_size, hajek_mean, horvitz_thompson,
    variance_of_mean, variance_of_total,
};
pub use drift::{Drift, DriftBin, Migration, Movement, Psi, compare, psi, psi_critical};
pub use estimates::{
    Cell, ClassGap, Definition, Estimates, Figure, Method, N_MIN, Ranking, Support, Trust,
};
pub use evaluation::{
    CardFacts, ClassFacts, Coefficient, Count, Evaluation, FORMAT, Facts, ModelFacts, Named,
    PointsCount, SeedFacts, StratumFacts, TableFacts,
};
pub use fairness::{
    Attribute, AttributeFairness, Confusion, Fairness, FairnessParams, GroupFacts, GroupFairness,
    OutcomeTest, OutcomeVerdict, Rates, ValidFairness, disparity, fairness, is_fair,
};
pub use finding::{Answer, HitRule, answer};
pub use interval::{Interval, clopper_pearson, logit_t, newcombe, wilson};
pub use measure::measure;
pub use params::{Params, ValidParams};
pub use profile::{ColumnKind, PROFILE_FORMAT, Profile, ProfileClass, ProfileColumn};
pub use ranking::{
    CalibrationBin, GainPoint, Scored, auc, average_precision, brier, calibration, gain_at, gains,
    lift_by_decile, precision_at,
};
pub use replay::{Backtest, DayPoint, ModelReplay, replay};
pub use rolling::{
    AtBudget, Budget, CHOSEN, Calibrated, Chosen, Difference, Extent, Figures, Fold,
    FoldCalibration, FoldMeasures, FoldRow, Measures, Probability, ROLLING_FORMAT, Rolling,
    RollingFacts, Rule, Subset, Trained, Window, Within, mean_ranks, roll,
};
pub use tables::{Column, Table, tables, write_parquet};

use crate::ingest::Outcome;
use crate::units::{Day, Kind};

/// A drawn object with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnUnit {
    /// Normalised object id.
    pub object_id: String,
    /// Internal key; results do not depend on the order of units, they are sorted by it.
    pub object_key: u64,
    /// Index into [`FrameFacts::strata`].
    pub stratum: u32,
    /// Index into [`FrameFacts::classes`].
    pub class: u16,
    /// Risk points.
    pub points: u32,
    /// Score of the model the class rests on; higher is riskier.
    pub score: f64,
    /// Probability of a finding by the learned model, where there is one: calibration and Brier score need it.
    pub probability: Option<f64>,
    /// Realised inclusion probability, 0 < π ≤ 1.
    pub pi: f64,
    /// Drawn with certainty.
    pub take_all: bool,
    /// What came back; `None` where no result is known (not visited).
    pub outcome: Option<Outcome>,
}

/// What is known of the whole frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameFacts {
    /// Strata in plan order.
    pub strata: Vec<StratumFacts>,
    /// Classes, lowest risk first.
    pub classes: Vec<ClassFacts>,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects in the frame with inclusion probability zero; 0 in every lawful plan.
    pub n_never: u64,
    /// Σπ over the frame.
    pub sum_pi: f64,
}

/// Why nothing can be measured.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A result code in no list.
    #[error(
        "result code \"{code}\" of object {object_id} stands in none of the code lists of [evaluate]"
    )]
    UnknownCode {
        /// The object.
        object_id: String,
        /// The code.
        code: String,
    },
    /// A visit without a code under the codes rule.
    #[error(
        "object {object_id} was visited and has no result code, which hit_rule = \"codes\" needs"
    )]
    NoCode {
        /// The object.
        object_id: String,
    },
    /// A stratum index outside the frame's strata.
    #[error("object {object_id} lies in stratum {stratum}, which the frame does not have")]
    UnknownStratum {
        /// The object.
        object_id: String,
        /// The index.
        stratum: u32,
    },
    /// A class index outside the frame's classes.
    #[error("object {object_id} has class {class}, which the frame does not have")]
    UnknownClass {
        /// The object.
        object_id: String,
        /// The index.
        class: u16,
    },
    /// A drawn object with no usable probability.
    #[error(
        "object {object_id} was drawn with inclusion probability {pi}, which must lie in (0, 1]"
    )]
    Probability {
        /// The object.
        object_id: String,
        /// The probability.
        pi: f64,
    },
    /// A score that is not finite.
    #[error("the score of object {object_id} is not a finite number")]
    Score {
        /// The object.
        object_id: String,
    },
    /// A replay without visits.
    #[error("a replay needs at least one visit")]
    NoVisits,
    /// Scores and visits of different length.
    #[error("model {model} has {n_scores} scores for {n_visits} visits")]
    ScoreCount {
        /// The model.
        model: String,
        /// Scores.
        n_scores: usize,
        /// Visits.
        n_visits: usize,
    },
    /// A visit's score that is not finite.
    #[error("model {model} gives visit {visit_id} a score that is not a finite number")]
    VisitScore {
        /// The model.
        model: String,
        /// The visit.
        visit_id: String,
    },
    /// A back-test without a fold.
    #[error("a back-test needs at least one cut-off to evaluate")]
    NoFold,
    /// A fold that cannot be ranked.
    #[error("cut-off {cutoff}: {rule}")]
    Fold {
        /// The cut-off.
        cutoff: Day,
        /// What is wrong.
        rule: String,
    },
    /// A float that JSON cannot carry.
    #[error("an evaluation may hold finite numbers only")]
    NotFinite,
    /// JSON could not be made.
    #[error("the evaluation cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    /// JSON is no evaluation.
    #[error("this is no evaluation")]
    Unreadable(#[source] serde_json::Error),
    /// Another version of the format.
    #[error("evaluation.json has format {0}, this program reads format {FORMAT}")]
    Format(u32),
    /// A table file that could not be written.
    #[error("{}: cannot be written: {reason}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::UnknownCode { .. }
            | Self::NoCode { .. }
            | Self::NoVisits
            | Self::NoFold
            | Self::Fold { .. }
            | Self::Unreadable(_)
            | Self::Format(_) => Kind::Data,
            _ => Kind::Bug,
        }
    }
}
