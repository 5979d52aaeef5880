//! How long do re-draws of a county take, and do intervals cover a planted effect as often as they say?
//!
//! `cargo bench --bench deterrence [-- OBJECTS [REDRAWS [WORLDS]]]`: default 30,000 objects, 2,000 re-draws, 0 worlds. Worlds are
//! drawn without an effect on an outcome seen for everyone, and with small and large ones; coverage, mean width and false claims come
//! with their Monte-Carlo error.
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

/// Planted effects, in the chance of an outcome: a small one, none, and two that change how much the drawn vary.
const EFFECTS: [f64; 4] = [-0.021, 0.0, -0.055, 0.15];
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
        own: EFFECTS[0],
        peers: 0.0,
        revisited: 0.0,
    };
    time(
        &planted,
        u32::try_from(redraws).expect("a number of re-draws"),
    );
    for own in EFFECTS.into_iter().filter(|_| worlds > 0) {
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

/// Intervals of one kind over all worlds.
#[derive(Default)]
struct Intervals {
    covered: f64,
    width: f64,
    n: f64,
}

impl Intervals {
    fn add(&mut self, ends: Option<(f64, f64)>, truth: f64) {
        let Some((low, high)) = ends else { return };
        self.covered += f64::from(u8::from(low <= truth && truth <= high));
        self.width += high - low;
        self.n += 1.0;
    }

    fn said(&self) -> String {
        let share = self.covered / self.n;
        format!(
            "{share:.3} ± {:.3} (width {:.4})",
            (share * (1.0 - share) / self.n).sqrt(),
            self.width / self.n
        )
    }
}

/// Coverage and width of the intervals, and how often an effect is claimed.
fn simulate(planted: &Planted, worlds: u64) {
    let (mut redrawn, mut clustered, mut shown) = <(Intervals, Intervals, Intervals)>::default();
    let (mut claims, mut headlines, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
    for world in 0..worlds {
        let (waves, designs) = county(planted, 10_000 + world);
        let found = found(&waves, &designs, REDRAWS, Vec::new());
        let itt = &found.specific[0].itt;
        let (value, se) = (itt.value.unwrap_or(0.0), itt.se.unwrap_or(0.0));
        let test = itt.redrawn.and_then(|test| Some((test.low?, test.high?)));
        redrawn.add(test, planted.own);
        clustered.add(Some((value - 1.99 * se, value + 1.99 * se)), planted.own);
        shown.add(itt.low.zip(itt.high), planted.own);
        let is_claim = |verdict: Verdict| f64::from(u8::from(verdict == Verdict::Significant));
        claims += is_claim(itt.verdict);
        headlines += is_claim(found.headline.verdict);
        sum += value;
        squares += value * value;
    }
    let n = f64::from(u32::try_from(worlds).expect("few worlds"));
    let mean = sum / n;
    let share = |count: f64| {
        format!(
            "{:.3} ± {:.3}",
            count / n,
            (count / n * (1.0 - count / n) / n).sqrt()
        )
    };
    println!(
        "{worlds} worlds, effect {}: mean {mean:.4}, sd {:.4}; covered by re-drawing {}, by clustered t {}, as shown {}; \
         claimed {}, headline {}",
        planted.own,
        (squares / n - mean * mean).max(0.0).sqrt(),
        redrawn.said(),
        clustered.said(),
        shown.said(),
        share(claims),
        share(headlines)
    );
}
