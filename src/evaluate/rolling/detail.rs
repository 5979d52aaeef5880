//! What stands beside the measures: budgets, lift, inspectors, subsets, calibration, design weights.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ranked::{mean, weight_of, whole_budget};
use super::{Fold, Measures, Ranked};
use crate::evaluate::number::{floor_index, real_len, share};
use crate::evaluate::{CalibrationBin, Scored, brier, calibration};
use crate::units::Day;

/// Rows a subset needs over all folds to be shown.
const SUBSET_MIN: u64 = 100;

/// What a budget of visits meets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Share of the rows that is visited, above 0 and at most 1.
    pub share: f64,
    /// By model, as means over the folds.
    pub models: BTreeMap<String, AtBudget>,
}

/// One model at a budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtBudget {
    /// Share of visits with a finding.
    pub precision: f64,
    /// Share of all findings that is met.
    pub recall: f64,
    /// Precision over the share of findings among all rows.
    pub lift: f64,
}

/// AUC inside each inspector's visits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// Mean over inspectors and folds, weighted by pairs of a visit with and one without a finding.
    pub auc: f64,
    /// The pairs.
    pub pairs: u64,
}

/// How models rank the rows that share a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subset {
    /// Column of the register.
    pub by: String,
    /// The value; absent for objects without one.
    pub value: Option<String>,
    /// By model, means over the folds in which the subset has both kinds of labels.
    pub models: BTreeMap<String, Measures>,
}

/// How the chosen model's probabilities fit what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// Ten bins over all folds with calibrated probabilities.
    pub bins: Vec<CalibrationBin>,
    /// Mean squared distance of the calibrated probability and the label.
    pub brier: f64,
    /// The same without calibration.
    pub brier_raw: f64,
    /// By fold.
    pub folds: Vec<FoldCalibration>,
}

/// How the probabilities of one fold fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldCalibration {
    /// The cut-off.
    pub cutoff: Day,
    /// Share of rows with a finding.
    pub base: f64,
    /// Mean probability as the model gives it.
    pub raw: f64,
    /// Mean probability after calibration on past folds.
    pub calibrated: f64,
    /// Mean squared distance to the label, raw.
    pub brier_raw: f64,
    /// The same after calibration.
    pub brier: f64,
}

/// Measures of every model at a budget, on average over the folds.
pub(super) fn budget(folds: &[&Fold], names: &[String], top: f64) -> Budget {
    let models = names.iter().filter_map(|name| {
        let (mut precision, mut recall, mut lift, mut rows) = (0.0, 0.0, 0.0, 0.0);
        for fold in folds {
            let (found, once) = (fold.found(), vec![1.0; fold.rows.len()]);
            let (n, hits) = (real_len(found.len()), weight_of(&found, &once));
            let budget = whole_budget(n, top);
            let met = Ranked::new(fold.scores.get(name)?).met(&found, &once, budget);
            precision += met / budget * n;
            recall += share(met, hits)? * n;
            lift += share(met / budget, hits / n)? * n;
            rows += n;
        }
        let at = AtBudget {
            precision: share(precision, rows)?,
            recall: share(recall, rows)?,
            lift: share(lift, rows)?,
        };
        Some((name.clone(), at))
    });
    Budget {
        share: top,
        models: models.collect(),
    }
}

/// Lift of each tenth of the rows, highest scores first, as means over the folds.
pub(super) fn lift_by_tenth(folds: &[&Fold], name: &str) -> Vec<f64> {
    let (mut sums, mut rows) = (vec![0.0; 10], 0.0);
    for fold in folds.iter().filter(|fold| fold.has_both()) {
        let (n, found) = (fold.rows.len(), fold.found());
        let base = weight_of(&found, &vec![1.0; n]) / real_len(n);
        let ranked = Ranked::new(&fold.scores[name]);
        let start = |tenth: usize| tenth * n / 10;
        for (tenth, sum) in sums.iter_mut().enumerate() {
            let part = &ranked.order()[start(tenth)..start(tenth + 1)];
            let hits = part.iter().filter(|&&row| found[row]).count();
            *sum +=
                share(real_len(hits), real_len(part.len())).unwrap_or(base) / base * real_len(n);
        }
        rows += real_len(n);
    }
    sums.iter().filter_map(|sum| share(*sum, rows)).collect()
}

/// AUC inside the inspectors of each fold, pooled over folds by pairs; none where no inspector has both kinds of visits.
pub(super) fn within(folds: &[&Fold], name: &str) -> Option<Within> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for fold in folds {
        let mut visits: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, row) in fold.rows.iter().enumerate() {
            if let Some(inspector) = &row.inspector {
                visits.entry(inspector).or_default().push(place);
            }
        }
        let scores = fold.scores.get(name)?;
        for places in visits.values() {
            let scores: Vec<f64> = places.iter().map(|&place| scores[place]).collect();
            let found: Vec<bool> = places.iter().map(|&place| fold.rows[place].found).collect();
            let once = vec![1.0; found.len()];
            if let Some((auc, _)) = Ranked::new(&scores).areas(&found, &once) {
                let hits = weight_of(&found, &once);
                let both = hits * (real_len(found.len()) - hits);
                sum += auc * both;
                pairs += both;
            }
        }
    }
    Some(Within {
        auc: share(sum, pairs)?,
        pairs: floor_index(pairs) as u64,
    })
}

/// Measures inside every value of the declared columns, values with the most rows first.
pub(super) fn subsets(folds: &[&Fold], columns: &[String], names: &[String]) -> Vec<Subset> {
    let mut all = Vec::new();
    for (column, by) in columns.iter().enumerate() {
        let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        for row in folds.iter().flat_map(|fold| &fold.rows) {
            *counts.entry(row.groups[column].as_deref()).or_default() += 1;
        }
        let mut values: Vec<(Option<&str>, u64)> = counts.into_iter().collect();
        values.retain(|(_, rows)| *rows >= SUBSET_MIN);
        values.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        all.extend(values.into_iter().map(|(value, _)| Subset {
            by: by.clone(),
            value: value.map(str::to_owned),
            models: of_subset(folds, column, value, names),
        }));
    }
    all.retain(|subset| !subset.models.is_empty());
    all
}

fn of_subset(
    folds: &[&Fold],
    column: usize,
    value: Option<&str>,
    names: &[String],
) -> BTreeMap<String, Measures> {
    let parts: Vec<(&Fold, Vec<usize>, Vec<bool>)> = folds
        .iter()
        .map(|fold| {
            let places: Vec<usize> = (0..fold.rows.len())
                .filter(|&place| fold.rows[place].groups[column].as_deref() == value)
                .collect();
            let found = places.iter().map(|&place| fold.rows[place].found).collect();
            (*fold, places, found)
        })
        .collect();
    let measured = |name: &String| {
        let folds: Vec<Measures> = parts
            .iter()
            .filter_map(|(fold, places, found)| {
                let scores = fold.scores.get(name)?;
                let scores: Vec<f64> = places.iter().map(|&place| scores[place]).collect();
                Ranked::new(&scores).measures(found)
            })
            .collect();
        Some((name.clone(), mean(folds.iter())?))
    };
    names.iter().filter_map(measured).collect()
}

/// Measures with weights 1/π over the rows whose π is known, on average over the folds; empty where none is known.
pub(super) fn designed(folds: &[&Fold], names: &[String]) -> BTreeMap<String, Measures> {
    let measured = |name: &String| {
        let of = |fold: &&Fold| {
            let known: Vec<(usize, f64)> = fold
                .rows
                .iter()
                .enumerate()
                .filter_map(|(place, row)| Some((place, 1.0 / row.pi?)))
                .collect();
            let scores = fold.scores.get(name)?;
            let scores: Vec<f64> = known.iter().map(|(place, _)| scores[*place]).collect();
            let found: Vec<bool> = known
                .iter()
                .map(|(place, _)| fold.rows[*place].found)
                .collect();
            let weight: Vec<f64> = known.iter().map(|(_, weight)| *weight).collect();
            Ranked::new(&scores).designed(&found, &weight)
        };
        let folds: Vec<Measures> = folds.iter().filter_map(of).collect();
        Some((name.clone(), mean(folds.iter())?))
    };
    names.iter().filter_map(measured).collect()
}

/// Calibration of the chosen model over the folds that have probabilities; none where no fold has.
pub(super) fn calibrated(folds: &[&Fold]) -> Option<Calibrated> {
    let (mut pooled, mut raw, mut by_fold) = (Vec::new(), Vec::new(), Vec::new());
    for fold in folds {
        let Some(probability) = &fold.probability else {
            continue;
        };
        let scored = |of: &[f64]| -> Vec<Scored> {
            let rows = fold.rows.iter().zip(of);
            let one = |(row, &score): (&super::FoldRow, &f64)| Scored {
                score,
                weight: 1.0,
                found: row.found,
            };
            rows.map(one).collect()
        };
        let (before, after) = (scored(&probability.raw), scored(&probability.calibrated));
        let over =
            |rows: &[Scored]| share(rows.iter().map(|row| row.score).sum(), real_len(rows.len()));
        let hits = after.iter().filter(|row| row.found).count();
        by_fold.push(FoldCalibration {
            cutoff: fold.cutoff,
            base: share(real_len(hits), real_len(after.len()))?,
            raw: over(&before)?,
            calibrated: over(&after)?,
            brier_raw: brier(&before)?,
            brier: brier(&after)?,
        });
        pooled.extend(after);
        raw.extend(before);
    }
    Some(Calibrated {
        bins: calibration(&pooled),
        brier: brier(&pooled)?,
        brier_raw: brier(&raw)?,
        folds: by_fold,
    })
}
