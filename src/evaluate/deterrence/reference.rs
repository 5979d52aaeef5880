//! Randomisation inference: statistics under re-draws, the p-value of the sharp null, and intervals by its inversion.
//!
//! Fisher (1935); Rosenbaum (2002), *Observational Studies*, §2.6 for intervals by inversion. Waves are drawn again together, each
//! from its own distribution given its history; what a wave draws never reaches another wave's probabilities. Each statistic is held
//! against its own error, in the draw as in every re-draw (Wu and Ding 2021): an effect that changes how much the drawn differ among
//! themselves is else tested by the spread of the others. The interval leaves out no effect exactly when p is at most 5 %.

use rayon::prelude::*;

use super::redraw::{Redraw, SAMPLES_MAX};
use super::result::Redrawn;
use crate::evaluate::number::{count, real_len};

/// Half of what may be lost in comparing floats that should be equal.
const TIE: f64 = 1e-10;
/// Level of the intervals.
const ALPHA: f64 = 0.05;

/// Statistics of the draw as it was and under every re-draw.
#[derive(Debug)]
pub(super) struct Replicates {
    /// Of the draw as it was.
    pub(super) observed: Vec<f64>,
    /// One row of statistics per re-draw.
    pub(super) rows: Vec<Vec<f64>>,
    /// Probabilities, where all samples were enumerated.
    pub(super) probability: Option<Vec<f64>>,
}

/// Draws all waves again and gathers what `statistics` pushes for the places drawn of each; samples are enumerated where one wave
/// has few. `observed` are the places as they were drawn.
pub(super) fn replicate(
    redraws: &[&dyn Redraw],
    sizes: &[usize],
    observed: &[Vec<u32>],
    n: u32,
    statistics: impl Fn(&[Vec<u32>], &mut Vec<f64>) + Sync,
) -> Replicates {
    let row = |drawn: &[Vec<u32>]| {
        let mut row = Vec::new();
        statistics(drawn, &mut row);
        row
    };
    let observed = row(observed);
    if let [only] = redraws
        && let Some(samples) = only.samples().filter(|all| all.len() <= SAMPLES_MAX)
    {
        let (drawn, probability): (Vec<Vec<bool>>, Vec<f64>) = samples.into_iter().unzip();
        let drawn = drawn.into_par_iter();
        return Replicates {
            observed,
            rows: drawn.map(|drawn| row(&[places(&drawn)])).collect(),
            probability: Some(probability),
        };
    }
    let blank = || -> Vec<Vec<bool>> { sizes.iter().map(|&n| vec![false; n]).collect() };
    let one = |drawn: &mut Vec<Vec<bool>>, replicate: u32| {
        let again = redraws.iter().zip(drawn.iter_mut()).map(|(redraw, drawn)| {
            redraw.redraw(u64::from(replicate), drawn);
            places(drawn)
        });
        row(&again.collect::<Vec<_>>())
    };
    Replicates {
        observed,
        rows: (0..n).into_par_iter().map_init(blank, one).collect(),
        probability: None,
    }
}

/// Places that are drawn.
pub(super) fn places(drawn: &[bool]) -> Vec<u32> {
    let drawn = (0_u32..).zip(drawn).filter(|(_, drawn)| **drawn);
    drawn.map(|(place, _)| place).collect()
}

/// A statistic `a - θ·c` for outcomes less the effects that θ stands for, and its variance `v0 - 2θ·v1 + θ²·v2`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statistic {
    pub(super) a: f64,
    pub(super) c: f64,
    pub(super) v: [f64; 3],
}

impl Statistic {
    /// A statistic that is held against the spread of all re-draws.
    pub(super) fn plain(a: f64, c: f64) -> Self {
        let v = [1.0, 0.0, 0.0];
        Self { a, c, v }
    }

    fn is_finite(&self) -> bool {
        let all = [self.a, self.c, self.v[0], self.v[1], self.v[2]];
        all.iter().all(|value| value.is_finite())
    }

    /// How far it lies from `expected`, in its own errors.
    fn t(&self, theta: f64, expected: f64) -> f64 {
        let far = (self.a - theta * self.c - expected).abs();
        if far <= TIE {
            0.0
        } else {
            far / self.error(theta)
        }
    }

    fn error(&self, theta: f64) -> f64 {
        let [v0, v1, v2] = self.v;
        let variance = v0 - 2.0 * theta * v1 + theta * theta * v2;
        variance.max(0.0).sqrt()
    }
}

/// A statistic as it was and under re-draws, each with its probability.
#[derive(Debug)]
pub(super) struct Null {
    observed: Statistic,
    draws: Vec<(Statistic, f64)>,
    exact: bool,
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
    /// The statistic that `of` makes of each row; re-draws without a value (an arm was empty) are left out. `None` where the draw as
    /// it was or all but one re-draw have none.
    pub(super) fn of(replicates: &Replicates, of: impl Fn(&[f64]) -> Statistic) -> Option<Self> {
        let equal = 1.0 / real_len(replicates.rows.len());
        let p = |b: usize| replicates.probability.as_ref().map_or(equal, |p| p[b]);
        let all = replicates.rows.iter().enumerate();
        let all = all.map(|(b, row)| (of(row), p(b)));
        let mut draws: Vec<(Statistic, f64)> = all.filter(|(draw, _)| draw.is_finite()).collect();
        let total: f64 = draws.iter().map(|(_, p)| p).sum();
        for (_, p) in &mut draws {
            *p /= total;
        }
        let observed = of(&replicates.observed);
        (draws.len() >= 2 && observed.is_finite()).then_some(Self {
            observed,
            draws,
            exact: replicates.probability.is_some(),
        })
    }

    fn mean(&self, of: impl Fn(&Statistic) -> f64) -> f64 {
        self.draws.iter().map(|(draw, p)| p * of(draw)).sum()
    }

    /// Share of re-draws that `reaches` holds of; (# + 1)/(B + 1) unless all samples were enumerated.
    fn share(&self, reaches: impl Fn(&Statistic) -> bool) -> f64 {
        let hits = self.draws.iter().filter(|(draw, _)| reaches(draw));
        if self.exact {
            hits.map(|(_, p)| p).sum::<f64>().min(1.0)
        } else {
            (1.0 + real_len(hits.count())) / (1.0 + real_len(self.draws.len()))
        }
    }

    /// p-value of the effect `theta`, every statistic held against its own error.
    pub(super) fn p(&self, theta: f64, centre: Centre) -> f64 {
        let expected = match centre {
            Centre::Mean => self.mean(|draw| draw.a - theta * draw.c),
            #[cfg(test)]
            Centre::Zero => 0.0,
        };
        let far = self.observed.t(theta, expected);
        // Without any variance a statistic is infinitely far; two such are a tie.
        let least = if far.is_finite() {
            far - TIE * (1.0 + far)
        } else {
            far
        };
        self.share(|draw| draw.t(theta, expected) >= least)
    }

    /// Whether the effect `theta` is not rejected.
    fn holds(&self, theta: f64) -> bool {
        self.p(theta, Centre::Mean) > ALPHA
    }

    /// The test of no effect and the interval of all effects that are not rejected.
    pub(super) fn test(&self) -> Redrawn {
        let null_mean = self.mean(|draw| draw.a);
        let spread = self.mean(|draw| (draw.a - null_mean).powi(2));
        let null_sd = spread.sqrt();
        let mut redrawn = Redrawn {
            p: self.p(0.0, Centre::Mean),
            low: None,
            high: None,
            end_error: None,
            null_mean,
            null_sd,
            n: count(self.draws.len()),
            exact: self.exact,
        };
        let slope = self.observed.c - self.mean(|draw| draw.c);
        let middle = (self.observed.a - null_mean) / slope;
        if spread > 0.0 && middle.is_finite() && slope.abs() > 0.5 {
            redrawn.low = self.end(middle, -null_sd);
            redrawn.high = self.end(middle, null_sd);
            redrawn.end_error = self.end_error(middle);
        }
        redrawn
    }

    /// Error that the ends have from the number of re-draws: one binomial standard deviation of ranks about that of the 95 % quantile
    /// of |t|, in errors of the statistic as it was.
    fn end_error(&self, theta: f64) -> Option<f64> {
        let expected = self.mean(|draw| draw.a - theta * draw.c);
        let away = self.draws.iter().map(|(draw, _)| draw.t(theta, expected));
        let mut away: Vec<f64> = away.collect();
        away.sort_by(f64::total_cmp);
        let n = away.len();
        let deviation = (n * 19 / 400).isqrt().max(1);
        let rank = (n * 19 / 20).min(n - 1);
        let (low, high) = (rank.checked_sub(deviation)?, rank + deviation);
        let ranks = away.get(high)? - away[low];
        let error = 0.5 * ranks * self.observed.error(theta);
        (!self.exact && error.is_finite()).then_some(error)
    }

    /// The last effect that is not rejected, going from `middle` by steps.
    fn end(&self, middle: f64, step: f64) -> Option<f64> {
        let mut inside = middle;
        let mut outside = (0..20)
            .map(|k| middle + step * f64::from(1_u32 << k))
            .find(|&theta| {
                let holds = self.holds(theta);
                if holds {
                    inside = theta;
                }
                !holds
            })?;
        for _ in 0..50 {
            let theta = f64::midpoint(inside, outside);
            if self.holds(theta) {
                inside = theta;
            } else {
                outside = theta;
            }
        }
        Some(inside)
    }
}
