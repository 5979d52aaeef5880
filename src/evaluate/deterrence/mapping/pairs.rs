//! Conservative variances of totals by kind of exposure: the unbiased form over pairs that can meet so, a bound for those that cannot.
//!
//! Pairs are taken row by row, rows side by side; only pairs of which one was met count, so work grows with objects times met.

use rayon::prelude::*;

/// One kind whose total is estimated: values, who met it, with what chance.
pub(super) struct Side<'a> {
    pub(super) values: &'a [f64],
    pub(super) is_met: &'a (dyn Fn(usize) -> bool + Sync),
    pub(super) chance: &'a (dyn Fn(usize) -> f64 + Sync),
}

impl Side<'_> {
    fn met(&self) -> Vec<usize> {
        let all = 0..self.values.len();
        all.filter(|&i| (self.is_met)(i)).collect()
    }

    /// `y/π`.
    fn expanded(&self, i: usize) -> f64 {
        self.values[i] / (self.chance)(i)
    }

    /// `y²/2π`: what an object adds for each that never meets its kind with it.
    fn bound(&self, i: usize) -> f64 {
        self.values[i] * self.values[i] / (2.0 * (self.chance)(i))
    }
}

/// The sum of `of` over `rows`, the same on any number of threads.
fn summed(rows: &[usize], of: impl Fn(usize) -> f64 + Sync) -> f64 {
    let sums: Vec<f64> = rows.par_iter().map(|&row| of(row)).collect();
    sums.into_iter().sum()
}

/// Variance of `Σ 1{met} y/π`; `both` is the chance that two meet the kind together.
pub(super) fn variance_of_total(
    side: &Side,
    both: impl Fn(usize, usize) -> f64 + Sync,
    never: impl Fn(usize, usize) -> bool + Sync,
) -> f64 {
    let met = side.met();
    let row = |i: usize| {
        let pi = (side.chance)(i);
        let pair = |&j: &usize| {
            let joint = both(i, j);
            if joint <= 0.0 {
                return 0.0;
            }
            (joint - pi * (side.chance)(j)) / joint * side.expanded(j)
        };
        let earlier: f64 = met.iter().take_while(|&&j| j < i).map(pair).sum();
        (1.0 - pi) * side.expanded(i).powi(2) + 2.0 * side.expanded(i) * earlier
    };
    summed(&met, row) + bound(side, never)
}

/// A₂: what pairs that never meet a kind together may add, `y²/2π` of each.
pub(super) fn bound(side: &Side, never: impl Fn(usize, usize) -> bool + Sync) -> f64 {
    let row = |i: usize| {
        let apart = (0..side.values.len()).filter(|&j| j != i && never(i, j));
        2.0 * side.bound(i) * apart.map(|_| 1.0).sum::<f64>()
    };
    summed(&side.met(), row)
}

/// Covariance of two totals, from below: over pairs that can meet so, less the bound for those that cannot (an object meets one
/// kind at a time, so each with itself among them).
pub(super) fn covariance_of_totals(
    first: &Side,
    second: &Side,
    both: impl Fn(usize, usize) -> f64 + Sync,
    never: impl Fn(usize, usize) -> bool + Sync,
) -> f64 {
    let (met_first, met_second) = (first.met(), second.met());
    let of_first = |i: usize| {
        let pi = (first.chance)(i);
        let pair = |&j: &usize| {
            let joint = both(i, j);
            if joint <= 0.0 || i == j {
                return 0.0;
            }
            (joint - pi * (second.chance)(j)) / joint * second.expanded(j)
        };
        let together: f64 = met_second.iter().map(pair).sum();
        let apart = (0..second.values.len()).filter(|&j| never(i, j));
        first.expanded(i) * together - first.bound(i) * apart.map(|_| 1.0).sum::<f64>()
    };
    let of_second = |j: usize| {
        let apart = (0..first.values.len()).filter(|&i| never(i, j));
        -second.bound(j) * apart.map(|_| 1.0).sum::<f64>()
    };
    summed(&met_first, of_first) + summed(&met_second, of_second)
}
