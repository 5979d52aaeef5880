//! Randomisation inference: statistics under re-draws, the p-value of the sharp null, and its inversion.
//!
//! Fisher (1935); Rosenbaum (2002), *Observational Studies*, §2.6 for intervals by inversion. Waves are drawn again together, each
//! from its own distribution given its history; what a wave draws never reaches another wave's probabilities.

use rayon::prelude::*;

use super::redraw::{Redraw, SAMPLES_MAX};
use super::result::Redrawn;
use crate::evaluate::interval::Interval;
use crate::evaluate::number::{count, real_len};

/// Half of what may be lost in comparing floats that should be equal.
const TIE: f64 = 1e-10;
/// Level of the intervals.
const ALPHA: f64 = 0.05;

/// Statistics under every re-draw.
#[derive(Debug)]
pub(super) struct Replicates {
    /// One row of statistics per re-draw.
    pub(super) rows: Vec<Vec<f64>>,
    /// Probabilities, where all samples were enumerated.
    pub(super) probability: Option<Vec<f64>>,
}

/// Draws all waves again and gathers what `statistics` pushes; samples are enumerated where one wave has few.
pub(super) fn replicate(
    redraws: &[&dyn Redraw],
    sizes: &[usize],
    n: u32,
    statistics: impl Fn(&[Vec<bool>], &mut Vec<f64>) + Sync,
) -> Replicates {
    if let [only] = redraws
        && let Some(samples) = only.samples().filter(|all| all.len() <= SAMPLES_MAX)
    {
        return enumerate(samples, statistics);
    }
    let blank = || -> Vec<Vec<bool>> { sizes.iter().map(|&n| vec![false; n]).collect() };
    let one = |drawn: &mut Vec<Vec<bool>>, replicate: u32| {
        for (redraw, drawn) in redraws.iter().zip(drawn.iter_mut()) {
            redraw.redraw(u64::from(replicate), drawn);
        }
        let mut row = Vec::new();
        statistics(drawn, &mut row);
        row
    };
    Replicates {
        rows: (0..n).into_par_iter().map_init(blank, one).collect(),
        probability: None,
    }
}

fn enumerate(
    samples: Vec<(Vec<bool>, f64)>,
    statistics: impl Fn(&[Vec<bool>], &mut Vec<f64>) + Sync,
) -> Replicates {
    let (drawn, probability): (Vec<Vec<bool>>, Vec<f64>) = samples.into_iter().unzip();
    let one = |drawn: Vec<bool>| {
        let mut row = Vec::new();
        statistics(&[drawn], &mut row);
        row
    };
    Replicates {
        rows: drawn.into_par_iter().map(one).collect(),
        probability: Some(probability),
    }
}

/// A statistic under re-draws, `a - τ·c` for outcomes `Y - τ·treatment`, each with its probability.
#[derive(Debug)]
pub(super) struct Null {
    draws: Vec<Draw>,
    exact: bool,
}

/// One re-draw.
#[derive(Clone, Copy, Debug)]
struct Draw {
    a: f64,
    c: f64,
    p: f64,
}

/// What a statistic is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Centre {
    /// Its mean over re-draws: a ratio has one that is not 0.
    Mean,
    /// Zero.
    #[cfg(test)]
    Zero,
}

impl Null {
    /// Columns `a` and `c` of the replicates; re-draws without a value (an arm was empty) are left out.
    pub(super) fn of(replicates: &Replicates, a: usize, c: Option<usize>) -> Option<Self> {
        Self::mixed(replicates, |row| (row[a], c.map_or(0.0, |c| row[c])))
    }

    /// As [`Null::of`], from any combination of columns.
    pub(super) fn mixed(
        replicates: &Replicates,
        of: impl Fn(&[f64]) -> (f64, f64),
    ) -> Option<Self> {
        let equal = 1.0 / real_len(replicates.rows.len());
        let p = |b: usize| replicates.probability.as_ref().map_or(equal, |p| p[b]);
        let draw = |(b, row): (usize, &Vec<f64>)| {
            let (a, c) = of(row);
            Draw { a, c, p: p(b) }
        };
        let all = replicates.rows.iter().enumerate().map(draw);
        let mut draws: Vec<Draw> = all
            .filter(|draw| draw.a.is_finite() && draw.c.is_finite())
            .collect();
        let total: f64 = draws.iter().map(|draw| draw.p).sum();
        for draw in &mut draws {
            draw.p /= total;
        }
        let exact = replicates.probability.is_some();
        (draws.len() >= 2).then_some(Self { draws, exact })
    }

    fn mean(&self, of: impl Fn(&Draw) -> f64) -> f64 {
        self.draws.iter().map(|draw| draw.p * of(draw)).sum()
    }

    /// p-value of the constant effect `tau` for the observed statistic, whose treatment has statistic 1.
    pub(super) fn p(&self, observed: f64, tau: f64, centre: Centre) -> f64 {
        let expected = match centre {
            Centre::Mean => self.mean(|draw| draw.a - tau * draw.c),
            #[cfg(test)]
            Centre::Zero => 0.0,
        };
        let far = (observed - tau - expected).abs();
        let as_far = |draw: &&Draw| {
            let here = (draw.a - tau * draw.c - expected).abs();
            here >= far - TIE * (1.0 + far)
        };
        let reached = self.draws.iter().filter(as_far);
        if self.exact {
            reached.map(|draw| draw.p).sum::<f64>().min(1.0)
        } else {
            (1.0 + real_len(reached.count())) / (1.0 + real_len(self.draws.len()))
        }
    }

    /// The test of no effect and its inversion.
    pub(super) fn test(&self, observed: f64) -> Redrawn {
        let null_mean = self.mean(|draw| draw.a);
        let spread = self.mean(|draw| (draw.a - null_mean).powi(2));
        let mut redrawn = Redrawn {
            p: self.p(observed, 0.0, Centre::Mean),
            low: None,
            high: None,
            null_mean,
            null_sd: spread.sqrt(),
            n: count(self.draws.len()),
            exact: self.exact,
        };
        let c = self.mean(|draw| draw.c);
        let middle = (observed - null_mean) / (1.0 - c);
        if spread > 0.0 && middle.is_finite() && (1.0 - c).abs() > 0.5 {
            redrawn.low = self.end(observed, middle, -redrawn.null_sd);
            redrawn.high = self.end(observed, middle, redrawn.null_sd);
        }
        redrawn
    }

    /// The last constant effect that is not rejected, going from `middle` by steps.
    fn end(&self, observed: f64, middle: f64, step: f64) -> Option<f64> {
        let held = |tau: f64| self.p(observed, tau, Centre::Mean) > ALPHA;
        let mut inside = middle;
        let mut outside = (0..20)
            .map(|k| middle + step * f64::from(1_u32 << k))
            .find(|&tau| {
                let held = held(tau);
                if held {
                    inside = tau;
                }
                !held
            })?;
        for _ in 0..50 {
            let tau = f64::midpoint(inside, outside);
            if held(tau) {
                inside = tau;
            } else {
                outside = tau;
            }
        }
        Some(inside)
    }

    /// `observed` less the 97.5 % and 2.5 % quantiles of the statistic about its mean.
    pub(super) fn around(&self, observed: f64) -> Interval {
        let mean = self.mean(|draw| draw.a);
        let mut sorted: Vec<(f64, f64)> = self
            .draws
            .iter()
            .map(|draw| (draw.a - mean, draw.p))
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let quantile = |p: f64| {
            let mut sum = 0.0;
            let reached = sorted.iter().find(|(_, q)| {
                sum += q;
                sum >= p - TIE
            });
            reached.or(sorted.last()).map_or(0.0, |(value, _)| *value)
        };
        Interval {
            low: observed - quantile(1.0 - ALPHA / 2.0),
            high: observed - quantile(ALPHA / 2.0),
        }
    }
}
