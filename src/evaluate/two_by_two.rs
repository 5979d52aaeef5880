//! Two proportions against each other, also over strata: differences, ratios, Fisher's exact test, Cochran-Mantel-Haenszel.
//!
//! Mantel and Haenszel (1959); Robins, Breslow and Greenland (1986) for the interval of the pooled odds ratio.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};
use statrs::function::factorial::ln_binomial;

use super::interval::{Interval, Z, newcombe};
use super::number::real;

/// Findings and valid results of two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoSides {
    /// Findings of the first side.
    pub hits_1: u64,
    /// Results of the first side.
    pub n_1: u64,
    /// Findings of the second side.
    pub hits_2: u64,
    /// Results of the second side.
    pub n_2: u64,
}

/// Two proportions against each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoProportions {
    /// First less second.
    pub difference: f64,
    /// Newcombe's interval of it.
    pub difference_interval: Interval,
    /// First over second; absent without a finding on the second side.
    pub ratio: Option<f64>,
    /// Log interval of it; absent without findings on both sides.
    pub ratio_interval: Option<Interval>,
    /// Two-sided p of the pooled z test; absent where nothing or everything was found.
    pub p_pooled: Option<f64>,
    /// Two-sided p of Fisher's exact test: probability of all tables at most as likely as this one.
    pub p_exact: f64,
}

/// A pooled odds ratio over strata, with its test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooled {
    /// Mantel and Haenszel's odds ratio.
    pub odds_ratio: f64,
    /// Its interval.
    pub odds_interval: Interval,
    /// Mantel and Haenszel's ratio of rates.
    pub risk_ratio: Option<f64>,
    /// Test statistic, χ² with one degree of freedom, without continuity correction.
    pub statistic: f64,
    /// Its p-value.
    pub p: f64,
    /// The statistic with continuity correction.
    pub statistic_corrected: f64,
}

/// Holds two proportions against each other; `None` where a side has no result or more findings than results.
#[must_use]
pub fn two_proportions(sides: &TwoSides) -> Option<TwoProportions> {
    let (a, n, c, m) = sides.checked()?;
    let (p_1, p_2) = (a / n, c / m);
    let ratio = (c > 0.0).then(|| p_1 / p_2);
    let error = (1.0 / a - 1.0 / n + 1.0 / c - 1.0 / m).sqrt();
    let pooled = (a + c) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    Some(TwoProportions {
        difference: p_1 - p_2,
        difference_interval: newcombe((a, n), (c, m)),
        ratio,
        ratio_interval: ratio.filter(|_| a > 0.0).map(|ratio| Interval {
            low: ratio * (-Z * error).exp(),
            high: ratio * (Z * error).exp(),
        }),
        p_pooled: (variance > 0.0).then(|| two_sided((p_1 - p_2) / variance.sqrt())),
        p_exact: fisher(sides),
    })
}

/// Pools the odds ratio of two sides over strata; `None` where no stratum has results on both sides, or nothing or everything
/// was found on either side of all strata together.
#[must_use]
pub fn cochran_mantel_haenszel(strata: &[TwoSides]) -> Option<Pooled> {
    let sums = strata
        .iter()
        .filter_map(TwoSides::checked)
        .fold(Sums::default(), Sums::and);
    if sums.r <= 0.0 || sums.s <= 0.0 || sums.variance <= 0.0 {
        return None;
    }
    let (odds_ratio, log) = (sums.r / sums.s, sums.log_variance().sqrt());
    let gap = sums.observed - sums.expected;
    let statistic = gap * gap / sums.variance;
    Some(Pooled {
        odds_ratio,
        odds_interval: Interval {
            low: odds_ratio * (-Z * log).exp(),
            high: odds_ratio * (Z * log).exp(),
        },
        risk_ratio: (sums.risk_2 > 0.0).then(|| sums.risk_1 / sums.risk_2),
        statistic,
        p: 1.0 - ChiSquared::new(1.0).ok()?.cdf(statistic),
        statistic_corrected: (gap.abs() - 0.5).max(0.0).powi(2) / sums.variance,
    })
}

impl TwoSides {
    /// Findings and results as floats, first side first.
    fn checked(&self) -> Option<(f64, f64, f64, f64)> {
        let sound =
            self.n_1 > 0 && self.n_2 > 0 && self.hits_1 <= self.n_1 && self.hits_2 <= self.n_2;
        sound.then(|| {
            (
                real(self.hits_1),
                real(self.n_1),
                real(self.hits_2),
                real(self.n_2),
            )
        })
    }
}

/// What is summed over strata.
#[derive(Default)]
struct Sums {
    r: f64,
    s: f64,
    pr: f64,
    cross: f64,
    qs: f64,
    risk_1: f64,
    risk_2: f64,
    observed: f64,
    expected: f64,
    variance: f64,
}

impl Sums {
    /// Adds a stratum: findings and results of the first side, then of the second.
    fn and(self, (hits_1, n_1, hits_2, n_2): (f64, f64, f64, f64)) -> Self {
        let (clean_1, clean_2, all) = (n_1 - hits_1, n_2 - hits_2, n_1 + n_2);
        let (with, against) = (hits_1 * clean_2 / all, clean_1 * hits_2 / all);
        let (like, unlike) = ((hits_1 + clean_2) / all, (clean_1 + hits_2) / all);
        let (hits, clean) = (hits_1 + hits_2, clean_1 + clean_2);
        let variance = if all > 1.0 {
            n_1 * n_2 * hits * clean / (all * all * (all - 1.0))
        } else {
            0.0
        };
        Self {
            r: self.r + with,
            s: self.s + against,
            pr: self.pr + like * with,
            cross: self.cross + like * against + unlike * with,
            qs: self.qs + unlike * against,
            risk_1: self.risk_1 + hits_1 * n_2 / all,
            risk_2: self.risk_2 + hits_2 * n_1 / all,
            observed: self.observed + hits_1,
            expected: self.expected + n_1 * hits / all,
            variance: self.variance + variance,
        }
    }

    /// Robins, Breslow and Greenland.
    fn log_variance(&self) -> f64 {
        self.pr / (2.0 * self.r * self.r)
            + self.cross / (2.0 * self.r * self.s)
            + self.qs / (2.0 * self.s * self.s)
    }
}

fn two_sided(z: f64) -> f64 {
    2.0 * Normal::standard().cdf(-z.abs())
}

/// Tables as likely as the one seen but for the last digits count as at most as likely.
fn fisher(sides: &TwoSides) -> f64 {
    let hits = sides.hits_1 + sides.hits_2;
    let chance = |first: u64| {
        let ways = ln_binomial(sides.n_1, first) + ln_binomial(sides.n_2, hits - first);
        (ways - ln_binomial(sides.n_1 + sides.n_2, hits)).exp()
    };
    let seen = chance(sides.hits_1) * (1.0 + 1e-7);
    let least = hits.saturating_sub(sides.n_2);
    let most = hits.min(sides.n_1);
    let tables = (least..=most).map(chance);
    tables
        .filter(|chance| *chance <= seen)
        .sum::<f64>()
        .min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_without_results_has_no_comparison() {
        let sides = TwoSides {
            hits_1: 0,
            n_1: 0,
            hits_2: 1,
            n_2: 5,
        };
        assert!(two_proportions(&sides).is_none());
        assert!(cochran_mantel_haenszel(&[sides]).is_none());
    }

    #[test]
    fn without_a_finding_there_is_no_ratio_and_no_pooled_test() {
        let sides = TwoSides {
            hits_1: 0,
            n_1: 40,
            hits_2: 0,
            n_2: 50,
        };
        let found = two_proportions(&sides).unwrap();
        assert!(found.ratio.is_none() && found.p_pooled.is_none());
        assert!((found.p_exact - 1.0).abs() < 1e-12);
        assert!(cochran_mantel_haenszel(&[sides]).is_none());
    }
}
