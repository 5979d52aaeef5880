//! Seeded resampling: Rao and Wu (1988) within strata for the lift, paired rows for a replay.
//!
//! Every replicate has its own `ChaCha12` stream, so the result does not depend on threads.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::design::Respondent;
use super::interval::Interval;
use super::number::{percentile, real_len};
use crate::units::HashName;

/// A source of replicates; made from the seed of the draw under a tag of its own.
#[derive(Clone, Copy)]
pub(crate) struct Bootstrap {
    seed: [u8; 32],
    pub(crate) replicates: u32,
}

impl Bootstrap {
    pub(crate) fn new(seed: &[u8; 32], tag: &str, replicates: u32) -> Self {
        Self {
            seed: HashName::Sha256.tagged(tag, seed).0,
            replicates,
        }
    }

    fn stream(&self, replicate: u32) -> ChaCha12Rng {
        let mut rng = ChaCha12Rng::from_seed(self.seed);
        rng.set_stream(u64::from(replicate));
        rng
    }

    /// How often each of `n` rows is taken in `n` draws with replacement.
    pub(crate) fn rows(&self, replicate: u32, n: usize) -> Vec<u32> {
        let mut rng = self.stream(replicate);
        let mut times = vec![0; n];
        (0..n).for_each(|_| times[below(&mut rng, n)] += 1);
        times
    }

    /// Rao-Wu factors of the weights: n-1 of the n take-some units of a stratum with replacement, times n/(n-1);
    /// deviations from 1 shrink by √(1-π), so that take-all units stay fixed and large fractions count.
    pub(crate) fn factors(
        &self,
        replicate: u32,
        units: &[Respondent],
        strata: &[Vec<usize>],
    ) -> Vec<f64> {
        let mut rng = self.stream(replicate);
        let mut factors = vec![1.0; units.len()];
        for members in strata.iter().filter(|members| members.len() >= 2) {
            let n = members.len();
            let mut times = vec![0_u32; n];
            (1..n).for_each(|_| times[below(&mut rng, n)] += 1);
            let scale = real_len(n) / real_len(n - 1);
            for (&unit, &time) in members.iter().zip(&times) {
                factors[unit] =
                    1.0 + (1.0 - units[unit].pi).sqrt() * (scale * f64::from(time) - 1.0);
            }
        }
        factors
    }
}

/// The take-some units of every stratum.
pub(crate) fn take_some(units: &[Respondent]) -> Vec<Vec<usize>> {
    let mut strata: Vec<Vec<usize>> = Vec::new();
    for (index, unit) in units.iter().enumerate().filter(|(_, unit)| unit.pi < 1.0) {
        strata.resize(strata.len().max(unit.stratum + 1), Vec::new());
        strata[unit.stratum].push(index);
    }
    strata
}

/// The 95 % percentile interval; `None` when more than 5 % of the replicates gave no value.
pub(crate) fn percentile_interval(values: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
    let all: Vec<Option<f64>> = values.collect();
    let mut known: Vec<f64> = all
        .iter()
        .copied()
        .flatten()
        .filter(|value| value.is_finite())
        .collect();
    if real_len(known.len()) < 0.95 * real_len(all.len()) {
        return None;
    }
    known.sort_by(f64::total_cmp);
    Some(Interval {
        low: percentile(&known, 0.025)?,
        high: percentile(&known, 0.975)?,
    })
}

/// A number below `n`, by multiplication; the bias is below n / 2^64.
fn below(rng: &mut ChaCha12Rng, n: usize) -> usize {
    let wide = u128::from(rng.next_u64()) * (n as u128);
    usize::try_from(wide >> 64).expect("the quotient is below n")
}
