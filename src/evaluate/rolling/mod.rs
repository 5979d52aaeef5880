//! Rolling back-test: how models would have ranked past visits, cut-off by cut-off, each seen from its own day.
//!
//! The rows of a cut-off c are the objects whose first routine visit falls in [c, c + W), the label is what that visit
//! found, and every score was made from what was known before c. Measures are taken in each fold and averaged with the
//! rows as weights. Which model a bureau would have used at c is said by a declared [`Rule`] over folds whose windows had
//! ended by c; the model so chosen is measured beside the others under the name [`CHOSEN`].

mod choice;
mod detail;
mod intervals;
mod ranked;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Error;
use super::replay::Backtest;
use super::selective::Selective;
use crate::risk::Idle;
use crate::units::Day;

pub use choice::{Chosen, Rule};
pub use detail::{AtBudget, Budget, Calibrated, FoldCalibration, Subset, Within};
pub use intervals::{Difference, Figures};
pub use ranked::{Measures, mean_ranks};

use ranked::Ranked;

/// Name under which the model chosen for each fold is measured.
pub const CHOSEN: &str = "chosen";

/// Version of `backtest.json`.
pub const ROLLING_FORMAT: u32 = 1;

/// A visit that labels a row of a fold.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldRow {
    /// The object.
    pub object_key: u64,
    /// Whether the visit found something.
    pub found: bool,
    /// Probability with which the visit was drawn, 0 < π ≤ 1; none where it was not drawn at random.
    pub pi: Option<f64>,
    /// Who went, where known.
    pub inspector: Option<String>,
    /// Values of the columns by which subsets are shown, in their order.
    pub groups: Vec<Option<String>>,
}

/// Probabilities of the model chosen for a fold.
#[derive(Clone, Debug, PartialEq)]
pub struct Probability {
    /// As the model gives them.
    pub raw: Vec<f64>,
    /// Calibrated on past folds.
    pub calibrated: Vec<f64>,
}

/// What the models of a cut-off learnt from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Training rows.
    pub rows: u64,
    /// Training rows with a finding.
    pub positives: u64,
    /// First as-of day of a training row; absent without rows.
    pub first: Option<Day>,
    /// Last as-of day of a training row; absent without rows.
    pub last: Option<Day>,
    /// Kish's effective number of rows, where they are weighted 1/π.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_n: Option<f64>,
    /// Largest weight, where rows are weighted 1/π; the mean is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_weight: Option<f64>,
    /// Penalties that the declared rule chose on the training rows, by model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub penalties: BTreeMap<String, f64>,
    /// Indicators that taught nothing over the training rows, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub idle: BTreeMap<String, Idle>,
}

/// One cut-off with its rows, in the order of their objects' ids, and every model's scores of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// The day everything is seen from.
    pub cutoff: Day,
    /// Rows in the order of their objects' ids, which breaks ties.
    pub rows: Vec<FoldRow>,
    /// Scores by model, one per row; higher goes first.
    pub scores: BTreeMap<String, Vec<f64>>,
    /// What the models learnt from.
    pub trained: Trained,
    /// Probabilities of the chosen model, where it has them.
    pub probability: Option<Probability>,
}

impl Fold {
    fn found(&self) -> Vec<bool> {
        self.rows.iter().map(|row| row.found).collect()
    }

    /// Whether some rows have a finding and some have none: without both nothing can be ranked.
    #[must_use]
    pub fn has_both(&self) -> bool {
        let hits = self.rows.iter().filter(|row| row.found).count();
        hits > 0 && hits < self.rows.len()
    }

    fn check(&self, names: &BTreeSet<&String>) -> Result<(), Error> {
        let refuse = |rule: String| {
            Err(Error::Fold {
                cutoff: self.cutoff,
                rule,
            })
        };
        let hits = self.rows.iter().filter(|row| row.found).count();
        if self.rows.is_empty() {
            return refuse("no object has its first routine visit in the window".to_owned());
        }
        if hits == 0 {
            return refuse(format!(
                "none of the {} visits found anything, so no order is better than another",
                self.rows.len()
            ));
        }
        if hits == self.rows.len() {
            return refuse(format!(
                "all of the {hits} visits found something, so no order is better than another"
            ));
        }
        for name in names {
            let scores = self.scores.get(*name).map_or(&[][..], Vec::as_slice);
            if scores.len() != self.rows.len() {
                return refuse(format!(
                    "model {name} has {} scores for {} rows",
                    scores.len(),
                    self.rows.len()
                ));
            }
            if let Some(row) = scores.iter().position(|score| !score.is_finite()) {
                return refuse(format!(
                    "model {name} gives row {row} a score that is not a finite number"
                ));
            }
        }
        Ok(())
    }
}

/// What a back-test is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollingFacts {
    /// Title of the job.
    pub title: String,
    /// Name of the job.
    pub job: String,
    /// Office that signs; empty for none.
    pub office: String,
    /// 合成数据.
    pub synthetic: bool,
    /// W: days after a cut-off in which an object's first routine visit is its label.
    pub window_days: i32,
    /// Days between the as-of days of training rows.
    pub every_days: i32,
    /// Indicators the models learn from.
    pub n_indicators: u64,
    /// Models in the order declared, baselines last.
    pub models: Vec<String>,
    /// Baselines any office could have used.
    pub baselines: Vec<String>,
    /// Columns by which subsets are shown.
    pub subsets: Vec<String>,
    /// The rule that chooses a model.
    pub rule: Rule,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One fold as measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldMeasures {
    /// The cut-off.
    pub cutoff: Day,
    /// Measures by model, and of the chosen one under [`CHOSEN`].
    pub models: BTreeMap<String, Measures>,
    /// The choice for this cut-off.
    pub choice: Chosen,
    /// What the models learnt from.
    pub trained: Trained,
    /// AUC inside each inspector's visits, by model; empty where no inspector is known.
    pub within: BTreeMap<String, Within>,
}

/// A back-test: `backtest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rolling {
    /// [`ROLLING_FORMAT`].
    pub format: u32,
    /// What it is about.
    pub facts: RollingFacts,
    /// Evaluated folds, oldest first.
    pub folds: Vec<FoldMeasures>,
    /// Earlier folds that only the choice looks at, oldest first.
    pub earlier: Vec<FoldMeasures>,
    /// Means over the evaluated folds, weighted by rows; [`CHOSEN`] takes each fold's own choice.
    pub mean: BTreeMap<String, Measures>,
    /// The model chosen for the last cut-off.
    pub chosen: String,
    /// The means with their intervals.
    pub intervals: BTreeMap<String, Figures>,
    /// Means of every model less those of every baseline.
    pub differences: Vec<Difference>,
    /// Precision, recall and lift at the budgets.
    pub budgets: Vec<Budget>,
    /// Lift of each tenth of the rows by model, highest scores first.
    pub lift: BTreeMap<String, Vec<f64>>,
    /// AUC inside each inspector's visits over all folds, by model.
    pub within: BTreeMap<String, Within>,
    /// Measures inside the subsets.
    pub subsets: Vec<Subset>,
    /// Measures weighted 1/π over the rows whose π is known; empty where none is.
    pub weighted: BTreeMap<String, Measures>,
    /// Probabilities against findings.
    pub calibration: Option<Calibrated>,
    /// Past visits of one window in the order the models would have gone, where the job names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What policies that see only their own labels would have found, where the job asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selective: Option<Selective>,
}

/// A published window, looked at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The day everything is seen from.
    pub cutoff: Day,
    /// The choice for it.
    pub choice: Chosen,
    /// What the models learnt from.
    pub trained: Trained,
    /// How every model ranks its visits.
    pub replay: Backtest,
}

/// How much is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// Shares of the rows that are visited.
    pub budgets: Vec<f64>,
    /// Bootstrap replicates.
    pub replicates: u32,
    /// Moves the bootstrap alone.
    pub seed: [u8; 32],
}

/// Measures every fold from `first` on; folds before it serve the choice alone, and those that cannot be ranked serve nothing.
///
/// # Errors
/// No fold to evaluate; a fold without rows, or with one kind of label only; scores that do not fit.
pub fn roll(
    facts: RollingFacts,
    folds: &[Fold],
    first: Day,
    extent: &Extent,
) -> Result<Rolling, Error> {
    let names: BTreeSet<&String> = facts.models.iter().collect();
    for fold in folds.iter().filter(|fold| fold.cutoff >= first) {
        fold.check(&names)?;
    }
    let with_choice = with_choices(&facts, folds);
    let (earlier, evaluated): (Vec<&Fold>, Vec<&Fold>) =
        with_choice.iter().partition(|fold| fold.cutoff < first);
    let names: Vec<String> = facts
        .models
        .iter()
        .cloned()
        .chain([CHOSEN.to_owned()])
        .collect();
    let measured = |all: &[&Fold]| -> Vec<FoldMeasures> {
        let usable = all.iter().filter(|fold| fold.has_both());
        usable
            .map(|fold| measured(&facts, folds, fold, &names))
            .collect()
    };
    let (past, own) = (measured(&earlier), measured(&evaluated));
    let mean = means(&own, &names);
    let last = own.last().ok_or(Error::NoFold)?;
    let chosen = last.choice.name.clone();
    let (intervals, differences) = intervals::intervals(
        &evaluated,
        &mean,
        &facts.baselines,
        extent.replicates,
        &extent.seed,
    );
    let lift = |name: &String| (name.clone(), detail::lift_by_tenth(&evaluated, name));
    let budgets = extent.budgets.iter();
    Ok(Rolling {
        format: ROLLING_FORMAT,
        budgets: budgets
            .map(|top| detail::budget(&evaluated, &names, *top))
            .collect(),
        lift: names.iter().map(lift).collect(),
        within: within(&evaluated, &names),
        subsets: detail::subsets(&evaluated, &facts.subsets, &names),
        weighted: detail::designed(&evaluated, &names),
        calibration: detail::calibrated(&evaluated),
        folds: own,
        earlier: past,
        mean,
        chosen,
        intervals,
        differences,
        window: None,
        selective: None,
        facts,
    })
}

/// The folds with the scores of their chosen model under [`CHOSEN`].
fn with_choices(facts: &RollingFacts, folds: &[Fold]) -> Vec<Fold> {
    let mut all = folds.to_vec();
    for fold in &mut all {
        let choice = facts.rule.choose(folds, fold.cutoff, facts.window_days);
        if let Some(scores) = fold.scores.get(&choice.name).cloned() {
            fold.scores.insert(CHOSEN.to_owned(), scores);
        }
    }
    all.sort_by_key(|fold| fold.cutoff);
    all
}

fn measured(facts: &RollingFacts, folds: &[Fold], fold: &Fold, names: &[String]) -> FoldMeasures {
    let found = fold.found();
    let of = |name: &String| {
        let measures = Ranked::new(fold.scores.get(name)?).measures(&found)?;
        Some((name.clone(), measures))
    };
    FoldMeasures {
        cutoff: fold.cutoff,
        models: names.iter().filter_map(of).collect(),
        choice: facts.rule.choose(folds, fold.cutoff, facts.window_days),
        trained: fold.trained.clone(),
        within: within(&[fold], names),
    }
}

fn means(folds: &[FoldMeasures], names: &[String]) -> BTreeMap<String, Measures> {
    let mean = |name: &String| {
        let of_model = folds.iter().filter_map(|fold| fold.models.get(name));
        Some((name.clone(), ranked::mean(of_model)?))
    };
    names.iter().filter_map(mean).collect()
}

fn within(folds: &[&Fold], names: &[String]) -> BTreeMap<String, Within> {
    let of = |name: &String| Some((name.clone(), detail::within(folds, name)?));
    names.iter().filter_map(of).collect()
}

impl Rolling {
    /// As `backtest.json`.
    ///
    /// # Errors
    /// When JSON cannot be made.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut text = serde_json::to_vec_pretty(self).map_err(Error::Unwritable)?;
        text.push(b'\n');
        Ok(text)
    }

    /// From `backtest.json`.
    ///
    /// # Errors
    /// Text that is no back-test of this format.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(Error::Unreadable)
    }
}
