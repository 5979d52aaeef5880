//! The evaluation as one value: facts of the run, estimates, replay. `evaluation.json` is this value and nothing else.

use serde::{Deserialize, Serialize};

use super::Error;
use super::detection::Detection;
use super::deterrence::Deterrence;
use super::draw_audit::DrawAudit;
use super::estimates::Estimates;
use super::fairness::Fairness;
use super::hits::HitRates;
use super::mechanism::Mechanism;
use super::over_time::OverTime;
use super::past::PastRounds;
use super::replay::Backtest;
use super::rolling::{Chosen, Trained};
use super::since::Since;
use super::survey::Survey;
use crate::risk::{Idle, LearnedFit};
use crate::units::{AsOf, Day};

/// Version of `evaluation.json`.
pub const FORMAT: u32 = 1;

/// Everything a report needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Version of this format: [`FORMAT`].
    pub format: u32,
    /// What was read, framed, classified and drawn.
    pub facts: Facts,
    /// What the draw found; absent where outcomes are not known.
    pub estimates: Option<Estimates>,
    /// The hit rate from every side; absent where outcomes are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hits: Option<HitRates>,
    /// Past rounds side by side; absent where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_time: Option<OverTime>,
    /// Past visits in model order; absent where the job names none.
    pub backtest: Option<Backtest>,
    /// Who chose the model of the replay, where the job's back-test has a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_rule: Option<ByRule>,
    /// Who carries the burden, and for whom the classes are wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness: Option<Fairness>,
    /// 监管效果评估: whether the work was done as laid down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<Mechanism>,
    /// What past draws say about deterrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deterrence: Option<Deterrence>,
    /// Kinds of events that count as an outcome there, as the job names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcome_kinds: Vec<String>,
    /// Detection against occurrence: how inspectors differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
    /// What each past draw drew and found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<PastRounds>,
    /// The draw against its own probabilities; absent where nothing was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw_audit: Option<DrawAudit>,
    /// Stated against actual probability of a visit; absent without a survey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<Survey>,
    /// What changed since an earlier run; absent until the report is made against one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// What the model card says beside the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardFacts>,
}

/// The choice of a declared rule on earlier folds, and the job's own models on its own list of visits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByRule {
    /// The day everything is seen from.
    pub cutoff: Day,
    /// The choice.
    pub choice: Chosen,
    /// What the models of the replay learnt from.
    pub trained: Trained,
    /// The job's own models: the visits of `[replay]` as its register was scored on the as-of day; absent without that list.
    pub own: Option<Backtest>,
}

/// What the model card says beside the numbers: settings of the job, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFacts {
    /// The model whose points set the classes.
    pub model: String,
    /// What counts as a label for learning, key by key; empty where nothing is learned.
    pub labels: Vec<Named>,
    /// What the plan says of probabilities, key by key.
    pub policy: Vec<Named>,
    /// Attributes the fairness section is by, with their Chinese names.
    pub attributes: Vec<Named>,
}

/// What was read, framed, classified and drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Title of the job.
    pub title: String,
    /// Name of the job.
    pub job: String,
    /// Office that signs the report; empty for none.
    pub office: String,
    /// 基准日.
    pub as_of: AsOf,
    /// 合成数据: the rows come from a simulator.
    pub synthetic: bool,
    /// 演练: the seed was known when the plan was made.
    pub rehearsal: bool,
    /// Rows per source table.
    pub tables: Vec<TableFacts>,
    /// Refused rows by rule.
    pub refusals: Vec<Count>,
    /// Objects in the register.
    pub n_objects: u64,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects left out of the frame, by reason.
    pub exclusions: Vec<Count>,
    /// Classes, lowest risk first; empty where the job draws nothing.
    pub classes: Vec<ClassFacts>,
    /// Strata, in plan order; empty where the job draws nothing.
    pub strata: Vec<StratumFacts>,
    /// Seed of the draw; absent where the job draws nothing.
    pub seed: Option<SeedFacts>,
    /// Digests of plan, frame, drawn list and settings, by name.
    pub digests: Vec<Named>,
    /// Models with their largest coefficients.
    pub models: Vec<ModelFacts>,
}

/// Rows of a source table: read = accepted + refused + later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Name of the table.
    pub table: String,
    /// Rows read.
    pub read: u64,
    /// Rows accepted.
    pub accepted: u64,
    /// Rows refused.
    pub refused: u64,
    /// Rows known on or after the as-of day, set aside.
    pub later: u64,
}

/// A number of rows or objects under a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The rule or reason.
    pub label: String,
    /// How many.
    pub n: u64,
}

/// A risk class in the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFacts {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether the class has a place in the order of risk; false for 未分类.
    pub is_ranked: bool,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// 抽查比例 of the plan, where it names one.
    pub ratio: Option<f64>,
    /// Objects in the frame per number of risk points, ascending.
    pub points: Vec<PointsCount>,
}

/// Objects with a number of risk points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsCount {
    /// Risk points.
    pub points: u32,
    /// Objects.
    pub n: u64,
}

/// A stratum of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StratumFacts {
    /// Label.
    pub label: String,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// 必查: objects drawn with certainty.
    pub n_take_all: u64,
    /// Levels of the measure of size.
    pub n_levels: u64,
    /// d = Σ p(1-p) over take-some objects.
    pub d: f64,
}

/// Seed of the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedFacts {
    /// The text.
    pub text: String,
    /// Where it came from.
    pub source: String,
}

/// A named text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Name.
    pub name: String,
    /// Text.
    pub text: String,
}

/// A model, and what moves it most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Name.
    pub name: String,
    /// Rows it was fitted on; 0 for a declared scorecard.
    pub n_rows: u64,
    /// Findings among them.
    pub n_positive: u64,
    /// Largest coefficients by size, at most 15; of a learned model the mean size of what indicators add to the log odds.
    pub coefficients: Vec<Coefficient>,
    /// How a learned model was made and calibrated; what its indicators add stands in `coefficients`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<LearnedFit>,
    /// Indicators that taught it nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<IdleIndicator>,
    /// Why a model beside the chosen one has no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An indicator that taught a model nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleIndicator {
    /// Indicator.
    pub name: String,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Why.
    pub why: Idle,
}

/// A coefficient of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Indicator.
    pub name: String,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Standardised coefficient, or points of the scorecard.
    pub value: f64,
}

impl Evaluation {
    /// `evaluation.json`: indented, fields in declared order, one line feed at the end.
    ///
    /// # Errors
    /// When a float is not finite: what is written must read back.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec_pretty(self).map_err(Error::Unwritable)?;
        json.push(b'\n');
        match Self::from_json(&json) {
            Ok(same) if same == *self => Ok(json),
            Ok(_) | Err(_) => Err(Error::NotFinite),
        }
    }

    /// Reads what [`Evaluation::to_json`] writes.
    ///
    /// # Errors
    /// When the text is no evaluation of this format.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let evaluation: Self = serde_json::from_slice(json).map_err(Error::Unreadable)?;
        if evaluation.format == FORMAT {
            Ok(evaluation)
        } else {
            Err(Error::Format(evaluation.format))
        }
    }
}
