//! Capture and recapture: two blind visits tell how much either misses (Lincoln 1930; Chapman 1951; Seber 1970).
//!
//! Both visits are taken to miss independently. Violations that are hard to see for anybody make the sensitivity look too high.

use super::result::{Blind, DoubleInspection};
use crate::evaluate::deterrence::Refusal;
use crate::evaluate::interval::{Interval, wilson};
use crate::evaluate::number::{count, real};

/// Sensitivity and number in violation from pairs.
pub(super) fn recapture(pairs: &[Blind]) -> DoubleInspection {
    let n = |of: fn(&Blind) -> bool| count(pairs.iter().filter(|pair| of(pair)).count());
    let n_first = n(|pair| pair.first);
    let n_second = n(|pair| pair.second);
    let n_both = n(|pair| pair.first && pair.second);
    let (a, b, m) = (real(n_first), real(n_second), real(n_both));
    let union = a + b - m;
    let interval = (union > 0.0).then(|| of_shared(wilson(m, union)));
    let chapman = (a + 1.0) * (b + 1.0) / (m + 1.0) - 1.0;
    let variance = (a + 1.0) * (b + 1.0) * (a - m) * (b - m) / ((m + 1.0).powi(2) * (m + 2.0));
    let refusal = if union <= 0.0 {
        Some(Refusal::NoVariation)
    } else {
        (n_both == 0).then_some(Refusal::NoSharedFinding)
    };
    DoubleInspection {
        n: count(pairs.len()),
        n_first,
        n_second,
        n_both,
        sensitivity: (union > 0.0).then(|| 2.0 * m / (a + b)),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        in_violation: (n_both > 0).then(|| a * b / m),
        in_violation_chapman: chapman,
        chapman_se: variance.sqrt(),
        refusal,
    }
}

/// From the share `j` found by both of those found at all to the sensitivity `2j/(1+j)`.
fn of_shared(shared: Interval) -> Interval {
    let sensitivity = |j: f64| 2.0 * j / (1.0 + j);
    Interval {
        low: sensitivity(shared.low),
        high: sensitivity(shared.high),
    }
}
