//! How long do re-draws of a county take, and do intervals cover a planted effect as often as they say?
//!
//! `cargo bench --bench deterrence [-- OBJECTS [REDRAWS [WORLDS]]]`: default 30,000 objects, 2,000 re-draws, 0 worlds. Worlds are
//! drawn with and without an effect of -0.021 on an outcome seen for everyone; coverage and false claims come with their
//! Monte-Carlo error.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../tests/it/planted.rs"]
mod planted;
mod support;

use std::time::Instant;

use choucha::evaluate::{
    Comparison, Deterrence, DeterrenceParams, Redraw, SimpleRandom, Verdict, Wave, deterrence,
};
use planted::{Planted, county};
use support::{sizes, words};

const EFFECT: f64 = -0.021;
/// Re-draws of each world: enough for ends at 5 %.
const REDRAWS: u32 = 199;

fn main() {
    let sizes = sizes(&words(), &[30_000, 2_000, 0]);
    let [n, redraws, worlds] = [0, 1, 2].map(|at| sizes.get(at).copied().unwrap_or(0));
    let n = u32::try_from(n).expect("a county");
    let build = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    println!(
        "{n} objects, {} threads, {build} build",
        rayon::current_num_threads()
    );
    let planted = Planted {
        n,
        waves: 1,
        own: EFFECT,
        peers: 0.0,
        revisited: 0.0,
    };
    time(
        &planted,
        u32::try_from(redraws).expect("a number of re-draws"),
    );
    for own in [EFFECT, 0.0].into_iter().filter(|_| worlds > 0) {
        simulate(&Planted { own, ..planted }, worlds);
    }
}

fn time(planted: &Planted, redraws: u32) {
    let (waves, designs) = county(planted, 1);
    for rings_km in [Vec::new(), vec![1.0, 5.0, 20.0]] {
        let started = Instant::now();
        let n_rings = rings_km.len();
        let found = found(&waves, &designs, redraws.max(99), rings_km);
        println!(
            "{redraws} re-draws, {n_rings} rings and as many placebo rings: {:.1} s (p {:.4})",
            started.elapsed().as_secs_f64(),
            found.specific[0].itt.redrawn.map_or(1.0, |test| test.p)
        );
    }
}

fn found(waves: &[Wave], designs: &[SimpleRandom], redraws: u32, rings_km: Vec<f64>) -> Deterrence {
    let engines: Vec<&dyn Redraw> = designs.iter().map(|design| design as &dyn Redraw).collect();
    let params = DeterrenceParams {
        comparison: Comparison::DrawnWithNotDrawn,
        rings_km,
        redraws,
        effect_asked: 1.0 / 3.0,
    };
    deterrence(waves, &engines, &params, &[1; 32]).expect("a lawful world")
}

/// Coverage of the intervals, and how often an effect is claimed.
fn simulate(planted: &Planted, worlds: u64) {
    let (mut covered, mut by_error, mut claims, mut headlines) = (0, 0, 0, 0);
    let (mut sum, mut squares) = (0.0, 0.0);
    for world in 0..worlds {
        let (waves, designs) = county(planted, 10_000 + world);
        let found = found(&waves, &designs, REDRAWS, Vec::new());
        let itt = &found.specific[0].itt;
        let (value, se) = (itt.value.unwrap_or(0.0), itt.se.unwrap_or(0.0));
        let within = |low: f64, high: f64| u64::from(low <= planted.own && planted.own <= high);
        covered += within(itt.low.unwrap_or(1.0), itt.high.unwrap_or(-1.0));
        by_error += within(value - 1.99 * se, value + 1.99 * se);
        claims += u64::from(itt.verdict == Verdict::Significant);
        headlines += u64::from(found.headline.verdict == Verdict::Significant);
        sum += value;
        squares += value * value;
    }
    let n = f64::from(u32::try_from(worlds).expect("few worlds"));
    let share = |count: u64| f64::from(u32::try_from(count).expect("few worlds")) / n;
    let mean = sum / n;
    let error = |p: f64| (p * (1.0 - p) / n).sqrt();
    let coverage = share(covered);
    println!(
        "{worlds} worlds, effect {}: mean {mean:.4}, sd {:.4}; covered by re-drawing {coverage:.3} ± {:.3}, by clustered t {:.3}; \
         claimed {:.3} ± {:.3}, headline {:.3}",
        planted.own,
        (squares / n - mean * mean).max(0.0).sqrt(),
        error(coverage),
        share(by_error),
        share(claims),
        error(share(claims)),
        share(headlines)
    );
}
