//! `[backtest]` of a job file as written.

use serde::{Deserialize, Serialize};

use super::selective::SelectiveParams;
use crate::ingest::VisitParams;
use crate::risk::ModelParams;
use crate::units::Day;

/// The rankings any office could have used, in the order they are shown.
pub(super) const PAST_RATE: &str = "past_rate";
pub(super) const DAYS_SINCE_LAST: &str = "days_since_last";
pub(super) const RANK_SUM: &str = "rank_sum";
pub(super) const RANDOM: &str = "random";

/// Settings as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Catalogue files the models learn from. Absent: those of `[indicators]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogues: Option<Vec<String>>,
    /// SQL over a visit's columns: which visits are routine, for example `item_id = 'canvass'`. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routine: Option<String>,
    /// SQL over a visit's columns: true where it found something, null where that is not known. `found` unless told.
    #[serde(default = "found")]
    pub outcome: String,
    /// W: days after a cut-off in which an object's first routine visit is its label, at least 1.
    pub window_days: i32,
    /// The cut-offs, or the rule that makes them.
    pub cutoffs: Cutoffs,
    /// Days between the as-of days of training rows, at least 1. A third of W unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_days: Option<i32>,
    /// First as-of day of a training row: some months after dense records begin. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Fewest rows of a day that is trained on, at least 1. 50 unless told.
    #[serde(default = "fifty")]
    pub rows_min: u64,
    /// SQL over a visit's columns: the probability with which it was drawn, null where it was not drawn at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<String>,
    /// No weight 1/π above this multiple of the median, at least 1. 20 unless told.
    #[serde(default = "twenty")]
    pub weight_cap: f64,
    /// Columns of objects by whose values subsets are shown.
    #[serde(default)]
    pub subsets: Vec<String>,
    /// Shares of the rows that are visited, each above 0 and at most 1. 5, 10, 20, 30 and 50 % unless told.
    #[serde(default = "budgets")]
    pub budgets: Vec<f64>,
    /// Bootstrap replicates, 200 to 10 000. 500 unless told.
    #[serde(default = "replicates")]
    pub replicates: u32,
    /// Models to choose from, the preferred first. `logistic` and `blend` unless told.
    #[serde(default = "candidates")]
    pub candidates: Vec<String>,
    /// Past folds the choice looks at, 0 to 100. 4 unless told.
    #[serde(default = "four")]
    pub past: u8,
    /// A candidate is taken before later ones if its mean AUC is at most this far below the best, from 0 up. 0.002 unless
    /// told.
    #[serde(default = "tie")]
    pub tie: f64,
    /// Which indicators the baselines are.
    #[serde(default)]
    pub baselines: Baselines,
    /// Models. A penalised logistic model, boosted trees and the mean of their log odds unless told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<ModelParams>,
    /// Past visits of one window, ranked by every model and looked at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowParams>,
    /// Past visits as a fully labelled population on which policies of drawing are replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selective: Option<SelectiveParams>,
}

/// Cut-offs as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cutoffs {
    /// One by one, ascending.
    Days(Vec<Day>),
    /// The last and those before it.
    Back(Back),
}

/// A rule that makes cut-offs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// The last cut-off.
    pub last: Day,
    /// Number of cut-offs, 1 to 1 000.
    pub n: u16,
    /// Days between them, at least 1. W unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_days: Option<i32>,
}

/// Indicators that are baselines by themselves; their rank sum and a random order need nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baselines {
    /// The smoothed rate of the object's own past findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_rate: Option<String>,
    /// Days since the object's last visit; no value counts as longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_since_last: Option<String>,
}

/// `[backtest.window]` as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowParams {
    /// The day everything is seen from.
    pub cutoff: Day,
    /// Labels known before this day are learnt from. The cut-off unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The visits, listed by id.
    pub visits: VisitParams,
}

fn found() -> String {
    "found".to_owned()
}

fn fifty() -> u64 {
    50
}

fn twenty() -> f64 {
    20.0
}

fn budgets() -> Vec<f64> {
    vec![0.05, 0.1, 0.2, 0.3, 0.5]
}

fn replicates() -> u32 {
    500
}

fn candidates() -> Vec<String> {
    ["logistic", "blend"].map(str::to_owned).to_vec()
}

fn four() -> u8 {
    4
}

fn tie() -> f64 {
    0.002
}
