//! How fast are indicators? The 18 of `benches/peers/catalogue.toml` over a snapshot of the bench world.
//!
//! `cargo bench --bench indicators [-- FILE] [N …]`: default 10^6 objects; the snapshot is made once and kept in `target/bench-data`.
//! FILE is another catalogue, such as `pipelines/indicators/general.toml`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use support::query::Query;
use support::{again, measure, median, rate, sizes, snapshot, words};

const ROUNDS: usize = 5;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "child") {
        return child(words[1].parse().expect("a number of objects"), &words[2]);
    }
    let catalogue = words.iter().find(|word| word.contains('/'));
    let catalogue = catalogue.map_or("benches/peers/catalogue.toml", String::as_str);
    println!("   objects          s   M objects/s   peak MB");
    for n in sizes(&words, &[1_000_000]) {
        snapshot(n);
        print!(
            "{}",
            measure(&mut again(&["child", &n.to_string(), catalogue])).printed
        );
    }
}

fn child(n: u64, catalogue: &str) {
    let query = Query::of(n, catalogue);
    let asked: Vec<(f64, f64)> = (0..ROUNDS).map(|_| query.ask()).collect();
    let seconds = median(&asked.iter().map(|one| one.0).collect::<Vec<_>>());
    let peak = asked.iter().map(|one| one.1).fold(0.0, f64::max);
    println!(
        "{n:>10} {seconds:>10.3} {:>13.2} {peak:>9.0}",
        rate(n, seconds)
    );
}
