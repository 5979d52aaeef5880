//! Probabilities of kinds of exposure, alone and in pairs, as bits over samples or re-draws.
//!
//! Bits are kept of the objects that are compared alone; 64 samples are drawn at a time, so memory follows those objects and the
//! number of samples, whatever the frame.

use rayon::prelude::*;

use crate::evaluate::deterrence::redraw::{Redraw, SAMPLES_MAX};
use crate::evaluate::number::{count, real_len};

/// Kinds of exposure.
pub(super) const N_KINDS: usize = 4;
/// Samples in a word.
const WORD: usize = 64;

/// What a wave could have drawn.
pub(super) struct Samples<'a> {
    redraw: &'a dyn Redraw,
    n_units: usize,
    /// All samples with their probabilities, where these are few.
    exact: Option<Vec<(Vec<bool>, f64)>>,
    /// Samples or re-draws.
    pub(super) n: usize,
}

impl<'a> Samples<'a> {
    /// All samples of a wave of `n_units` objects, or `n` re-draws.
    pub(super) fn of(redraw: &'a dyn Redraw, n_units: usize, n: u32) -> Self {
        let exact = redraw.samples().filter(|all| all.len() <= SAMPLES_MAX);
        let n = exact.as_ref().map_or(n as usize, Vec::len);
        Self {
            redraw,
            n_units,
            exact,
            n,
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        self.exact.is_some()
    }

    /// Hands the samples of a word to `take`, each with its place.
    fn of_word(&self, word: usize, mut take: impl FnMut(usize, &[bool])) {
        let mut drawn = vec![false; self.n_units];
        for sample in word * WORD..self.n.min((word + 1) * WORD) {
            if let Some(all) = &self.exact {
                take(sample % WORD, &all[sample].0);
            } else {
                self.redraw.redraw(count(sample), &mut drawn);
                take(sample % WORD, &drawn);
            }
        }
    }

    fn words(&self) -> usize {
        self.n.div_ceil(WORD)
    }

    /// How many samples each object meets each kind in.
    pub(super) fn counts(
        &self,
        meets: impl Fn(&[bool]) -> Vec<usize> + Sync,
    ) -> Vec<[u32; N_KINDS]> {
        let of_word = |word: usize| {
            let mut counts = vec![[0_u32; N_KINDS]; self.n_units];
            self.of_word(word, |_, drawn| {
                let met = meets(drawn);
                counts
                    .iter_mut()
                    .zip(met)
                    .for_each(|(counts, kind)| counts[kind] += 1);
            });
            counts
        };
        let add = |mut sum: Vec<[u32; N_KINDS]>, other: Vec<[u32; N_KINDS]>| {
            for (sum, other) in sum.iter_mut().zip(other) {
                (0..N_KINDS).for_each(|kind| sum[kind] += other[kind]);
            }
            sum
        };
        let none = || vec![[0; N_KINDS]; self.n_units];
        (0..self.words())
            .into_par_iter()
            .map(of_word)
            .reduce(none, add)
    }
}

/// Probabilities of the kinds that chosen objects meet.
pub(super) struct Chances {
    /// Samples or re-draws.
    n: usize,
    words: usize,
    /// Bits by object, kind and word.
    bits: Vec<u64>,
    /// Probabilities of samples; `None` for re-draws of equal weight.
    weights: Option<Vec<f64>>,
    single: Vec<f64>,
}

impl Chances {
    /// Of the objects at `chosen` places.
    pub(super) fn of(
        samples: &Samples,
        chosen: &[usize],
        meets: impl Fn(&[bool]) -> Vec<usize> + Sync,
    ) -> Self {
        let words = samples.words();
        let of_word = |word: usize| {
            let mut bits = vec![0_u64; chosen.len() * N_KINDS];
            samples.of_word(word, |bit, drawn| {
                let met = meets(drawn);
                for (at, &unit) in chosen.iter().enumerate() {
                    bits[at * N_KINDS + met[unit]] |= 1 << bit;
                }
            });
            bits
        };
        let by_word: Vec<Vec<u64>> = (0..words).into_par_iter().map(of_word).collect();
        let mut bits = Vec::with_capacity(chosen.len() * N_KINDS * words);
        for at in 0..chosen.len() * N_KINDS {
            bits.extend(by_word.iter().map(|word| word[at]));
        }
        let weights = samples.exact.as_ref();
        let mut chances = Self {
            n: samples.n,
            words,
            bits,
            weights: weights.map(|all| all.iter().map(|(_, p)| *p).collect()),
            single: Vec::new(),
        };
        let all = 0..chosen.len() * N_KINDS;
        chances.single = all.map(|at| chances.chance(at, at)).collect();
        chances
    }

    /// Probability of a kind; (# + 1)/(B + 1) from re-draws.
    pub(super) fn one(&self, unit: usize, kind: usize) -> f64 {
        self.single[unit * N_KINDS + kind]
    }

    pub(super) fn both(&self, (i, k): (usize, usize), (j, l): (usize, usize)) -> f64 {
        self.chance(i * N_KINDS + k, j * N_KINDS + l)
    }

    /// Whether no sample has both.
    pub(super) fn never(&self, (i, k): (usize, usize), (j, l): (usize, usize)) -> bool {
        let (one, other) = (self.row(i * N_KINDS + k), self.row(j * N_KINDS + l));
        one.iter().zip(other).all(|(bits, its)| bits & its == 0)
    }

    /// Whether every object can meet the kind.
    pub(super) fn is_possible(&self, kind: usize) -> bool {
        (0..self.single.len() / N_KINDS).all(|unit| self.one(unit, kind) > 0.0)
    }

    fn row(&self, at: usize) -> &[u64] {
        &self.bits[at * self.words..(at + 1) * self.words]
    }

    fn chance(&self, a: usize, b: usize) -> f64 {
        let common = self.row(a).iter().zip(self.row(b)).map(|(a, b)| a & b);
        let Some(weights) = &self.weights else {
            let hits: u32 = common.map(u64::count_ones).sum();
            let smoothed = if hits > 0 { f64::from(hits) + 1.0 } else { 0.0 };
            return smoothed / (real_len(self.n) + 1.0);
        };
        let common: Vec<u64> = common.collect();
        let hit = |(sample, _): &(usize, &f64)| common[sample / WORD] >> (sample % WORD) & 1 == 1;
        weights.iter().enumerate().filter(hit).map(|(_, p)| p).sum()
    }
}
