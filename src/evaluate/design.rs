//! Design-based estimators under unequal probabilities, and their variances.
//!
//! Hájek (1971) for the mean, Horvitz and Thompson (1952) for the total; Rosén (1997) for Pareto order sampling
//! (the same form as Deville's and Hájek's approximation for fixed-size designs), Ohlsson (1998) for sequential Poisson.

use super::number::{real_len, share};

/// A responding unit as the estimators see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Respondent {
    /// The value, 0 or 1 for a finding.
    pub y: f64,
    /// 1 inside the domain, 0 outside it (an invalid object, another class); units outside still carry variance.
    pub in_domain: f64,
    /// Probability to be drawn and to respond, 0 < pi ≤ 1.
    pub pi: f64,
    /// Variance stratum.
    pub stratum: usize,
}

/// Which variance of an estimated total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarianceForm {
    /// Independent draws: Σ (1-π) z².
    Poisson,
    /// Pareto order sampling (Rosén 1997), centred at the (1-π)-weighted mean of z.
    Rosen,
    /// Sequential Poisson sampling (Ohlsson 1998), centred at the mean of z.
    Ohlsson,
}

/// Σ y/π over the domain: the Horvitz-Thompson total.
#[must_use]
pub fn horvitz_thompson(units: &[Respondent]) -> f64 {
    units
        .iter()
        .map(|unit| unit.in_domain * unit.y / unit.pi)
        .sum()
}

/// Σ (y/π) / Σ (1/π) over the domain: the Hájek mean, `None` for an empty domain.
#[must_use]
pub fn hajek_mean(units: &[Respondent]) -> Option<f64> {
    let size: f64 = units.iter().map(|unit| unit.in_domain / unit.pi).sum();
    share(horvitz_thompson(units), size)
}

/// Estimated variance of [`horvitz_thompson`]; take-all units (π = 1) add none.
#[must_use]
pub fn variance_of_total(units: &[Respondent], form: VarianceForm) -> f64 {
    let scaled = |unit: &Respondent| unit.in_domain * unit.y / unit.pi;
    sum_over_strata(units, form, scaled)
}

/// Estimated variance of [`hajek_mean`]: that of the total of residuals, over the estimated size squared.
#[must_use]
pub fn variance_of_mean(units: &[Respondent], form: VarianceForm) -> Option<f64> {
    let mean = hajek_mean(units)?;
    let size: f64 = units.iter().map(|unit| unit.in_domain / unit.pi).sum();
    let residual = |unit: &Respondent| unit.in_domain * (unit.y - mean) / unit.pi;
    Some(sum_over_strata(units, form, residual) / (size * size))
}

/// Kish's effective size (Σw)²/Σw² of the weights.
#[must_use]
pub fn effective_size(weights: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 {
        sum * sum / squares
    } else {
        0.0
    }
}

/// Merges strata in order until each has at least two of the take-some units counted in `n_take_some`;
/// a remainder joins the last group. Returns the group of every stratum.
#[must_use]
pub fn collapse(n_take_some: &[u64]) -> Vec<usize> {
    let mut groups = Vec::with_capacity(n_take_some.len());
    let (mut group, mut inside) = (0_usize, 0);
    for &n in n_take_some {
        groups.push(group);
        inside += n;
        if inside >= 2 {
            group += 1;
            inside = 0;
        }
    }
    let last = group.saturating_sub(1);
    groups.iter().map(|&group| group.min(last)).collect()
}

fn sum_over_strata(
    units: &[Respondent],
    form: VarianceForm,
    z: impl Fn(&Respondent) -> f64,
) -> f64 {
    let mut take_some: Vec<Vec<(f64, f64)>> = Vec::new();
    for unit in units.iter().filter(|unit| unit.pi < 1.0) {
        take_some.resize(take_some.len().max(unit.stratum + 1), Vec::new());
        take_some[unit.stratum].push((1.0 - unit.pi, z(unit)));
    }
    take_some
        .iter()
        .map(|stratum| stratum_variance(stratum, form))
        .sum()
}

/// Pairs are (1-π, z). A lone unit shows no spread: callers collapse strata first.
fn stratum_variance(units: &[(f64, f64)], form: VarianceForm) -> f64 {
    let n = real_len(units.len());
    let centre = match form {
        VarianceForm::Poisson => 0.0,
        VarianceForm::Rosen => weighted_mean(units),
        VarianceForm::Ohlsson => units.iter().map(|(_, z)| z).sum::<f64>() / n.max(1.0),
    };
    let spread: f64 = units.iter().map(|(c, z)| c * (z - centre).powi(2)).sum();
    match form {
        VarianceForm::Poisson => spread,
        _ if units.len() < 2 => 0.0,
        VarianceForm::Rosen | VarianceForm::Ohlsson => n / (n - 1.0) * spread,
    }
}

fn weighted_mean(units: &[(f64, f64)]) -> f64 {
    let (sum, weight) = units.iter().fold((0.0, 0.0), |(sum, weight), (c, z)| {
        (sum + c * z, weight + c)
    });
    share(sum, weight).unwrap_or(0.0)
}
