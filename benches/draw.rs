//! How much does a draw cost beyond its hashes? Tickets, keys and selection against hashing the same ids alone.
//!
//! `cargo bench --bench draw [-- N …]`: each size in a process of its own, hash and draw by turns.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use support::frame::Bench;
use support::{again, forget_peak, measure, median, peak_mb, rate, sizes, words};

const ROUNDS: usize = 9;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "child") {
        return child(words[1].parse().expect("a number of objects"));
    }
    println!("                 seconds of the clock        ratio to hash");
    println!(
        "   objects       hash       draw      clock        cpu   M objects/s   peak MB, rows included"
    );
    for n in sizes(&words, &[100_000, 1_000_000, 10_000_000]) {
        print!(
            "{}",
            measure(&mut again(&["child", &n.to_string()])).printed
        );
    }
}

fn child(n: u64) {
    let bench = Bench::new(n);
    forget_peak();
    let (mut hash, mut draw) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        hash.push(bench.hash());
        draw.push(bench.draw());
    }
    let clock = |all: &[(f64, f64)]| median(&all.iter().map(|one| one.0).collect::<Vec<_>>());
    let cpu = |all: &[(f64, f64)]| median(&all.iter().map(|one| one.1).collect::<Vec<_>>());
    let peak = peak_mb("/proc/self/status");
    println!(
        "{n:>10} {:>10.4} {:>10.4} {:>10.2} {:>10.2} {:>13.1} {peak:>9.0}",
        clock(&hash),
        clock(&draw),
        clock(&draw) / clock(&hash),
        cpu(&draw) / cpu(&hash),
        rate(n, clock(&draw))
    );
}
