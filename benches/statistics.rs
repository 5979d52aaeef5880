//! Are objects drawn as often as their targets say? Sealed draws of small strata, 10^5 under each key and hash.
//!
//! `cargo bench --bench statistics [-- DRAWS]`: every object's frequency under every key, and of all keys together, against
//! its target, as z; the bound is Bonferroni's for one chance in a thousand that any of them passes it.
//!
//! `cargo bench --bench statistics -- coverage [DRAWS]`: how often the interval of the prevalence covers the truth over 2,000
//! draws of populations whose findings are known; 93 to 97 % is asked where a draw has 20 findings and 150 effective results.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../tests/it/coverage.rs"]
mod coverage;
#[path = "../tests/it/frequencies.rs"]
mod frequencies;
mod support;

use std::time::Instant;

use choucha::plan::StratumPlan;
use choucha::units::HashName;
use coverage::World;
use frequencies::{Counts, SmallStrata, bound, greatest, sum};
use support::{sizes, words};

const KEYS: u32 = 4;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "coverage") {
        return print_coverage(sizes(&words, &[2_000])[0]);
    }
    let n_draws = sizes(&words, &[100_000])[0];
    let n_draws = u32::try_from(n_draws).expect("at most 4 x 10^9 draws");
    for hash in [HashName::Sha256, HashName::Sm3] {
        let started = Instant::now();
        let calibrated = Found::of(SmallStrata::sealed(hash), n_draws);
        let plain = Found::of(SmallStrata::sealed(hash).uncalibrated(), n_draws);
        println!(
            "\n{hash:?}: {KEYS} keys x {n_draws} draws, bound of |z| over {} comparisons {:.2}, {:.0} s",
            calibrated.n_compared(),
            bound(calibrated.n_compared()),
            started.elapsed().as_secs_f64()
        );
        print_strata(&calibrated, &plain);
        let most = greatest(&calibrated.z(|_| true));
        let held = most < bound(calibrated.n_compared());
        println!(
            "max |z| {most:.2}: {}",
            if held { "held" } else { "PASSED" }
        );
    }
}

fn print_coverage(n_draws: u64) {
    let n_draws = u32::try_from(n_draws).expect("at most 4 x 10^9 draws");
    println!(
        "{n_draws} draws a world: findings, effective size, coverage of the 95 % interval of the prevalence, bias over sd"
    );
    for world in World::all() {
        let found = world.cover(n_draws);
        let inside = (0.93..=0.97).contains(&found.share);
        let verdict = match (found.is_held_to_it(), inside) {
            (true, true) => "held",
            (true, false) => "PASSED",
            (false, _) => "below the sizes it is asked for",
        };
        println!(
            "{:<32} {:>6.1} {:>7.1} {:>7.4} ± {:.4} {:>7.3}   {verdict}",
            world.name,
            found.hits,
            found.n_eff,
            found.share,
            (0.95 * 0.05 / found.n_draws).sqrt(),
            found.bias / found.sd
        );
    }
}

/// Counts under each key, the last of all keys together.
struct Found {
    strata: SmallStrata,
    counts: Vec<(Counts, u32)>,
}

impl Found {
    fn of(strata: SmallStrata, n_draws: u32) -> Self {
        let by_key = (0..KEYS).map(|key| (strata.count(key, n_draws), n_draws));
        let mut counts: Vec<(Counts, u32)> = by_key.collect();
        let all = counts[1..].iter();
        let all = all.fold(counts[0].0.clone(), |all, (more, _)| sum(&all, more));
        counts.push((all, KEYS * n_draws));
        Self { strata, counts }
    }

    fn n_compared(&self) -> usize {
        self.z(|_| true).len()
    }

    /// z of the objects of some strata, under every key and of all keys.
    fn z(&self, of: impl Fn(&StratumPlan) -> bool) -> Vec<f64> {
        let objects = self.strata.objects();
        let of_counts = |(counts, n_draws): &(Counts, u32)| {
            let z = self.strata.z(counts, *n_draws).into_iter().zip(&objects);
            let chosen = z.filter(|(_, (stratum, _))| of(stratum));
            chosen.map(|(z, _)| z).collect::<Vec<_>>()
        };
        self.counts.iter().flat_map(of_counts).collect()
    }

    /// max |frequency / target - 1| of a stratum's objects over all keys.
    fn off_by(&self, of: &StratumPlan) -> f64 {
        let (counts, n_draws) = self.counts.last().expect("all keys");
        let objects = counts.iter().zip(self.strata.objects());
        let chosen = objects.filter(|(_, (stratum, _))| stratum.label == of.label);
        let off = chosen.map(|(&count, (_, level))| {
            (f64::from(count) / (f64::from(*n_draws) * level.target) - 1.0).abs()
        });
        off.fold(0.0, f64::max)
    }
}

fn print_strata(calibrated: &Found, plain: &Found) {
    println!(
        "                            with the published λ                            with λ = target"
    );
    println!(
        "stratum                 π(λ)/target-1   frequency/target-1   max |z|   π(λ)/target-1   max |z|"
    );
    let strata = calibrated.strata.plan.strata.iter();
    for (stratum, uncalibrated) in strata.zip(&plain.strata.plan.strata) {
        let z = |found: &Found| greatest(&found.z(|of| of.label == stratum.label));
        println!(
            "{:<22} {:>14.1e} {:>20.1e} {:>9.2} {:>15.1e} {:>9.2}",
            stratum.label,
            SmallStrata::relative_error(stratum),
            calibrated.off_by(stratum),
            z(calibrated),
            SmallStrata::relative_error(uncalibrated),
            z(plain)
        );
    }
}
