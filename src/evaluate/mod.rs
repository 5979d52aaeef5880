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
//! each other ([`compare`]). Past draws say whether being drawn, or having peers drawn, changed what followed ([`deterrence()`]), and
//! visits by lot who looks how sharply ([`detection()`]). The list itself is held against its probabilities ([`draw_audit()`]), what
//! businesses think their chance is against what it is ([`survey()`]). The room takes plain values; it knows no plan, no draw and no chart.

mod agreement;
mod bootstrap;
mod cell;
mod cross;
mod design;
mod detection;
mod deterrence;
mod draw_audit;
mod drift;
mod estimates;
mod evaluation;
mod fairness;
mod finding;
mod hits;
mod interval;
mod judgement;
mod measure;
mod mechanism;
mod number;
pub mod off_policy;
mod over_time;
mod params;
mod past;
mod profile;
mod ranking;
mod replay;
mod rolling;
mod selective;
mod since;
mod survey;
mod tables;
mod two_by_two;

use std::path::PathBuf;

use thiserror::Error as ThisError;

pub use agreement::{
    CalibrationLine, Level, QuarterCalibration, by_quarter, calibration_line, calibration_shift,
    expected_calibration_error, expected_over_observed, kolmogorov_smirnov, log_loss,
};
pub use cross::{
    EqualStratum, JointUnit, jackknife_variance, joint_variance, sen_yates_grundy, stratified,
    with_replacement_variance, with_replacement_variance_of_total,
};
pub use design::{
    Respondent, VarianceForm, collapse, effective_size, hajek_mean, horvitz_thompson,
    variance_of_mean, variance_of_total,
};
pub use detection::{
    Assignment, Blind, Detection, DoubleInspection, InspectorVisit, Strictness, StrictnessSpread,
    detection, leave_one_out,
};
pub use deterrence::{
    ARM_MIN, ArmSupport, Comparison, Deterrence, DeterrenceParams, DoseBin, Effect, Enumerated,
    EventPoint, EventStudy, ExposureKind, ExposureMean, General, Headline, IntervalForm,
    MAPPED_MAX, Mapping, Outcome as DeterrenceOutcome, Peers, Placebo, PlaceboKind, Poisson, Power,
    REVISITS_MIN, Redraw, Redrawn, Refusal, Revisit, SimpleRandom, Specific, Stream, Verdict, Wave,
    WaveEffect, WaveFacts, WaveUnit, Wording, deterrence, revisits_needed, visits_to_see_one,
};
pub use draw_audit::{AuditGroup, AuditMembers, AuditedGroup, DrawAudit, Standing, draw_audit};
pub use drift::{Drift, DriftBin, Migration, Movement, Psi, compare, psi, psi_critical};
pub use estimates::{
    Cell, ClassGap, Definition, Estimates, Figure, Method, N_MIN, Ranking, Support, Trust,
};
pub use evaluation::{
    ByRule, CardFacts, ClassFacts, Coefficient, Count, Evaluation, FORMAT, Facts, IdleIndicator,
    ModelFacts, Named, PointsCount, SeedFacts, StratumFacts, TableFacts,
};
pub use fairness::{
    Attribute, AttributeFairness, Confusion, Fairness, FairnessParams, GroupFacts, GroupFairness,
    OutcomeTest, OutcomeVerdict, Rates, ValidFairness, disparity, fairness, is_fair,
};
pub use finding::{Answer, HitRule, answer};
pub use hits::{
    Around, Assisted, ByAttribute, ByDefinition, Check, Contrast, Crossing, DefinedCell, Grouping,
    HeatCell, HeatMap, Hidden, HitRates, Joined, MethodError, Note, NoteKind, Response,
    ResponseCell, Why, difference_total, hit_rates,
};
pub use interval::{Interval, clopper_pearson, logit_t, newcombe, wilson};
pub use measure::measure;
pub use mechanism::{
    Indicator, IndicatorId, Mechanism, MechanismFacts, MechanismParams, Reading, Tally, TallyRules,
    ValidMechanism, WorkingDays, mechanism,
};
pub use over_time::{
    Change, MixShare, OverTime, OverTimeParams, RoundGroup, RoundResults, RoundUnit, TrendPoint,
    over_time,
};
pub use params::{Params, ValidParams};
pub use past::{DeterrenceSection, PastItem, PastRound, PastRounds, ValidDeterrence};
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
pub use selective::{
    Averaged, Course, MarketError, NO_WEIGHT, PolicyFacts, PolicyKind, PolicyMeasures, Selective,
    SelectiveFacts, SelectiveRound, selective,
};
pub use since::{RoundsRefused, SettingChange, Since, changed_settings};
pub use survey::{Stated, Survey, SurveyGroup, SurveyParams, ValidSurvey, survey};
pub use tables::{Column, Table, tables, write_parquet};
pub use two_by_two::{Pooled, TwoProportions, TwoSides, cochran_mantel_haenszel, two_proportions};

pub use crate::risk::{Idle, LearnedFit, LearnedKind, Method as CalibrationMethod};

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
    /// A result that is older than the draw it should answer.
    #[error(
        "object {object} was visited on {inspected_on}, before the draw of {drawn_on}: that visit cannot be a result of it"
    )]
    BeforeDraw {
        /// The object.
        object: String,
        /// Day of the visit.
        inspected_on: Day,
        /// Day of the draw.
        drawn_on: Day,
    },
    /// An attribute that names other units than the drawn ones.
    #[error("attribute {name} speaks of {n_named} units, {n_drawn} were drawn")]
    Grouping {
        /// The attribute.
        name: String,
        /// Units it names.
        n_named: usize,
        /// Drawn units.
        n_drawn: usize,
    },
    /// A policy for a class the frame does not have.
    #[error(
        "policy \"{policy}\" of [evaluate.policies] names class {class}, which the frame does not have"
    )]
    PolicyClass {
        /// The policy.
        policy: String,
        /// The class.
        class: String,
    },
    /// Past rounds that cannot be put side by side.
    #[error("round {round}: {rule}")]
    Round {
        /// The round.
        round: String,
        /// What is wrong.
        rule: String,
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
    /// A wave of past draws that breaks a rule.
    #[error("draw {wave}: {rule}")]
    Wave {
        /// Name of the wave.
        wave: String,
        /// What is wrong, with key and value.
        rule: String,
    },
    /// A setting of the deterrence section out of its range.
    #[error("deterrence.{key} {rule}")]
    DeterrenceSetting {
        /// The key.
        key: &'static str,
        /// The value and what it must be.
        rule: String,
    },
    /// Regression to the mean in place of an effect.
    #[error(
        "objects with a finding, before it and after it, are not compared: they were chosen for a bad moment and get better by \
         themselves (regression to the mean); compare drawn with not drawn"
    )]
    RegressionToTheMean,
    /// A visit or an inspector that breaks a rule.
    #[error("visit {visit} to object {object}: {rule}")]
    InspectorVisit {
        /// Its place in the list, from 0.
        visit: usize,
        /// The object's key.
        object: u64,
        /// What is wrong, with the value.
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
            | Self::BeforeDraw { .. }
            | Self::PolicyClass { .. }
            | Self::Round { .. }
            | Self::NoVisits
            | Self::NoFold
            | Self::Fold { .. }
            | Self::Wave { .. }
            | Self::RegressionToTheMean
            | Self::InspectorVisit { .. }
            | Self::Unreadable(_)
            | Self::Format(_) => Kind::Data,
            _ => Kind::Bug,
        }
    }
}
