//! Exact inclusion probabilities of Pareto order sampling, level by level (Aires 1999; Matei & Tillé 2007).
//!
//! With odds o = λ/(1-λ), the key of a unit is at most t with probability θ(t) = t·o/(1+t·o), and
//!
//! π = ∫ θ'(t) · P(at most n-1 of the others have keys ≤ t) dt.
//!
//! The integral runs over s = ln t by Gauss-Legendre panels; below its range the count of the others cannot reach n,
//! above it the integrand vanishes (Chernoff bound e^-44). The count is Poisson-binomial; its distribution function
//! comes from Fourier inversion around its mean, so that the cost depends on levels alone, never on their counts.

use std::f64::consts::PI;

use rayon::prelude::*;

/// Nodes of a panel.
const NODES: usize = 40;
/// Exponent of the Chernoff bound beyond which a tail is nothing.
const TAIL: f64 = 44.0;

/// Units of one level: how many, and their odds λ/(1-λ).
#[derive(Clone, Copy)]
struct Group {
    count: f64,
    odds: f64,
}

impl Group {
    /// P(key ≤ e^s).
    fn theta(self, s: f64) -> f64 {
        1.0 / (1.0 + (-s).exp() / self.odds)
    }
}

/// Inclusion probability of each unit of each level, when the `n` smallest keys u(1-λ)/((1-u)λ) are drawn;
/// `counts` are the levels' units (at least `n + 1` in all), every `lambda` lies in 0 < λ < 1.
///
/// ```
/// // two units with λ = .3 and .7, one drawn: plain Pareto misses its targets by a fifth
/// let pi = choucha::plan::inclusion_probs(&[1, 1], &[0.3, 0.7], 1);
/// assert!((pi[0] - 0.242072945538).abs() < 1e-11);
/// ```
#[must_use]
pub fn inclusion_probs(counts: &[u64], lambda: &[f64], n: u64) -> Vec<f64> {
    let groups = groups(counts, lambda);
    let n = float(n);
    let (from, to) = range(&groups, n);
    let nodes = nodes(from, to, panel_width(&groups, n));
    let parts: Vec<Vec<f64>> = nodes
        .into_par_iter()
        .map(|(s, weight)| integrand(&groups, n, s, weight))
        .collect();
    let mut probs: Vec<f64> = groups.iter().map(|group| group.theta(from)).collect();
    for part in parts {
        probs
            .iter_mut()
            .zip(part)
            .for_each(|(prob, part)| *prob += part);
    }
    probs
}

/// The factor on all odds that makes the λ of `counts` units sum to `n`: then the threshold key lies near 1.
pub(super) fn scale(counts: &[u64], lambda: &[f64], n: u64) -> f64 {
    let groups = groups(counts, lambda);
    crossing(&groups, float(n)).exp()
}

fn groups(counts: &[u64], lambda: &[f64]) -> Vec<Group> {
    let group = |(&count, &lambda): (&u64, &f64)| Group {
        count: float(count),
        odds: lambda / (1.0 - lambda),
    };
    counts.iter().zip(lambda).map(group).collect()
}

fn float(count: u64) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of objects stay below 2^53"
    )]
    let float = count as f64;
    float
}

fn mean(groups: &[Group], s: f64) -> f64 {
    groups
        .iter()
        .map(|group| group.count * group.theta(s))
        .sum()
}

fn variance(groups: &[Group], s: f64) -> f64 {
    groups
        .iter()
        .map(|group| group.count * group.theta(s) * (1.0 - group.theta(s)))
        .sum()
}

/// Where the mean count of keys below e^s is `n`: Newton's method inside a bracket.
fn crossing(groups: &[Group], n: f64) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    while mean(groups, low) > n {
        low *= 2.0;
    }
    while mean(groups, high) < n {
        high *= 2.0;
    }
    let mut s = f64::midpoint(low, high);
    for _ in 0..200 {
        let excess = mean(groups, s) - n;
        if excess > 0.0 {
            high = s;
        } else {
            low = s;
        }
        let newton = s - excess / variance(groups, s);
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - s).abs() <= 1e-15 * (1.0 + s.abs()) {
            break;
        }
        s = next;
    }
    s
}

/// Where the count crosses `n`, up to tails of e^-44.
fn range(groups: &[Group], n: f64) -> (f64, f64) {
    let centre = crossing(groups, n);
    // ln(1 + t·o) without overflow
    let cumulant = |s: f64| {
        groups
            .iter()
            .map(|group| group.count * softplus(s + group.odds.ln()))
            .sum::<f64>()
    };
    let base = cumulant(centre);
    let bound = |s: f64| cumulant(s) - base - (s - centre) * n;
    let edge = |direction: f64| {
        let (mut inside, mut outside) = (0.0, 1.0 / variance(groups, centre).sqrt());
        while bound(centre + direction * outside) < TAIL {
            (inside, outside) = (outside, 2.0 * outside);
        }
        for _ in 0..20 {
            let middle = f64::midpoint(inside, outside);
            if bound(centre + direction * middle) < TAIL {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        centre + direction * outside
    };
    (edge(-1.0), edge(1.0))
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The integrand bends at the scale of the logistic and of the count's deviation.
fn panel_width(groups: &[Group], n: f64) -> f64 {
    (9.0 / variance(groups, crossing(groups, n)).sqrt()).min(6.0)
}

/// Nodes and weights of equal panels over `from ..= to`.
fn nodes(from: f64, to: f64, width: f64) -> Vec<(f64, f64)> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a thousand panels"
    )]
    let n_panels = (((to - from) / width).ceil() as u32).clamp(1, 1000);
    let half = (to - from) / f64::from(n_panels) / 2.0;
    let rule = gauss_legendre();
    let panel = |index: u32| {
        let centre = from + half * f64::from(2 * index + 1);
        rule.iter()
            .map(move |&(x, weight)| (centre + half * x, half * weight))
    };
    (0..n_panels).flat_map(panel).collect()
}

/// Nodes and weights on -1 ..= 1, by Newton's method on the Legendre polynomial.
fn gauss_legendre() -> Vec<(f64, f64)> {
    let degree = float(NODES as u64);
    let node = |index: usize| {
        let mut x = (PI * (float(index as u64) + 0.75) / (degree + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..8 {
            let (mut before, mut value) = (1.0, x);
            for k in 2..=NODES {
                let k = float(k as u64);
                (before, value) = (
                    value,
                    ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
                );
            }
            slope = degree * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..NODES).map(node).collect()
}

/// One node's part of every level's integral: weight · θ(1-θ) · P(at most n-1 of the others).
fn integrand(groups: &[Group], n: f64, s: f64, weight: f64) -> Vec<f64> {
    let theta: Vec<f64> = groups.iter().map(|group| group.theta(s)).collect();
    let others = others_below(groups, &theta, n);
    theta
        .iter()
        .zip(others)
        .map(|(theta, below)| weight * theta * (1.0 - theta) * below)
        .collect()
}

/// For each level, P(at most n-1 keys of the other units lie below), by Fourier inversion over residues modulo an odd
/// number that spans 20 standard deviations around the mean (or every possible count).
fn others_below(groups: &[Group], theta: &[f64], n: f64) -> Vec<f64> {
    let n_units: f64 = groups.iter().map(|group| group.count).sum();
    let mean: f64 = groups
        .iter()
        .zip(theta)
        .map(|(group, theta)| group.count * theta)
        .sum();
    let variance: f64 = groups
        .iter()
        .zip(theta)
        .map(|(group, theta)| group.count * theta * (1.0 - theta))
        .sum();
    let half = ((20.0 * variance.sqrt() + 60.0).min(n_units) / 2.0).floor();
    let modulus = 2.0 * half + 1.0;
    let first = (mean.floor() - half).clamp(0.0, (n_units - modulus).max(0.0));
    let width = n - first;
    if width <= 0.0 || width >= modulus {
        return vec![if width <= 0.0 { 0.0 } else { 1.0 }; groups.len()];
    }
    let mut below = vec![width; groups.len()];
    let mut factors = vec![(0.0, 0.0); groups.len()];
    let mut j = 1.0;
    while j <= half {
        let omega = 2.0 * PI * j / modulus;
        let (log_size, angle) = characteristic(groups, theta, omega, &mut factors);
        if log_size < -50.0 {
            break;
        }
        let kernel = 2.0 * log_size.exp() * (omega * width / 2.0).sin() / (omega / 2.0).sin();
        let (sin, cos) = (angle - omega * (first + n - 1.0) / 2.0).sin_cos();
        for (below, &(re, im)) in below.iter_mut().zip(&factors) {
            *below += kernel * (cos * re + sin * im) / (re * re + im * im);
        }
        j += 1.0;
    }
    below
        .into_iter()
        .map(|sum| (sum / modulus).clamp(0.0, 1.0))
        .collect()
}

/// Logarithm and angle of the count's characteristic function at `omega`, and one unit's factor per level.
fn characteristic(
    groups: &[Group],
    theta: &[f64],
    omega: f64,
    factors: &mut [(f64, f64)],
) -> (f64, f64) {
    let (sin, half_sin) = (omega.sin(), (omega / 2.0).sin());
    let (mut log_size, mut angle) = (0.0, 0.0);
    for ((group, &theta), factor) in groups.iter().zip(theta).zip(factors) {
        let (re, im) = (1.0 - 2.0 * theta * half_sin * half_sin, theta * sin);
        log_size += group.count * 0.5 * (re * re + im * im).ln();
        angle += group.count * im.atan2(re);
        *factor = (re, im);
    }
    (log_size, angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_n_from_tiny_to_huge_strata() {
        for (counts, lambda, n) in [
            (vec![1, 1], vec![0.001, 0.999], 1_u64),
            (vec![5, 5, 1], vec![0.1, 0.2, 0.5], 2),
            (
                vec![600, 250, 100, 40, 10],
                vec![0.0243, 0.0485, 0.0971, 0.2427, 0.3883],
                50,
            ),
            (
                vec![600_000, 250_000, 100_000, 40_000, 10_000],
                vec![0.0243, 0.0485, 0.0971, 0.2427, 0.3883],
                50_000,
            ),
        ] {
            let probs = inclusion_probs(&counts, &lambda, n);
            let sum: f64 = counts
                .iter()
                .zip(&probs)
                .map(|(&count, prob)| float(count) * prob)
                .sum();
            assert!((sum / float(n) - 1.0).abs() < 1e-11, "{counts:?}: {sum}");
        }
    }

    #[test]
    fn equal_lambdas_give_equal_shares() {
        let probs = inclusion_probs(&[3, 4], &[0.2, 0.2], 2);
        assert!(
            probs.iter().all(|prob| (prob - 2.0 / 7.0).abs() < 1e-14),
            "{probs:?}"
        );
    }
}
