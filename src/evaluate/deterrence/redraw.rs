//! Reference distributions: what else a round could have drawn, given its history.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::evaluate::number::real_len;

/// Most samples that are enumerated; above, samples are drawn.
pub(super) const SAMPLES_MAX: usize = 20_000;
/// Largest frame whose samples are enumerated.
const ENUMERATED_MAX: usize = 500;

/// Draws a wave again by the programme that drew it, its probabilities as they were.
pub trait Redraw: Sync {
    /// Sets `drawn` (parallel to the wave's units) to re-draw number `replicate`; the same number gives the same sample,
    /// whatever was asked before it and on whichever thread.
    fn redraw(&self, replicate: u64, drawn: &mut [bool]);

    /// Every possible sample with its probability, where these are few; `None` asks for re-draws.
    fn samples(&self) -> Option<Vec<(Vec<bool>, f64)>> {
        None
    }
}

/// Simple random sampling of a fixed number from every stratum.
#[derive(Clone, Debug)]
pub struct SimpleRandom {
    seed: [u8; 32],
    members: Vec<Vec<usize>>,
    sizes: Vec<usize>,
    n: usize,
}

/// Independent draws, each with its own probability.
#[derive(Clone, Debug)]
pub struct Poisson {
    seed: [u8; 32],
    pi: Vec<f64>,
}

/// A design given by all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Enumerated {
    /// Samples and their probabilities.
    pub samples: Vec<(Vec<bool>, f64)>,
}

impl SimpleRandom {
    /// As many from each stratum as `drawn` shows there; `strata` is parallel to it.
    #[must_use]
    pub fn like(strata: &[u32], drawn: &[bool], seed: [u8; 32]) -> Self {
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut sizes = Vec::new();
        for (unit, (&stratum, &is_drawn)) in strata.iter().zip(drawn).enumerate() {
            let stratum = stratum as usize;
            members.resize(members.len().max(stratum + 1), Vec::new());
            sizes.resize(members.len(), 0);
            members[stratum].push(unit);
            sizes[stratum] += usize::from(is_drawn);
        }
        let n = strata.len();
        Self {
            seed,
            members,
            sizes,
            n,
        }
    }

    /// The product of the binomial coefficients of all strata.
    fn n_samples(&self) -> f64 {
        let of = |(members, &size): (&Vec<usize>, &usize)| -> f64 {
            let n = members.len();
            (0..size.min(n - size.min(n)))
                .map(|k| real_len(n - k) / real_len(k + 1))
                .product()
        };
        self.members.iter().zip(&self.sizes).map(of).product()
    }
}

impl Redraw for SimpleRandom {
    fn redraw(&self, replicate: u64, drawn: &mut [bool]) {
        let mut rng = stream(self.seed, replicate);
        drawn.fill(false);
        for (members, &size) in self.members.iter().zip(&self.sizes) {
            let mut missing = size;
            for (at, &unit) in members.iter().enumerate() {
                // Selection sampling (Knuth, algorithm S): each subset of this size is equally likely.
                if below(&mut rng, members.len() - at) < missing {
                    drawn[unit] = true;
                    missing -= 1;
                }
            }
        }
    }

    fn samples(&self) -> Option<Vec<(Vec<bool>, f64)>> {
        if self.n > ENUMERATED_MAX || self.n_samples() > real_len(SAMPLES_MAX) {
            return None;
        }
        let mut all = vec![vec![false; self.n]];
        for (members, &size) in self.members.iter().zip(&self.sizes) {
            let mut longer = Vec::new();
            for sample in &all {
                choose(sample, members, size, &mut longer)?;
            }
            all = longer;
        }
        let p = 1.0 / real_len(all.len());
        Some(all.into_iter().map(|sample| (sample, p)).collect())
    }
}

impl Poisson {
    /// Probabilities parallel to the wave's units.
    #[must_use]
    pub fn new(pi: Vec<f64>, seed: [u8; 32]) -> Self {
        Self { seed, pi }
    }
}

impl Redraw for Poisson {
    fn redraw(&self, replicate: u64, drawn: &mut [bool]) {
        let mut rng = stream(self.seed, replicate);
        for (drawn, &pi) in drawn.iter_mut().zip(&self.pi) {
            *drawn = uniform(&mut rng) < pi;
        }
    }

    fn samples(&self) -> Option<Vec<(Vec<bool>, f64)>> {
        let open: Vec<usize> = (0..self.pi.len()).filter(|&i| self.pi[i] < 1.0).collect();
        let n = u32::try_from(open.len()).ok().filter(|&n| n < 15)?;
        let sample = |bits: u32| {
            let mut drawn = vec![true; self.pi.len()];
            let mut p = 1.0;
            for (bit, &unit) in open.iter().enumerate() {
                drawn[unit] = bits >> bit & 1 == 1;
                let pi = self.pi[unit];
                p *= if drawn[unit] { pi } else { 1.0 - pi };
            }
            (drawn, p)
        };
        Some((0..1_u32 << n).map(sample).collect())
    }
}

impl Redraw for Enumerated {
    fn redraw(&self, replicate: u64, drawn: &mut [bool]) {
        let place = uniform(&mut stream([0; 32], replicate));
        let mut sum = 0.0;
        let hit = self.samples.iter().find(|(_, p)| {
            sum += p;
            place < sum
        });
        if let Some((sample, _)) = hit.or(self.samples.last()) {
            drawn.copy_from_slice(sample);
        }
    }

    fn samples(&self) -> Option<Vec<(Vec<bool>, f64)>> {
        Some(self.samples.clone())
    }
}

/// Adds `sample` with every choice of `size` of `members`; `None` once there are too many.
fn choose(
    sample: &[bool],
    members: &[usize],
    size: usize,
    into: &mut Vec<Vec<bool>>,
) -> Option<()> {
    if size > members.len() {
        return Some(());
    }
    let Some((&first, rest)) = members.split_first() else {
        into.push(sample.to_vec());
        return (into.len() <= SAMPLES_MAX).then_some(());
    };
    if size > 0 {
        let mut with = sample.to_vec();
        with[first] = true;
        choose(&with, rest, size - 1, into)?;
    }
    choose(sample, rest, size, into)
}

/// The stream of one replicate.
pub(super) fn stream(seed: [u8; 32], replicate: u64) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::from_seed(seed);
    rng.set_stream(replicate);
    rng
}

/// A number below `n`, by multiplication; the bias is below n / 2^64.
fn below(rng: &mut ChaCha12Rng, n: usize) -> usize {
    let wide = u128::from(rng.next_u64()) * (n as u128);
    usize::try_from(wide >> 64).expect("the quotient is below n")
}

/// A number in (0, 1), of 53 bits.
#[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
pub(super) fn uniform(rng: &mut ChaCha12Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}
