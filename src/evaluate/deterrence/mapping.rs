//! Four kinds of exposure with known probabilities, and conservative variances (Aronow and Samii 2017, *Annals of Applied
//! Statistics* 11).
//!
//! Pairs of probabilities grow with the square of the frame: this is for frames of at most [`super::MAPPED_MAX`] objects. In a large
//! cell nobody is without a drawn peer, and a kind that somebody cannot meet is left out.

use super::MAPPED_MAX;
use super::exposure::{Peering, as_numbers};
use super::redraw::{Redraw, SAMPLES_MAX};
use super::result::{ExposureKind, ExposureMean, Mapping, Peers};
use super::wave::Wave;
use crate::evaluate::number::{count, real_len};

/// Kinds in the order of their indices.
const KINDS: [ExposureKind; 4] = [
    ExposureKind::DirectAndIndirect,
    ExposureKind::Direct,
    ExposureKind::Indirect,
    ExposureKind::Neither,
];
/// Index of the kind others are held against.
const NEITHER: usize = 3;

/// Means by kind for the latest wave of at most [`MAPPED_MAX`] objects whose outcomes are all known.
pub(super) fn mapping(waves: &[Wave], redraws: &[&dyn Redraw], n: u32) -> Option<Mapping> {
    let known = |wave: &Wave| {
        !wave.units.is_empty() && wave.units.iter().all(|unit| unit.outcome.is_some())
    };
    let fits = |(wave, _): &(&Wave, &&dyn Redraw)| wave.units.len() <= MAPPED_MAX && known(wave);
    let (wave, redraw) = waves.iter().zip(redraws).rev().find(fits)?;
    let peering = Peering::of(wave, Peers::Cell);
    let meets = |drawn: &[bool]| met(drawn, &peering.sums(&as_numbers(drawn)));
    let chances = Chances::of(*redraw, wave.units.len(), n, meets);
    let drawn: Vec<bool> = wave.units.iter().map(|unit| unit.drawn).collect();
    let y: Vec<f64> = wave.units.iter().filter_map(|unit| unit.outcome).collect();
    let observed = met(&drawn, &peering.sums(&as_numbers(&drawn)));
    Some(Mapping {
        wave: wave.id.clone(),
        kinds: means(&chances, &observed, &y),
        exact: chances.weights.is_some(),
        n: count(chances.n),
    })
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

fn means(chances: &Chances, observed: &[usize], y: &[f64]) -> Vec<ExposureMean> {
    let mean = |kind: usize| -> Option<f64> {
        let of = || (0..y.len()).filter(|&i| observed[i] == kind);
        let weight: f64 = of().map(|i| 1.0 / chances.one(i, kind)).sum();
        (weight > 0.0).then(|| of().map(|i| y[i] / chances.one(i, kind)).sum::<f64>() / weight)
    };
    let possible: Vec<usize> = (0..4).filter(|&kind| chances.is_possible(kind)).collect();
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
    let own = |kind: usize, values: &[f64]| {
        let joint = |i, j| chances.both((i, kind), (j, kind));
        let one = |i| chances.one(i, kind);
        let here = |i: usize| observed[i] == kind;
        variance_of_total(values, here, one, joint)
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
    let cross = covariance_of_totals(&first, &second, |i, j| {
        chances.both((i, *kind), (j, *other))
    });
    (own(*kind, values) + own(*other, others) - 2.0 * cross) / real_len(values.len()).powi(2)
}

/// Variance of `Σ 1{met} y/π`: the unbiased form over pairs that can meet together, and [`bound`] for those that cannot.
fn variance_of_total(
    y: &[f64],
    is_met: impl Fn(usize) -> bool,
    one: impl Fn(usize) -> f64,
    both: impl Fn(usize, usize) -> f64,
) -> f64 {
    let mut sum = 0.0;
    for i in 0..y.len() {
        if is_met(i) {
            sum += (1.0 - one(i)) * (y[i] / one(i)).powi(2);
        }
        for j in (0..y.len()).filter(|&j| j != i) {
            if !(is_met(i) && is_met(j)) {
                continue;
            }
            let joint = both(i, j);
            if joint > 0.0 {
                let (pi, pj) = (one(i), one(j));
                sum += (joint - pi * pj) / joint * y[i] / pi * y[j] / pj;
            }
        }
    }
    sum + bound(y, is_met, one, both)
}

/// A₂: what pairs that never meet a kind together may add, `y²/2π` of each.
fn bound(
    y: &[f64],
    is_met: impl Fn(usize) -> bool,
    one: impl Fn(usize) -> f64,
    both: impl Fn(usize, usize) -> f64,
) -> f64 {
    let term = |i: usize| {
        if is_met(i) {
            y[i] * y[i] / (2.0 * one(i))
        } else {
            0.0
        }
    };
    let mut sum = 0.0;
    for i in 0..y.len() {
        for j in (0..y.len()).filter(|&j| j != i) {
            let terms = term(i) + term(j);
            if terms > 0.0 && both(i, j) <= 0.0 {
                sum += terms;
            }
        }
    }
    sum
}

/// One of two kinds whose totals are compared.
struct Side<'a> {
    values: &'a [f64],
    is_met: &'a dyn Fn(usize) -> bool,
    chance: &'a dyn Fn(usize) -> f64,
}

/// Covariance of two totals, from below: over pairs that can meet so, less the bound for those that cannot (an object meets one
/// kind at a time, so each with itself among them).
fn covariance_of_totals(first: &Side, second: &Side, both: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..first.values.len() {
        for j in 0..second.values.len() {
            let (met_a, met_b) = ((first.is_met)(i), (second.is_met)(j));
            if !met_a && !met_b {
                continue;
            }
            let joint = both(i, j);
            let (pi, pj, y, z) = (
                (first.chance)(i),
                (second.chance)(j),
                first.values[i],
                second.values[j],
            );
            if joint <= 0.0 {
                sum -= if met_a { y * y / (2.0 * pi) } else { 0.0 };
                sum -= if met_b { z * z / (2.0 * pj) } else { 0.0 };
            } else if met_a && met_b && i != j {
                sum += (joint - pi * pj) / joint * y / pi * z / pj;
            }
        }
    }
    sum
}

/// Probabilities of kinds, alone and in pairs, as bits over samples.
struct Chances {
    /// Samples or re-draws.
    n: usize,
    words: usize,
    /// Bits by object and kind.
    bits: Vec<u64>,
    /// Probabilities of samples; `None` for re-draws of equal weight.
    weights: Option<Vec<f64>>,
    single: Vec<f64>,
}

impl Chances {
    fn of(
        redraw: &dyn Redraw,
        n_units: usize,
        n_redraws: u32,
        meets: impl Fn(&[bool]) -> Vec<usize>,
    ) -> Self {
        let exact = redraw.samples().filter(|all| all.len() <= SAMPLES_MAX);
        let n = exact.as_ref().map_or(n_redraws as usize, Vec::len);
        let words = n.div_ceil(64);
        let mut chances = Self {
            n,
            words,
            bits: vec![0; n_units * 4 * words],
            weights: exact
                .as_ref()
                .map(|all| all.iter().map(|(_, p)| *p).collect()),
            single: Vec::new(),
        };
        let mut drawn = vec![false; n_units];
        for sample in 0..n {
            match &exact {
                Some(all) => drawn.copy_from_slice(&all[sample].0),
                None => redraw.redraw(count(sample), &mut drawn),
            }
            for (unit, kind) in meets(&drawn).into_iter().enumerate() {
                chances.bits[(unit * 4 + kind) * words + sample / 64] |= 1 << (sample % 64);
            }
        }
        let all = (0..n_units * 4).map(|at| chances.chance(at, at));
        chances.single = all.collect();
        chances
    }

    /// Probability of a kind; (# + 1)/(B + 1) from re-draws.
    fn one(&self, unit: usize, kind: usize) -> f64 {
        self.single[unit * 4 + kind]
    }

    fn both(&self, (i, k): (usize, usize), (j, l): (usize, usize)) -> f64 {
        self.chance(i * 4 + k, j * 4 + l)
    }

    /// Whether every object can meet the kind.
    fn is_possible(&self, kind: usize) -> bool {
        (0..self.single.len() / 4).all(|unit| self.one(unit, kind) > 0.0)
    }

    fn chance(&self, a: usize, b: usize) -> f64 {
        let word = |at: usize, word: usize| self.bits[at * self.words + word];
        let common = |w: usize| word(a, w) & word(b, w);
        let Some(weights) = &self.weights else {
            let hits: u32 = (0..self.words).map(|w| common(w).count_ones()).sum();
            let smoothed = if hits > 0 { f64::from(hits) + 1.0 } else { 0.0 };
            return smoothed / (real_len(self.n) + 1.0);
        };
        let hit = |(sample, _): &(usize, &f64)| common(sample / 64) >> (sample % 64) & 1 == 1;
        weights.iter().enumerate().filter(hit).map(|(_, p)| p).sum()
    }
}

#[cfg(test)]
mod tests;
