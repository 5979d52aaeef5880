//! What follows from counts and settings: sizes, take-all units and targets of every stratum, and its λ.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::calibrate::relative_error;
use super::{
    Calibration, Error, Level, MeasureOfSize, StratumPlan, Unsettled, ValidParams, allocation,
    calibrate, inclusion_probs, register, targets,
};

/// From this d = Σp(1-p) on, λ = target.
pub(super) const LARGE: f64 = 400.0;

/// A stratum's label and its levels (size, `n_units`), ascending.
pub(super) type Tally = (String, Vec<(u32, u64)>);

pub(super) fn tallies(
    params: &ValidParams,
    frame: &[String],
    counts: &register::Counts,
) -> Vec<Tally> {
    let mut levels: BTreeMap<&str, Vec<(u32, u64)>> = BTreeMap::new();
    for (&(stratum, size), &n_units) in counts {
        levels
            .entry(&frame[stratum as usize])
            .or_default()
            .push((size, n_units));
    }
    let labels = allocation::labels(params, frame).into_iter();
    labels
        .map(|label| (levels.remove(label.as_str()).unwrap_or_default(), label))
        .map(|(levels, label)| (label, levels))
        .collect()
}

/// Everything of the strata that follows from counts and settings, and λ.
pub(super) fn design(params: &ValidParams, tallies: &[Tally]) -> Result<Vec<StratumPlan>, Error> {
    let mut strata = outline(params, tallies)?;
    let distinct: BTreeSet<(&[(u32, u64)], u64)> = tallies
        .iter()
        .zip(&strata)
        .map(|((_, levels), s)| (levels.as_slice(), s.n))
        .collect();
    let problems: Vec<_> = distinct.into_iter().collect();
    let solved: BTreeMap<_, _> = problems
        .par_iter()
        .map(|&(levels, n)| ((levels, n), lambdas(levels, n)))
        .collect();
    for ((label, levels), stratum) in tallies.iter().zip(&mut strata) {
        let (calibration, lambda) =
            solved[&(levels.as_slice(), stratum.n)]
                .clone()
                .map_err(|Unsettled(residual)| Error::Unsettled {
                    stratum: label.clone(),
                    residual,
                })?;
        stratum.calibration = calibration;
        stratum
            .levels
            .iter_mut()
            .zip(lambda)
            .for_each(|(level, lambda)| level.lambda = lambda);
    }
    Ok(strata)
}

/// Everything of the strata that follows from counts and settings, without λ.
pub(super) fn outline(params: &ValidParams, tallies: &[Tally]) -> Result<Vec<StratumPlan>, Error> {
    let n_units = |levels: &[(u32, u64)]| levels.iter().map(|&(_, n_units)| n_units).sum::<u64>();
    let strata: Vec<(&str, u64)> = tallies
        .iter()
        .map(|(label, levels)| (label.as_str(), n_units(levels)))
        .collect();
    let sizes = allocation::allocate(params, &strata)?;
    let plan = |((label, levels), n): (&Tally, u64)| {
        check_sizes(params, label, levels)?;
        let levels = levels.iter().zip(targets(levels, n));
        let levels: Vec<Level> = levels
            .map(|(&(size, n_units), target)| Level {
                size,
                n_units,
                target: target.prob,
                lambda: None,
                take_all: target.take_all,
            })
            .collect();
        let n_units = levels.iter().map(|level| level.n_units).sum();
        Ok(StratumPlan {
            label: label.clone(),
            n_units,
            n,
            calibration: Calibration::NotNeeded,
            levels,
        })
    };
    tallies.iter().zip(sizes).map(plan).collect()
}

fn check_sizes(params: &ValidParams, label: &str, levels: &[(u32, u64)]) -> Result<(), Error> {
    let sum: u128 = levels
        .iter()
        .map(|&(size, n_units)| u128::from(size) * u128::from(n_units))
        .sum();
    let equal = params.measure_of_size() == MeasureOfSize::Equal && params.cool_down.is_none();
    let unequal = levels.iter().find(|&&(size, _)| size != 1 && equal);
    match unequal {
        _ if sum >= 1 << 53 => Err(Error::TooLarge {
            stratum: label.to_owned(),
        }),
        Some(&(size, _)) => Err(Error::UnequalSize {
            stratum: label.to_owned(),
            size,
        }),
        None => Ok(()),
    }
}

/// The take-some levels of a stratum: counts, targets, and how many of their units are drawn.
pub(super) fn take_some(levels: &[(u32, u64)], n: u64) -> (Vec<u64>, Vec<f64>, u64) {
    let (mut counts, mut probs, mut n_some) = (Vec::new(), Vec::new(), n);
    for (&(_, n_units), target) in levels.iter().zip(targets(levels, n)) {
        if target.take_all {
            n_some -= n_units;
        } else {
            counts.push(n_units);
            probs.push(target.prob);
        }
    }
    (counts, probs, n_some)
}

type Lambdas = (Calibration, Vec<Option<f64>>);

fn lambdas(levels: &[(u32, u64)], n: u64) -> Result<Lambdas, Unsettled> {
    let (counts, probs, n_some) = take_some(levels, n);
    if n_some == 0 {
        return Ok((Calibration::NotNeeded, vec![None; levels.len()]));
    }
    let (calibration, lambda) = match counts.len() {
        1 => (Calibration::EqualTargets, probs),
        _ if spread(&counts, &probs) >= LARGE => {
            let relative_error_max =
                relative_error(&inclusion_probs(&counts, &probs, n_some), &probs);
            (Calibration::LargeStratum { relative_error_max }, probs)
        }
        _ => (Calibration::Solved, calibrate(&counts, &probs, n_some)?),
    };
    let mut lambda = lambda.into_iter();
    let lambda = targets(levels, n)
        .iter()
        .map(|target| if target.take_all { None } else { lambda.next() })
        .collect();
    Ok((calibration, lambda))
}

/// d = Σp(1-p).
pub(super) fn spread(counts: &[u64], probs: &[f64]) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of objects stay below 2^53"
    )]
    let spread = counts
        .iter()
        .zip(probs)
        .map(|(&count, p)| count as f64 * p * (1.0 - p))
        .sum();
    spread
}
