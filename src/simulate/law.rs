//! A probability law with its parameters, as a world file writes it: `{ gamma = { shape = 0.8, mean = 1.0 } }`.

use rand::Rng;
use rand_distr::{Beta, Distribution, Exp, Gamma, Geometric, LogNormal, Normal, Poisson, Uniform};
use serde::Deserialize;

const CHECKED: &str = "a world is checked before anything is sampled from it";

/// One law; every mean, median and standard deviation is in the unit of the key that holds the law.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Law {
    /// Always the same value.
    Fixed { value: f64 },
    /// Normal.
    Normal { mean: f64, std_dev: f64 },
    /// `LogNormal`; `sigma` is the standard deviation of the logarithm.
    LogNormal { median: f64, sigma: f64 },
    /// Gamma.
    Gamma { shape: f64, mean: f64 },
    /// Beta on 0 ..= 1.
    Beta { alpha: f64, beta: f64 },
    /// Exponential.
    Exp { mean: f64 },
    /// Geometric on 0, 1, 2 …
    Geometric { mean: f64 },
    /// Poisson.
    Poisson { mean: f64 },
    /// Uniform on `low` ..= `high`.
    Uniform { low: f64, high: f64 },
}

impl Law {
    /// The rule the parameters break, if they break one.
    pub(super) fn broken_rule(self) -> Option<&'static str> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let (holds, rule) = match self {
            Self::Fixed { value } => (value.is_finite(), "a fixed value must be finite"),
            Self::Normal { mean, std_dev } => (
                mean.is_finite() && positive(std_dev),
                "normal needs a finite mean and std_dev > 0",
            ),
            Self::LogNormal { median, sigma } => (
                positive(median) && positive(sigma),
                "log_normal needs median > 0 and sigma > 0",
            ),
            Self::Gamma { shape, mean } => (
                positive(shape) && positive(mean),
                "gamma needs shape > 0 and mean > 0",
            ),
            Self::Beta { alpha, beta } => (
                positive(alpha) && positive(beta),
                "beta needs alpha > 0 and beta > 0",
            ),
            Self::Exp { mean } => (positive(mean), "exp needs mean > 0"),
            Self::Geometric { mean } => (positive(mean), "geometric needs mean > 0"),
            Self::Poisson { mean } => (
                positive(mean) && mean < 1e6,
                "poisson needs 0 < mean < 1000000",
            ),
            Self::Uniform { low, high } => (
                low.is_finite() && high.is_finite() && low <= high,
                "uniform needs finite ends, low <= high",
            ),
        };
        (!holds).then_some(rule)
    }

    /// One value.
    pub(super) fn sample(self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Fixed { value } => value,
            Self::Normal { mean, std_dev } => {
                Normal::new(mean, std_dev).expect(CHECKED).sample(rng)
            }
            Self::LogNormal { median, sigma } => LogNormal::new(median.ln(), sigma)
                .expect(CHECKED)
                .sample(rng),
            Self::Gamma { shape, mean } => {
                Gamma::new(shape, mean / shape).expect(CHECKED).sample(rng)
            }
            Self::Beta { alpha, beta } => Beta::new(alpha, beta).expect(CHECKED).sample(rng),
            Self::Exp { mean } => Exp::new(1.0 / mean).expect(CHECKED).sample(rng),
            Self::Geometric { mean } => geometric(mean, rng),
            Self::Poisson { mean } => poisson(mean, rng),
            Self::Uniform { low, high } => Uniform::new_inclusive(low, high)
                .expect(CHECKED)
                .sample(rng),
        }
    }

    /// One value as whole days, not negative and at most a century.
    pub(super) fn days(self, rng: &mut impl Rng) -> i32 {
        let days = self.sample(rng).round().clamp(0.0, 36_525.0);
        #[allow(clippy::cast_possible_truncation, reason = "clamped to 0 ..= 36525")]
        let days = days as i32;
        days
    }
}

/// A Poisson count as f64; 0 for a mean of 0.
fn poisson(mean: f64, rng: &mut impl Rng) -> f64 {
    Poisson::new(mean).map_or(0.0, |law| law.sample(rng))
}

/// A Poisson count; 0 for a mean of 0.
pub(super) fn poisson_count(mean: f64, rng: &mut impl Rng) -> u32 {
    let count = poisson(mean.min(1e4), rng);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a Poisson count of mean at most 1e4"
    )]
    let count = count as u32;
    count
}

#[allow(clippy::cast_precision_loss, reason = "days and counts far below 2^53")]
fn geometric(mean: f64, rng: &mut impl Rng) -> f64 {
    Geometric::new(1.0 / (1.0 + mean))
        .expect(CHECKED)
        .sample(rng) as f64
}

/// Yuan as 分, rounded to whole yuan.
pub(super) fn cents(yuan: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "clamped far inside i64")]
    let yuan = yuan.clamp(0.0, 1e13).round() as i64;
    yuan * 100
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;

    const LAWS: [Law; 8] = [
        Law::Fixed { value: 2.0 },
        Law::Normal {
            mean: 2.0,
            std_dev: 1.0,
        },
        Law::LogNormal {
            median: 2.0 / 1.133_148_453_066_826_3,
            sigma: 0.5,
        },
        Law::Gamma {
            shape: 0.7,
            mean: 2.0,
        },
        Law::Exp { mean: 2.0 },
        Law::Geometric { mean: 2.0 },
        Law::Poisson { mean: 2.0 },
        Law::Uniform {
            low: 0.5,
            high: 3.5,
        },
    ];

    #[test]
    fn every_law_has_the_mean_it_states() {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        for law in LAWS {
            let mean = (0..40_000).map(|_| law.sample(&mut rng)).sum::<f64>() / 40_000.0;
            assert!((mean - 2.0).abs() < 0.06, "{law:?} has the mean {mean}");
        }
    }

    #[test]
    fn a_law_with_impossible_parameters_names_its_rule() {
        assert_eq!(
            Law::Exp { mean: 0.0 }.broken_rule(),
            Some("exp needs mean > 0")
        );
        assert!(
            Law::Beta {
                alpha: 1.0,
                beta: f64::NAN
            }
            .broken_rule()
            .is_some()
        );
        assert!(LAWS.iter().all(|law| law.broken_rule().is_none()));
    }
}
