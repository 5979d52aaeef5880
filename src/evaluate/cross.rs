//! Variances that stand beside Rosén's: with replacement, delete-one jackknife, stratified, and those of joint probabilities.
//!
//! Sen (1953), Yates and Grundy (1953), Horvitz and Thompson (1952) where `π_ij` is known; Cochran (1977) for strata drawn
//! with equal probability; the with-replacement form is the "ultimate cluster" of survey programs, a fallback that errs on
//! the safe side.

use super::design::{Respondent, hajek_mean};
use super::number::{real, real_len};

/// A stratum drawn with equal probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EqualStratum {
    /// Objects in the frame.
    pub n_frame: u64,
    /// Valid results, at least two.
    pub n: u64,
    /// Findings among them.
    pub hits: u64,
}

/// A unit of a sample of known joint probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointUnit {
    /// The value.
    pub y: f64,
    /// Inclusion probability, 0 < π ≤ 1.
    pub pi: f64,
}

/// Variance of the Hájek mean as if the units had been drawn with replacement: n/(n-1) Σ (z - z̄)², z = w (y - μ̂)/N̂;
/// `None` below two units.
#[must_use]
pub fn with_replacement_variance(units: &[Respondent]) -> Option<f64> {
    let mean = hajek_mean(units)?;
    let size: f64 = units.iter().map(|unit| unit.in_domain / unit.pi).sum();
    let scaled = |unit: &Respondent| unit.in_domain * (unit.y - mean) / unit.pi / size;
    spread(&units.iter().map(scaled).collect::<Vec<f64>>())
}

/// Variance of the Horvitz-Thompson total as if the units had been drawn with replacement; `None` below two units.
#[must_use]
pub fn with_replacement_variance_of_total(units: &[Respondent]) -> Option<f64> {
    let scaled = |unit: &Respondent| unit.in_domain * unit.y / unit.pi;
    spread(&units.iter().map(scaled).collect::<Vec<f64>>())
}

/// Delete-one jackknife of the Hájek mean over the units of the domain, (n-1)/n Σ (μ̂₍ᵢ₎ - mean)²: it knows no strata and no
/// finite frame, and so stands above the design's own variance. `None` below two units or where one carries all weight.
#[must_use]
pub fn jackknife_variance(units: &[Respondent]) -> Option<f64> {
    let inside: Vec<&Respondent> = units.iter().filter(|unit| unit.in_domain > 0.0).collect();
    let size: f64 = inside.iter().map(|unit| 1.0 / unit.pi).sum();
    let total: f64 = inside.iter().map(|unit| unit.y / unit.pi).sum();
    let without = |unit: &&Respondent| {
        let left = size - 1.0 / unit.pi;
        (left > 0.0).then(|| (total - unit.y / unit.pi) / left)
    };
    let means: Vec<f64> = inside.iter().map(without).collect::<Option<_>>()?;
    let n = real_len(means.len());
    spread(&means).map(|spread| spread * (n - 1.0) * (n - 1.0) / (n * n))
}

/// Mean `Σ W p̂` and variance `Σ W² (1-f) p̂(1-p̂)/(n-1)` of strata drawn with equal probability; `None` where a stratum of the
/// frame has fewer than two results or more than its objects.
#[must_use]
pub fn stratified(strata: &[EqualStratum]) -> Option<(f64, f64)> {
    let all: u64 = strata.iter().map(|stratum| stratum.n_frame).sum();
    let (mut mean, mut variance) = (0.0, 0.0);
    for stratum in strata.iter().filter(|stratum| stratum.n_frame > 0) {
        if stratum.n < 2 || stratum.n > stratum.n_frame || stratum.hits > stratum.n {
            return None;
        }
        let (weight, n) = (real(stratum.n_frame) / real(all), real(stratum.n));
        let (rate, left) = (real(stratum.hits) / n, 1.0 - n / real(stratum.n_frame));
        mean += weight * rate;
        variance += weight * weight * left * rate * (1.0 - rate) / (n - 1.0);
    }
    (all > 0).then_some((mean, variance))
}

/// Horvitz and Thompson's variance of the total, `ΣΣ (π_ij - π_i π_j)/π_ij · y_i y_j/(π_i π_j)`; `joint(i, j)` is `π_ij` of two
/// different units. Unbiased where every `π_ij` is positive, and sometimes negative.
#[must_use]
pub fn joint_variance(units: &[JointUnit], joint: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (i, one) in units.iter().enumerate() {
        sum += (1.0 - one.pi) * (one.y / one.pi).powi(2);
        for (j, other) in units.iter().enumerate().skip(i + 1) {
            let both = joint(i, j);
            let product = one.y / one.pi * other.y / other.pi;
            sum += 2.0 * (both - one.pi * other.pi) / both * product;
        }
    }
    sum
}

/// Sen, Yates and Grundy's variance of the total of a draw of fixed size,
/// `Σ_{i<j} (π_i π_j - π_ij)/π_ij · (y_i/π_i - y_j/π_j)²`; `joint(i, j)` is `π_ij`.
#[must_use]
pub fn sen_yates_grundy(units: &[JointUnit], joint: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (i, one) in units.iter().enumerate() {
        for (j, other) in units.iter().enumerate().skip(i + 1) {
            let both = joint(i, j);
            let gap = one.y / one.pi - other.y / other.pi;
            sum += (one.pi * other.pi - both) / both * gap * gap;
        }
    }
    sum
}

/// n/(n-1) Σ (z - z̄)².
fn spread(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = real_len(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(n / (n - 1.0) * squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joint_probabilities_of_a_simple_random_sample_give_its_textbook_variance() {
        let (n, all) = (4.0, 9.0);
        let units = [1.0, 0.0, 1.0, 1.0].map(|y| JointUnit { y, pi: n / all });
        let both = n * (n - 1.0) / (all * (all - 1.0));
        let expected = all * all * (1.0 - n / all) * 0.25 / n;
        for found in [
            sen_yates_grundy(&units, |_, _| both),
            joint_variance(&units, |_, _| both),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn a_stratum_with_a_single_result_has_no_stratified_form() {
        let one = EqualStratum {
            n_frame: 10,
            n: 1,
            hits: 0,
        };
        assert!(stratified(&[one]).is_none() && stratified(&[]).is_none());
    }
}
