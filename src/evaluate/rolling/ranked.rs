//! One model's order of one fold, and what it is worth when every row counts so many times.
//!
//! Tied scores count half in the AUC and as one threshold in the average precision; a budget that ends inside a tie takes
//! the rows in the order of their objects' ids, as the fold lists them.

use serde::{Deserialize, Serialize};

use super::super::number::{real_len, share};

/// The share of rows `p10` looks at.
pub(super) const TENTH: f64 = 0.1;
/// The share of rows `p20` looks at.
pub(super) const FIFTH: f64 = 0.2;

/// How well a model ranks the rows of a fold, or of several on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Rows.
    pub rows: u64,
    /// Share of rows with a finding, 0 to 1.
    pub base: f64,
    /// Area under the ROC curve, 0 to 1.
    pub auc: f64,
    /// Average precision, 0 to 1.
    pub ap: f64,
    /// Share of findings among the first tenth of the rows (rounded down, at least one).
    pub p10: f64,
    /// Share of findings among the first fifth of the rows (rounded down, at least one).
    pub p20: f64,
}

impl Measures {
    /// The four measures of the ranking, in the order of the fields.
    pub(super) fn ranking(&self) -> [f64; 4] {
        [self.auc, self.ap, self.p10, self.p20]
    }
}

/// Rows in the order of a score, highest first.
pub(super) struct Ranked {
    order: Vec<usize>,
    /// Whether the row at this place ends a run of equal scores.
    ends: Vec<bool>,
}

impl Ranked {
    pub(super) fn new(scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let place = |place: usize| order.get(place).map(|&row| scores[row]);
        let differ = |at: usize| match (place(at), place(at + 1)) {
            (Some(here), Some(next)) => here > next,
            _ => true,
        };
        let ends = (0..order.len()).map(differ).collect();
        Self { order, ends }
    }

    /// Rows, highest score first.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// AUC and average precision with `weight` per row; none unless rows with and without a finding count.
    pub(super) fn areas(&self, found: &[bool], weight: &[f64]) -> Option<(f64, f64)> {
        let (mut hits, mut blanks) = (0.0, 0.0); // of the runs before
        let (mut run_hits, mut run_blanks) = (0.0, 0.0);
        let (mut pairs, mut precision) = (0.0, 0.0);
        for (&row, &is_end) in self.order.iter().zip(&self.ends) {
            if found[row] {
                run_hits += weight[row];
            } else {
                run_blanks += weight[row];
            }
            if is_end {
                pairs += run_blanks * (hits + run_hits / 2.0);
                hits += run_hits;
                blanks += run_blanks;
                if run_hits > 0.0 {
                    precision += run_hits * hits / (hits + blanks);
                }
                (run_hits, run_blanks) = (0.0, 0.0);
            }
        }
        Some((share(pairs, hits * blanks)?, share(precision, hits)?))
    }

    /// Weight of findings within the first `budget` of weight.
    pub(super) fn met(&self, found: &[bool], weight: &[f64], budget: f64) -> f64 {
        let (mut left, mut met) = (budget, 0.0);
        for &row in &self.order {
            let taken = weight[row].min(left);
            if found[row] {
                met += taken;
            }
            left -= taken;
            if left <= 0.0 {
                break;
            }
        }
        met
    }

    /// The measures where every row counts once.
    pub(super) fn measures(&self, found: &[bool]) -> Option<Measures> {
        let once = vec![1.0; found.len()];
        self.resampled(found, &once)
    }

    /// The measures where row `i` counts `times[i]`, whole numbers, over.
    pub(super) fn resampled(&self, found: &[bool], times: &[f64]) -> Option<Measures> {
        self.weighted(found, times, whole_budget)
    }

    /// The measures with design weights: a budget is a share of the total weight.
    pub(super) fn designed(&self, found: &[bool], weight: &[f64]) -> Option<Measures> {
        self.weighted(found, weight, |total, top| total * top)
    }

    fn weighted(
        &self,
        found: &[bool],
        weight: &[f64],
        budget: impl Fn(f64, f64) -> f64,
    ) -> Option<Measures> {
        let (auc, ap) = self.areas(found, weight)?;
        let total: f64 = weight.iter().sum();
        let hits: f64 = weight_of(found, weight);
        let precision = |top: f64| {
            let budget = budget(total, top);
            share(self.met(found, weight, budget), budget)
        };
        Some(Measures {
            rows: u64::try_from(found.len()).ok()?,
            base: share(hits, total)?,
            auc,
            ap,
            p10: precision(TENTH)?,
            p20: precision(FIFTH)?,
        })
    }
}

/// Whole rows of a budget: rounded down, at least one.
pub(super) fn whole_budget(total: f64, top: f64) -> f64 {
    (total * top + 1e-9).floor().max(1.0)
}

/// Weight of the rows with a finding.
pub(super) fn weight_of(found: &[bool], weight: &[f64]) -> f64 {
    let hits = found.iter().zip(weight).filter(|(found, _)| **found);
    hits.map(|(_, weight)| weight).sum()
}

/// The mean of each measure, weighted by rows; none of nothing.
pub(super) fn mean<'a>(all: impl Iterator<Item = &'a Measures>) -> Option<Measures> {
    let all: Vec<&Measures> = all.collect();
    let rows: u64 = all.iter().map(|one| one.rows).sum();
    let over = |of: fn(&Measures) -> f64| {
        let total: f64 = all.iter().map(|one| of(one) * real_rows(one)).sum();
        share(total, super::super::number::real(rows))
    };
    Some(Measures {
        rows,
        base: over(|one| one.base)?,
        auc: over(|one| one.auc)?,
        ap: over(|one| one.ap)?,
        p10: over(|one| one.p10)?,
        p20: over(|one| one.p20)?,
    })
}

fn real_rows(one: &Measures) -> f64 {
    super::super::number::real(one.rows)
}

/// The mean rank of every value, equal values sharing theirs; 1 is the least.
#[must_use]
pub fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for run in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let middle = real_len(before) + f64::midpoint(real_len(run.len()), 1.0);
        for &row in run {
            ranks[row] = middle;
        }
        before += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::{Ranked, mean_ranks};

    #[test]
    fn equal_values_share_their_mean_rank() {
        let ranks = mean_ranks(&[5.0, 1.0, 5.0, 2.0]);
        assert_eq!(ranks, [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn a_row_that_counts_twice_is_the_row_written_twice() {
        let (scores, found) = ([0.9, 0.5, 0.5, 0.1], [true, false, true, false]);
        let twice = Ranked::new(&scores).resampled(&found, &[1.0, 2.0, 1.0, 0.0]);
        let written = Ranked::new(&[0.9, 0.5, 0.5, 0.5]).measures(&[true, false, false, true]);
        let (twice, written) = (twice.unwrap(), written.unwrap());
        assert!((twice.auc - written.auc).abs() < 1e-12);
        assert!((twice.ap - written.ap).abs() < 1e-12);
    }

    #[test]
    fn one_kind_of_label_gives_no_measure() {
        assert!(Ranked::new(&[0.1, 0.2]).measures(&[true, true]).is_none());
        assert!(Ranked::new(&[0.1, 0.2]).measures(&[false, false]).is_none());
    }
}
