//! Four kinds of exposure with known probabilities, and conservative variances (Aronow and Samii 2017, *Annals of Applied
//! Statistics* 11).
//!
//! Compared are the objects that can meet every kind: in a large cell nobody is without a drawn peer, and the dose stands there.
//! Pairs of probabilities grow with the square of the objects compared: it stops at [`super::MAPPED_MAX`] of them. Where hardly
//! anybody can meet every kind, all objects stand, and a kind that somebody cannot meet is left out.

mod chances;
mod pairs;

use super::exposure::{Peering, as_numbers};
use super::redraw::Redraw;
use super::result::{ExposureKind, ExposureMean, Mapping, Peers};
use super::wave::Wave;
use super::{ARM_MIN, MAPPED_MAX};
use crate::evaluate::number::{count, real_len};
use chances::{Chances, N_KINDS, Samples};
use pairs::{Side, covariance_of_totals, variance_of_total};

/// Kinds in the order of their indices.
const KINDS: [ExposureKind; N_KINDS] = [
    ExposureKind::DirectAndIndirect,
    ExposureKind::Direct,
    ExposureKind::Indirect,
    ExposureKind::Neither,
];
/// Index of the kind others are held against.
const NEITHER: usize = 3;
/// Largest frame that is drawn again for it.
const FRAME_MAX: usize = 100_000;
/// Most re-draws behind the probabilities: they bound the memory of pairs.
const REDRAWS_MAX: u32 = 2_000;
/// Least chance of a kind that re-draws show an object to have; no weight exceeds its inverse.
const CHANCE_MIN: f64 = 0.01;
/// Fewest objects met under a kind for a number.
const MET_MIN: u64 = 10;

/// Means by kind for the latest wave whose outcomes are all known and of which at most [`MAPPED_MAX`] objects are compared.
pub(super) fn mapping(waves: &[Wave], redraws: &[&dyn Redraw], n: u32) -> Option<Mapping> {
    let known = |(wave, _): &(&Wave, &&dyn Redraw)| {
        let fits = (1..=FRAME_MAX).contains(&wave.units.len());
        fits && wave.units.iter().all(|unit| unit.outcome.is_some())
    };
    let (wave, redraw) = waves.iter().zip(redraws).rev().find(known)?;
    let peering = Peering::of(wave, Peers::Cell);
    let meets = |drawn: &[bool]| met(drawn, &peering.sums(&as_numbers(drawn)));
    let samples = Samples::of(*redraw, wave.units.len(), n.min(REDRAWS_MAX));
    let chosen = compared(&samples, meets);
    if chosen.len() > MAPPED_MAX {
        return None;
    }
    let chances = Chances::of(&samples, &chosen, meets);
    let drawn: Vec<bool> = wave.units.iter().map(|unit| unit.drawn).collect();
    let all = meets(&drawn);
    let observed: Vec<usize> = chosen.iter().map(|&unit| all[unit]).collect();
    let outcome = |&unit: &usize| wave.units[unit].outcome;
    let y: Vec<f64> = chosen.iter().filter_map(outcome).collect();
    Some(Mapping {
        wave: wave.id.clone(),
        kinds: shown(means(&chances, &observed, &y)),
        exact: samples.is_exact(),
        n: count(samples.n),
        n_compared: count(chosen.len()),
        n_outside: count(wave.units.len() - chosen.len()),
    })
}

/// The objects that can meet every kind; all, where these are too few.
fn compared(samples: &Samples, meets: impl Fn(&[bool]) -> Vec<usize> + Sync) -> Vec<usize> {
    let least = if samples.is_exact() {
        1.0
    } else {
        CHANCE_MIN * (real_len(samples.n) + 1.0) - 1.0
    };
    let counts = samples.counts(meets);
    let can = |counts: &[u32; N_KINDS]| counts.iter().all(|&n| f64::from(n) >= least.max(1.0));
    let every: Vec<usize> = (0..counts.len())
        .filter(|&unit| can(&counts[unit]))
        .collect();
    if real_len(every.len()) >= ARM_MIN {
        every
    } else {
        (0..counts.len()).collect()
    }
}

/// The kind every object meets.
fn met(drawn: &[bool], peers: &[f64]) -> Vec<usize> {
    let kind = |(&drawn, &peers): (&bool, &f64)| match (drawn, peers > 0.5) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => NEITHER,
    };
    drawn.iter().zip(peers).map(kind).collect()
}

/// Takes out what rests on too few.
fn shown(mut kinds: Vec<ExposureMean>) -> Vec<ExposureMean> {
    let is_few = |mean: &ExposureMean| mean.n < MET_MIN;
    let no_base = kinds
        .iter()
        .any(|mean| mean.kind == ExposureKind::Neither && is_few(mean));
    for mean in &mut kinds {
        if is_few(mean) {
            mean.mean = None;
        }
        if no_base || is_few(mean) {
            (mean.effect, mean.se) = (None, None);
        }
    }
    kinds
}

fn means(chances: &Chances, observed: &[usize], y: &[f64]) -> Vec<ExposureMean> {
    let mean = |kind: usize| -> Option<f64> {
        let of = || (0..y.len()).filter(|&i| observed[i] == kind);
        let weight: f64 = of().map(|i| 1.0 / chances.one(i, kind)).sum();
        (weight > 0.0).then(|| of().map(|i| y[i] / chances.one(i, kind)).sum::<f64>() / weight)
    };
    let possible: Vec<usize> = (0..N_KINDS)
        .filter(|&kind| chances.is_possible(kind))
        .collect();
    let base = possible.contains(&NEITHER).then(|| mean(NEITHER)).flatten();
    let residual = |mean: f64| -> Vec<f64> { y.iter().map(|y| y - mean).collect() };
    let of = |&kind: &usize| {
        let mean = mean(kind);
        let pair = mean.zip(base).filter(|_| kind != NEITHER);
        let variance = pair.map(|(mean, base)| {
            let (first, second) = ((kind, residual(mean)), (NEITHER, residual(base)));
            variance_of_difference(chances, observed, &first, &second)
        });
        ExposureMean {
            kind: KINDS[kind],
            n: count(observed.iter().filter(|met| **met == kind).count()),
            mean,
            effect: pair.map(|(mean, base)| mean - base),
            se: variance.filter(|v| *v > 0.0).map(f64::sqrt),
        }
    };
    possible.iter().map(of).collect()
}

/// Conservative variance of the difference of two means `T/N` of values by kind.
fn variance_of_difference(
    chances: &Chances,
    observed: &[usize],
    (kind, values): &(usize, Vec<f64>),
    (other, others): &(usize, Vec<f64>),
) -> f64 {
    let own = |side: &Side, kind: usize| {
        variance_of_total(
            side,
            |i, j| chances.both((i, kind), (j, kind)),
            |i, j| chances.never((i, kind), (j, kind)),
        )
    };
    let first = Side {
        values,
        is_met: &|i| observed[i] == *kind,
        chance: &|i| chances.one(i, *kind),
    };
    let second = Side {
        values: others,
        is_met: &|i| observed[i] == *other,
        chance: &|i| chances.one(i, *other),
    };
    let cross = covariance_of_totals(
        &first,
        &second,
        |i, j| chances.both((i, *kind), (j, *other)),
        |i, j| chances.never((i, *kind), (j, *other)),
    );
    let total = own(&first, *kind) + own(&second, *other) - 2.0 * cross;
    total / real_len(values.len()).powi(2)
}

#[cfg(test)]
mod tests;
