//! How much does a draw cost beyond its hashes? Tickets, keys and selection against hashing the same ids alone: a ticket per
//! id in an open proof, a tag under the draw key and a ticket of it in a sealed one.
//!
//! `cargo bench --bench draw [-- N …] [-- --hundred-million]`: each size in a process of its own, hash and draw by turns.
//! With the flag 10^8 objects whose ids are made a partition at a time, and never all in memory; the making has a turn of
//! its own, and its seconds are taken off the other two.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use choucha::plan::Proof;
use support::frame::{Bench, Seconds};
use support::{again, forget_peak, measure, median, peak_mb, rate, sizes, words};

const ROUNDS: usize = 9;
const HUNDRED_MILLION: u64 = 100_000_000;
/// Objects a turn goes through at least, so that its seconds can be told.
const TURN: u64 = 1_000_000;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "child") {
        return child(&words[1], &words[2]);
    }
    println!("                        seconds of the clock        ratio to hash");
    println!(
        " proof    objects       hash       draw      clock        cpu   M objects/s   peak MB"
    );
    let all = if words.iter().any(|word| word == "--hundred-million") {
        vec![HUNDRED_MILLION]
    } else {
        sizes(&words, &[100_000, 1_000_000, 10_000_000])
    };
    for n in all {
        for proof in ["open", "sealed"] {
            print!(
                "{}",
                measure(&mut again(&["child", &n.to_string(), proof])).printed
            );
        }
    }
}

fn child(n: &str, name: &str) {
    let n: u64 = n.parse().expect("a number of objects");
    let proof = if name == "open" {
        Proof::Open
    } else {
        Proof::Sealed
    };
    let (mut hash, mut draw) = (Vec::new(), Vec::new());
    if n < HUNDRED_MILLION {
        let bench = Bench::held(n, proof);
        let n_each = TURN.div_ceil(n);
        forget_peak();
        for _ in 0..ROUNDS {
            hash.push(mean((0..n_each).map(|_| bench.hash()), n_each));
            draw.push(mean((0..n_each).map(|_| bench.draw()), n_each));
        }
    } else {
        let bench = Bench::made(n, proof);
        forget_peak();
        for _ in 0..ROUNDS.div_ceil(2) {
            let asked = bench.ask();
            hash.push(bench.hash().less(asked));
            draw.push(bench.draw().less(asked));
        }
    }
    let peak = peak_mb("/proc/self/status");
    let clock = |all: &[Seconds]| median(&all.iter().map(|one| one.clock).collect::<Vec<_>>());
    let ratio = |of: fn(&Seconds) -> f64| {
        let pairs = draw.iter().zip(&hash);
        median(
            &pairs
                .map(|(draw, hash)| of(draw) / of(hash))
                .collect::<Vec<_>>(),
        )
    };
    println!(
        "{name:>6} {n:>10} {:>10.4} {:>10.4} {:>10.2} {:>10.2} {:>13.1} {peak:>9.0}",
        clock(&hash),
        clock(&draw),
        ratio(|seconds| seconds.clock),
        ratio(|seconds| seconds.cpu),
        rate(n, clock(&draw))
    );
}

/// The mean of `n` turns.
fn mean(turns: impl Iterator<Item = Seconds>, n: u64) -> Seconds {
    let n = support::count(n);
    let (clock, cpu) = turns.fold((0.0, 0.0), |(clock, cpu), turn| {
        (clock + turn.clock / n, cpu + turn.cpu / n)
    });
    Seconds { clock, cpu }
}
