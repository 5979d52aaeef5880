//! 稳健、均衡、进攻: allocations between the most precise estimate and the most findings.
//!
//! Minimised is (1-λ)·V/V₀ - λ·H/H₁ under linear rows, where V₀ is the least variance and H₁ the most findings that the rows
//! allow: λ = 0 is 稳健 (Neyman 1934 with bounds), ½ 均衡, 1 进攻, which is a linear programme. The others are found by
//! Newton steps that are projected onto the rows.

use super::project::nearest;
use super::simplex::{Row, maximise};

/// Most Newton steps.
const STEPS_MAX: usize = 100;
/// Most halvings of a step.
const HALVINGS: usize = 40;
/// Largest change of a ratio at which the search ends.
const STILL: f64 = 1e-13;

/// One class as allocation sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Objects.
    pub n_units: f64,
    /// Share with a finding, 0 < p < 1.
    pub p: f64,
}

/// Ratios of every part under `rows`, which must keep every ratio above 0; none where no ratios satisfy them.
///
/// ```
/// use choucha::tune::{Part, Row, allocate};
/// let parts = [Part { n_units: 900.0, p: 0.02 }, Part { n_units: 100.0, p: 0.3 }];
/// let row = |a: [f64; 2], bound| Row { a: a.to_vec(), bound };
/// let rows = [row([900.0, 100.0], 99.0), row([-1.0, 0.0], -0.01), row([0.0, 1.0], 1.0), row([0.0, -1.0], -0.01)];
/// let ratios = allocate(&parts, &rows, 1.0).unwrap();
/// assert!((ratios[0] - 0.01).abs() < 1e-12 && (ratios[1] - 0.9).abs() < 1e-12);
/// ```
#[must_use]
pub fn allocate(parts: &[Part], rows: &[Row], lambda: f64) -> Option<Vec<f64>> {
    let gains: Vec<f64> = parts.iter().map(|part| part.p * part.n_units).collect();
    let boldest = maximise(&gains, rows)?;
    if lambda >= 1.0 {
        return Some(boldest.at);
    }
    let plain = Aim {
        precision: 1.0 / variance(parts, &boldest.at),
        findings: 0.0,
    };
    let steadiest = plain.descend(parts, rows, boldest.at);
    let aim = Aim {
        precision: (1.0 - lambda) / variance(parts, &steadiest),
        findings: lambda / boldest.value,
    };
    Some(aim.descend(parts, rows, steadiest))
}

/// Expected findings of ratios.
#[must_use]
pub fn findings(parts: &[Part], ratios: &[f64]) -> f64 {
    let gain = |(part, ratio): (&Part, &f64)| part.p * part.n_units * ratio;
    parts.iter().zip(ratios).map(gain).sum()
}

/// Variance of the estimated prevalence: `Σ (N_h/N)² (1/n_h - 1/N_h) p_h (1-p_h)`.
#[must_use]
pub fn variance(parts: &[Part], ratios: &[f64]) -> f64 {
    let spreads = spreads(parts);
    let term = |(spread, ratio): (f64, &f64)| spread * (1.0 / ratio - 1.0);
    spreads.into_iter().zip(ratios).map(term).sum()
}

/// `(N_h/N)² p_h (1-p_h) / N_h`.
fn spreads(parts: &[Part]) -> Vec<f64> {
    let all: f64 = parts.iter().map(|part| part.n_units).sum();
    let spread = |part: &Part| part.n_units / (all * all) * part.p * (1.0 - part.p);
    parts.iter().map(spread).collect()
}

/// What is minimised: precision·V - findings·H.
struct Aim {
    precision: f64,
    findings: f64,
}

impl Aim {
    fn value(&self, parts: &[Part], ratios: &[f64]) -> f64 {
        self.precision * variance(parts, ratios) - self.findings * findings(parts, ratios)
    }

    fn descend(&self, parts: &[Part], rows: &[Row], start: Vec<f64>) -> Vec<f64> {
        let mut at = start;
        for _ in 0..STEPS_MAX {
            let Some(next) = self.step(parts, rows, &at) else {
                break;
            };
            let moved = next.iter().zip(&at).map(|(a, b)| (a - b).abs());
            let moved = moved.fold(0.0, f64::max);
            at = next;
            if moved < STILL {
                break;
            }
        }
        at
    }

    /// A Newton step, projected onto the rows and halved until it descends; none where none does.
    fn step(&self, parts: &[Part], rows: &[Row], at: &[f64]) -> Option<Vec<f64>> {
        let spreads = spreads(parts);
        let curvature = |(spread, r): (&f64, &f64)| 2.0 * self.precision * spread / r.powi(3);
        let weights: Vec<f64> = spreads.iter().zip(at).map(curvature).collect();
        let target = |i: usize| {
            let gain = self.findings * parts[i].p * parts[i].n_units;
            let slope = -self.precision * spreads[i] / at[i].powi(2) - gain;
            at[i] - slope / weights[i]
        };
        let target: Vec<f64> = (0..at.len()).map(target).collect();
        let aimed = nearest(&target, &weights, rows)?;
        let before = self.value(parts, at);
        let part_way = |share: f64| -> Vec<f64> {
            let way = at.iter().zip(&aimed);
            way.map(|(from, to)| from + share * (to - from)).collect()
        };
        let shares = (0..HALVINGS).map(|halving| 0.5_f64.powi(i32::try_from(halving).unwrap_or(0)));
        let mut ways = shares.map(part_way);
        ways.find(|way| way.iter().all(|&r| r > 0.0) && self.value(parts, way) < before)
    }
}
