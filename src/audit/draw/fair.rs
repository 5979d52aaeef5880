//! What fair draws look like: seeded Monte Carlo, and the chance of being as odd as the list.
//!
//! p = (1 + #{fair ≥ list}) / (1 + M), never zero (Davison and Hinkley 1997, §4.2). Where a test looks at several statistics,
//! its p is that of the smallest of their p-values among the same replicates (min-P, Westfall and Young 1993, §2.6), so that
//! looking twice costs nothing false; where ranks tie, as they do beyond all replicates, standard deviations decide. Replicate r draws from stream r of `ChaCha12` under the audit's seed: the result does not
//! depend on threads.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::input::at;
use crate::units::HashName;

/// Which end of a statistic is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Large values.
    Upper,
    /// Small values.
    Lower,
}

/// One end of one statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contrast {
    pub(super) measure: usize,
    pub(super) side: Side,
}

/// The statistics of all fair replicates.
#[derive(Clone, Debug)]
pub(super) struct Fair {
    columns: Vec<Column>,
    n: usize,
}

/// One statistic over the replicates.
#[derive(Clone, Debug)]
struct Column {
    values: Vec<f64>,
    sorted: Vec<f64>,
    /// Replicates that are at least as large, and at least as small, as each.
    at_least: Vec<u32>,
    at_most: Vec<u32>,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

/// What a test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) p: f64,
    /// The contrast that was oddest.
    pub(super) contrast: Contrast,
}

/// The stream of one replicate under a tag of the seed.
pub(super) fn stream(seed: &[u8; 32], tag: &str, replicate: u32) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::from_seed(HashName::Sha256.tagged(tag, seed).0);
    rng.set_stream(u64::from(replicate));
    rng
}

/// A number below `n`, by multiplication; its probability is off by less than n / 2^32 of itself.
pub(super) fn below(rng: &mut ChaCha12Rng, n: u32) -> u32 {
    let wide = u64::from(n) * u64::from(rng.next_u32());
    u32::try_from(wide >> 32).expect("the quotient is below n")
}

impl Fair {
    /// From one row of statistics per replicate.
    pub(super) fn of(rows: &[Vec<f64>]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let column = |measure: usize| Column::of(rows.iter().map(|row| row[measure]).collect());
        Self {
            columns: (0..width).map(column).collect(),
            n: rows.len(),
        }
    }

    /// The test over `contrasts`; `None` where no fair draw could have given anything else than the list did.
    pub(super) fn judge(&self, observed: &[f64], contrasts: &[Contrast]) -> Option<Judged> {
        let scales: Vec<Scale> = contrasts
            .iter()
            .filter_map(|contrast| {
                Scale::of(
                    &self.columns[contrast.measure],
                    observed[contrast.measure],
                    *contrast,
                )
            })
            .collect();
        let own = scales.iter().map(|scale| (scale, scale.of_list()));
        let (best, oddest) =
            own.reduce(|best, next| if next.1.beats(best.1) { next } else { best })?;
        let as_odd = (0..self.n).filter(|&replicate| {
            let odd = |scale: &Scale| !oddest.beats(scale.of_replicate(replicate));
            scales.iter().any(odd)
        });
        Some(Judged {
            p: real(1 + as_odd.count()) / real(1 + self.n),
            contrast: best.contrast,
        })
    }

    /// Mean of a statistic over the replicates.
    pub(super) fn mean(&self, measure: usize) -> f64 {
        self.columns[measure].mean
    }

    /// Its 2.5 % and 97.5 % quantiles.
    pub(super) fn usual(&self, measure: usize) -> [f64; 2] {
        let sorted = &self.columns[measure].sorted;
        let last = sorted.len() - 1;
        [0.025, 0.975].map(|p| sorted[floor(p * real(last)).min(last)])
    }
}

impl Column {
    fn of(values: Vec<f64>) -> Self {
        let mean = values.iter().sum::<f64>() / real(values.len());
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let below = |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt());
        let up_to = |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_le());
        Self {
            at_least: values
                .iter()
                .map(|value| count(sorted.len() - below(value)))
                .collect(),
            at_most: values.iter().map(|value| count(up_to(value))).collect(),
            squares: if sorted.first() == sorted.last() {
                0.0 // the mean of equal values may be off by rounding
            } else {
                values.iter().map(|value| (value - mean).powi(2)).sum()
            },
            mean: if sorted.first() == sorted.last() {
                sorted[0]
            } else {
                mean
            },
            values,
            sorted,
        }
    }
}

/// How odd one value is: its rank from the odd end, and its distance from the middle in standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Oddness {
    rank: u32,
    deviations: f64,
}

impl Oddness {
    fn beats(self, other: Self) -> bool {
        self.rank < other.rank || (self.rank == other.rank && self.deviations > other.deviations)
    }
}

/// One contrast over list and replicates together, so that none of them is judged by a measure it had no part in.
struct Scale<'a> {
    contrast: Contrast,
    column: &'a Column,
    observed: f64,
    middle: f64,
    /// 1 / standard deviation, negative where small values are odd.
    factor: f64,
}

impl<'a> Scale<'a> {
    /// `None` where list and replicates are all alike.
    fn of(column: &'a Column, observed: f64, contrast: Contrast) -> Option<Self> {
        let n = real(column.values.len());
        let off = observed - column.mean;
        let squares = column.squares + off * off * n / (n + 1.0);
        let sign = match contrast.side {
            Side::Upper => 1.0,
            Side::Lower => -1.0,
        };
        (squares > 0.0).then(|| Self {
            contrast,
            column,
            observed,
            middle: column.mean + off / (n + 1.0),
            factor: sign / (squares / n).sqrt(),
        })
    }

    fn of_list(&self) -> Oddness {
        let sorted = &self.column.sorted;
        let n = match self.contrast.side {
            Side::Upper => sorted.len() - sorted.partition_point(|value| *value < self.observed),
            Side::Lower => sorted.partition_point(|value| *value <= self.observed),
        };
        self.oddness(1 + count(n), self.observed)
    }

    fn of_replicate(&self, replicate: usize) -> Oddness {
        let value = self.column.values[replicate];
        let rank = match self.contrast.side {
            Side::Upper => self.column.at_least[replicate] + u32::from(self.observed >= value),
            Side::Lower => self.column.at_most[replicate] + u32::from(self.observed <= value),
        };
        self.oddness(rank, value)
    }

    fn oddness(&self, rank: u32, value: f64) -> Oddness {
        Oddness {
            rank,
            deviations: (value - self.middle) * self.factor,
        }
    }
}

/// The `n`-subset of `0 .. size` that Floyd's algorithm draws (Bentley and Floyd 1987); `marks[i] == mark` tells what is in.
pub(super) fn subset(
    rng: &mut ChaCha12Rng,
    size: u32,
    n: u32,
    marks: &mut [u32],
    mark: u32,
    mut take: impl FnMut(u32),
) {
    for last in size - n..size {
        let tried = below(rng, last + 1);
        let taken = if marks[at(tried)] == mark {
            last
        } else {
            tried
        };
        marks[at(taken)] = mark;
        take(taken);
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).expect("replicates are fewer than 2^32")
}

/// A count as a float; exact below 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects stay far below 2^53"
)]
pub(super) const fn real(count: usize) -> f64 {
    count as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass indices between zero and a length"
)]
const fn floor(value: f64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn upper(measure: usize) -> Contrast {
        Contrast {
            measure,
            side: Side::Upper,
        }
    }

    #[test]
    fn a_p_value_counts_the_list_among_the_replicates() {
        let rows: Vec<Vec<f64>> = (0..99).map(|value| vec![f64::from(value)]).collect();
        let fair = Fair::of(&rows);
        let p = |observed: f64| fair.judge(&[observed], &[upper(0)]).unwrap().p;
        assert!((p(1000.0) - 0.01).abs() < 1e-12);
        assert!((p(98.0) - 0.02).abs() < 1e-12);
        assert!((p(-1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn looking_at_two_independent_statistics_doubles_a_small_p() {
        let spread = |value: u32| f64::from(value * 7919 % 1009);
        let rows: Vec<Vec<f64>> = (0..1009)
            .map(|value| vec![f64::from(value), spread(value)])
            .collect();
        let judged = Fair::of(&rows)
            .judge(&[1000.0, 500.0], &[upper(0), upper(1)])
            .unwrap();
        assert_eq!(judged.contrast, upper(0));
        assert!((judged.p - 0.0188).abs() < 0.002, "{}", judged.p);
    }

    #[test]
    fn a_statistic_that_cannot_vary_gives_no_test() {
        assert_eq!(
            Fair::of(&[vec![3.0], vec![3.0]]).judge(&[3.0], &[upper(0)]),
            None
        );
    }

    #[test]
    fn every_subset_is_equally_likely() {
        let mut seen: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        for replicate in 0..10_000 {
            let mut rng = stream(&[7; 32], "test", replicate);
            let mut taken = Vec::new();
            subset(&mut rng, 5, 2, &mut [u32::MAX; 5], 0, |unit| {
                taken.push(unit);
            });
            taken.sort_unstable();
            *seen.entry(taken).or_default() += 1;
        }
        assert_eq!(seen.len(), 10);
        let chi_square: f64 = seen
            .values()
            .map(|n| (f64::from(*n) - 1000.0).powi(2) / 1000.0)
            .sum();
        assert!(
            chi_square < 27.9,
            "0.1 % point of 9 degrees of freedom: {chi_square}"
        );
    }
}
