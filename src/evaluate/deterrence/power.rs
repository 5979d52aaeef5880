//! How many revisits show an effect, and what the revisits at hand can show.
//!
//! Cohen (1988), *Statistical Power Analysis*: two proportions on the arcsine scale, as statsmodels' `NormalIndPower`.

use statrs::function::erf::erfc;

use super::result::{ArmSupport, Power};
use super::{DeterrenceParams, REVISITS_MIN};
use crate::evaluate::number::real;

/// Power asked for.
const POWER: f64 = 0.8;
/// The 0.975 quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// The sum of the 0.975 and 0.8 quantiles: an effect of so many standard errors is seen with 80 % power.
const Z_SUM: f64 = 2.801_585_218_112_969;
/// Rate of violations taken where revisits give none.
const BASE_RATE: f64 = 0.12;

/// Units per arm that tell rate `p0` from `p1` (80 % power, two-sided 5 %); infinite where they are equal.
///
/// ```
/// let n = choucha::evaluate::revisits_needed(0.12, 0.08);
/// assert!((n - 874.622_804_288_934_3).abs() < 1e-5);
/// ```
#[must_use]
pub fn revisits_needed(p0: f64, p1: f64) -> f64 {
    let h = (2.0 * p0.sqrt().asin() - 2.0 * p1.sqrt().asin()).abs();
    let power = |n: f64| {
        let shift = h * (n / 2.0).sqrt();
        upper_tail(Z - shift) + upper_tail(Z + shift)
    };
    if h < 1e-9 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, 2.0 * (4.0 / h).powi(2));
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if power(middle) < POWER {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Objects to visit for a 95 % chance of seeing at least one violator at prevalence `p`, in a frame of `frame` or without end.
///
/// ```
/// use choucha::evaluate::visits_to_see_one;
/// assert_eq!((visits_to_see_one(0.02, None), visits_to_see_one(0.02, Some(1000))), (149, 138));
/// ```
#[must_use]
pub fn visits_to_see_one(prevalence: f64, frame: Option<u64>) -> u64 {
    let blank = |n: u64| match frame {
        None => (real(n) * (-prevalence).ln_1p()).exp(),
        Some(frame) => {
            let clean = real(frame) - (prevalence * real(frame)).round();
            (0..n)
                .map(|k| (clean - real(k)).max(0.0) / (real(frame) - real(k)))
                .product()
        }
    };
    let most = frame.unwrap_or(u64::MAX);
    let (mut low, mut high) = (0, 1);
    while high < most && blank(high) > 0.05 {
        (low, high) = (high, high.saturating_mul(2).min(most));
    }
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if blank(middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The power block, from all revisits of known probability and the error of the primary outcome.
pub(super) fn power(
    params: &DeterrenceParams,
    revisits: &ArmSupport,
    base_rate: Option<f64>,
    primary_se: Option<f64>,
    n_waves: u64,
) -> Power {
    let smaller = revisits.n_eff_drawn.min(revisits.n_eff_not_drawn);
    let base_rate = base_rate
        .filter(|p| *p > 0.0 && *p < 1.0)
        .unwrap_or(BASE_RATE);
    let effect_rate = base_rate * (1.0 - params.effect_asked);
    let needed = revisits_needed(base_rate, effect_rate);
    Power {
        revisits: smaller,
        n_waves,
        base_rate,
        effect_rate,
        revisits_needed: needed,
        waves_needed: (smaller > 0.0).then(|| (needed / smaller * real(n_waves)).max(1.0)),
        visible_rate: visible_rate(base_rate, smaller),
        visible_effect: primary_se.map(|se| se * Z_SUM),
        enough: smaller >= REVISITS_MIN,
    }
}

/// The largest rate below `base` that `n` per arm tell from it.
fn visible_rate(base: f64, n: f64) -> Option<f64> {
    if n < 1.0 || revisits_needed(base, 0.0) > n {
        return None;
    }
    let (mut low, mut high) = (0.0, base);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if revisits_needed(base, middle) <= n {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// Upper tail of the standard normal distribution.
fn upper_tail(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}
