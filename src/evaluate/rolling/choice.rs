//! Which model a bureau would have used: a declared rule over folds that had ended, never over the fold itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fold, Ranked};
use crate::evaluate::number::{real_len, share};
use crate::units::Day;

/// The declared rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Models to choose from, the preferred first.
    pub candidates: Vec<String>,
    /// Most past folds looked at, the latest ones.
    pub past: usize,
    /// A candidate is taken before later ones if its mean AUC is at most this far below the best.
    pub tie: f64,
}

/// What the rule chose for a cut-off, and what it looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// The model.
    pub name: String,
    /// Cut-offs of the past folds looked at.
    pub past: Vec<Day>,
    /// Mean AUC of every candidate over them, weighted by rows; empty without a past fold.
    pub auc: BTreeMap<String, f64>,
}

impl Rule {
    /// The choice for `cutoff` among `folds`, of which only those count whose window had ended by then (cut-off +
    /// `window_days` ≤ `cutoff`) and that have both kinds of labels. The first candidate whose mean AUC is at least the
    /// best less the tie; the first of all where there is no past.
    #[must_use]
    pub fn choose(&self, folds: &[Fold], cutoff: Day, window_days: i32) -> Chosen {
        let mut past: Vec<&Fold> = folds
            .iter()
            .filter(|fold| fold.cutoff.plus(window_days) <= cutoff && fold.has_both())
            .collect();
        past.sort_by_key(|fold| fold.cutoff);
        let past = &past[past.len().saturating_sub(self.past)..];
        let auc: BTreeMap<String, f64> = self
            .candidates
            .iter()
            .filter_map(|name| Some((name.clone(), mean_auc(past, name)?)))
            .collect();
        let best = auc.values().copied().fold(f64::NEG_INFINITY, f64::max);
        let good = |name: &&String| auc.get(*name).is_none_or(|auc| *auc >= best - self.tie);
        let name = self.candidates.iter().find(good);
        Chosen {
            name: name
                .or(self.candidates.first())
                .cloned()
                .unwrap_or_default(),
            past: past.iter().map(|fold| fold.cutoff).collect(),
            auc,
        }
    }
}

fn mean_auc(past: &[&Fold], name: &str) -> Option<f64> {
    let (mut sum, mut rows) = (0.0, 0.0);
    for fold in past {
        let n = real_len(fold.rows.len());
        let (auc, _) = Ranked::new(fold.scores.get(name)?)
            .areas(&fold.found(), &vec![1.0; fold.rows.len()])?;
        sum += auc * n;
        rows += n;
    }
    share(sum, rows)
}
