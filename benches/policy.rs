//! How many firms × periods × policies × seeds does the planning simulator walk in a second?
//!
//! `cargo bench --bench policy [-- FIRMS …]`: the shipped county, 60 periods, four policies, four seeds, each mode by itself. The
//! same loop in numpy: `python benches/peers/peers.py numpy-policy FIRMS 60`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::time::Instant;

use choucha::simulate::{PolicyWorld, compare};
use choucha::units::Meter;
use support::{sizes, words};

const PERIODS: u32 = 60;
const SEEDS: u32 = 4;
/// Policies of the shipped world.
const POLICIES: u32 = 4;

fn main() {
    let text = include_str!("../pipelines/worlds/policy.toml");
    for firms in sizes(&words(), &[20_000, 200_000]) {
        for mode in ["myopic", "forward"] {
            let only = format!("modes = [\"{mode}\"]");
            let text = text.replace("modes = [\"myopic\", \"forward\"]", &only);
            let world =
                PolicyWorld::parse(&text, "policy.toml").expect("the shipped world is sound");
            let world = world.resized(firms, PERIODS, SEEDS).expect("the sizes fit");
            let started = Instant::now();
            let report = compare(&world, &Meter::silent()).expect("the world can be simulated");
            let seconds = started.elapsed().as_secs_f64();
            assert!(report.outcomes.iter().all(|one| one.violation.mean > 0.0));
            let steps = count(firms) * f64::from(PERIODS * SEEDS * POLICIES);
            println!(
                "{mode}: {firms} firms x {PERIODS} periods x {POLICIES} policies x {SEEDS} seeds, {seconds:.2} s, {:.1} million steps/s",
                steps / seconds / 1e6
            );
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "firms stay far below 2^53")]
fn count(firms: u64) -> f64 {
    firms as f64
}
