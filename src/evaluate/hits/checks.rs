//! The total of violators, and the standard error of the prevalence by every method that applies, side by side.

use rayon::prelude::*;

use super::{Check, MethodError};
use crate::evaluate::bootstrap::{Bootstrap, take_some};
use crate::evaluate::cell::Domain;
use crate::evaluate::cross::{
    EqualStratum, jackknife_variance, stratified, with_replacement_variance,
};
use crate::evaluate::design::{
    Respondent, VarianceForm, horvitz_thompson, variance_of_mean, variance_of_total,
};
use crate::evaluate::estimates::{Figure, Method, N_MIN};
use crate::evaluate::interval::{Interval, Z};
use crate::evaluate::judgement::Judgement;
use crate::evaluate::number::{count, real_len, share};
use crate::evaluate::{FrameFacts, ValidParams};

/// Farthest a size n/π may lie from a whole number for a stratum to count as one of equal probability.
const WHOLE: f64 = 1e-6;

/// The whole draw, then the classes, each with enough results.
pub(super) fn checks(
    params: &ValidParams,
    frame: &FrameFacts,
    judgement: &Judgement,
    parts: &[Domain],
    seed: &[u8; 32],
) -> Vec<Check> {
    let shown = parts.iter().take(1 + frame.classes.len());
    let bootstrap = Bootstrap::new(seed, "choucha/bootstrap/prevalence/v1", params.replicates);
    shown
        .filter(|part| {
            let valid = judgement.of(part).filter(|unit| unit.is_valid());
            count(valid.count()) >= N_MIN
        })
        .map(|part| {
            let units = judgement.respondents(part);
            Check {
                label: part.label.to_owned(),
                total: total(part, &units),
                errors: errors(&units, &bootstrap),
            }
        })
        .collect()
}

/// Estimated violators; absent where a part of the domain was not reached, which a total would silently leave out.
pub(super) fn total(part: &Domain, units: &[Respondent]) -> Figure {
    if part.n_blind > 0 || !units.iter().any(|unit| unit.in_domain > 0.0) {
        return Figure::NONE;
    }
    let total = horvitz_thompson(units);
    if units.iter().all(|unit| unit.pi >= 1.0) {
        let exact = Interval {
            low: total,
            high: total,
        };
        return Figure::new(Some(total), Some(exact), Method::Census);
    }
    let half = Z * variance_of_total(units, VarianceForm::Rosen).sqrt();
    let interval = Interval {
        low: (total - half).max(0.0),
        high: total + half,
    };
    let shows_spread = half > 0.0;
    Figure::new(
        Some(total),
        shows_spread.then_some(interval),
        Method::Normal,
    )
}

fn errors(units: &[Respondent], bootstrap: &Bootstrap) -> Vec<MethodError> {
    let known = [
        ("rosen", variance_of_mean(units, VarianceForm::Rosen)),
        ("poisson", variance_of_mean(units, VarianceForm::Poisson)),
        ("stratified", stratified_variance(units)),
        ("with_replacement", with_replacement_variance(units)),
        ("jackknife", jackknife_variance(units)),
        ("bootstrap", bootstrap_variance(units, bootstrap)),
    ];
    let error = |(method, variance): (&str, Option<f64>)| {
        let se = variance.filter(|v| v.is_finite() && *v >= 0.0)?.sqrt();
        Some(MethodError {
            method: method.to_owned(),
            se,
        })
    };
    known.into_iter().filter_map(error).collect()
}

/// The textbook form, where every stratum was drawn with one probability and lies in the domain as a whole.
fn stratified_variance(units: &[Respondent]) -> Option<f64> {
    let n_strata = units.iter().map(|unit| unit.stratum + 1).max()?;
    let mut strata: Vec<Vec<&Respondent>> = vec![Vec::new(); n_strata];
    for unit in units {
        strata[unit.stratum].push(unit);
    }
    let equal: Option<Vec<EqualStratum>> = strata
        .iter()
        .filter(|members| !members.is_empty())
        .map(|members| equal_stratum(members))
        .collect();
    stratified(&equal?).map(|(_, variance)| variance)
}

fn equal_stratum(members: &[&Respondent]) -> Option<EqualStratum> {
    let pi = members[0].pi;
    let same = |unit: &&&Respondent| (unit.pi - pi).abs() < 1e-12 && unit.in_domain > 0.0;
    let size = real_len(members.len()) / pi;
    let whole = (size - size.round()).abs() < WHOLE * size;
    if !whole || members.iter().filter(same).count() < members.len() {
        return None;
    }
    let hits = members.iter().filter(|unit| unit.y > 0.0).count();
    Some(EqualStratum {
        n_frame: count(crate::evaluate::number::floor_index(size.round())),
        n: count(members.len()),
        hits: count(hits),
    })
}

/// Variance of the Hájek mean over Rao-Wu replicates, each with its own stream; sums run in the order of replicates.
fn bootstrap_variance(units: &[Respondent], bootstrap: &Bootstrap) -> Option<f64> {
    let strata = take_some(units);
    let mean = |replicate: u32| {
        let factors = bootstrap.factors(replicate, units, &strata);
        let (mut found, mut size) = (0.0, 0.0);
        for (unit, factor) in units.iter().zip(factors) {
            let weight = factor * unit.in_domain / unit.pi;
            found += weight * unit.y;
            size += weight;
        }
        share(found, size)
    };
    let means: Option<Vec<f64>> = (0..bootstrap.replicates)
        .into_par_iter()
        .map(mean)
        .collect();
    let means = means?;
    let n = real_len(means.len());
    let centre = means.iter().sum::<f64>() / n;
    let squares: f64 = means.iter().map(|mean| (mean - centre).powi(2)).sum();
    share(squares, n - 1.0)
}
