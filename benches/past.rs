//! How long does it take to read past draws, and how much memory do they hold?
//!
//! `cargo bench --bench past [-- OBJECTS …]`: the ten past draws of the bench world of so many objects (default 10^6), with their
//! visits and the complaints that everybody's frame is held against, read into waves, engines and results; then the rounds side by
//! side. The snapshot is made before the clock starts, in the same process, whose memory is then counted anew.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::fmt::Write as _;
use std::time::Instant;

use choucha::evaluate::{self, DeterrenceSection, OverTimeParams};
use choucha::facts::{self, Sources};
use choucha::{ingest, registers, units::Meter};
use support::{
    PARTS, again, as_of, forget_peak, kept, measure, peak_mb, rate, sizes, words, world,
};

/// Tables of the world that past draws are read from.
const TABLES: [&str; 4] = ["objects", "draws", "inspections", "credit_events"];
const SECTION: &str = "outcomes = ['投诉举报']\nplacebo_kinds = ['欠税']\ncells = ['industry_section', 'region_code']";

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "child") {
        return child(words[1].parse().expect("a number of objects"));
    }
    println!(
        "   objects   rows of draws    seconds   M rows/s   held before MB   peak MB   rounds side by side s"
    );
    for n in sizes(&words, &[1_000_000]) {
        world(n);
        print!(
            "{}",
            measure(&mut again(&["child", &n.to_string()])).printed
        );
    }
}

fn child(n: u64) {
    let mut tables = String::new();
    for table in TABLES {
        let path = world(n).join(table);
        let _ = writeln!(tables, "{table}.path = '{}'", path.display());
    }
    let tables: ingest::Params = toml::from_str(&tables).expect("tables of a job");
    let (work, meter) = (kept(format!("past-{n}")), Meter::silent());
    std::fs::create_dir_all(&work).expect("target can be written");
    let tables = tables.check().expect("the settings hold");
    let snapshot =
        ingest::read(&tables, as_of(), PARTS, &work, &meter).expect("the world is clean");
    let every = registers::Params::default().check();
    let every = every.expect("the settings hold");
    let compiled = registers::compile(&every, &snapshot, as_of(), &work, &meter);
    let registers = compiled.expect("the snapshot has a frame");
    let section: DeterrenceSection = toml::from_str(SECTION).expect("a section of a job");
    let section = section.check().expect("the settings hold");
    let sources = Sources {
        snapshot: &snapshot,
        registers: &registers,
        classes: &[],
        recorded: None,
    };
    forget_peak();
    let (before, started) = (peak_mb("/proc/self/status"), Instant::now());
    let past = facts::past(&section, &sources, &[1; 32]).expect("sound draws");
    let (seconds, peak) = (
        started.elapsed().as_secs_f64(),
        peak_mb("/proc/self/status"),
    );
    let rows: usize = past.waves.iter().map(|wave| wave.units.len()).sum();
    let rows = u64::try_from(rows).expect("a count");
    let started = Instant::now();
    let params = OverTimeParams {
        replicates: 1_000,
        minimum: evaluate::N_MIN,
    };
    evaluate::over_time(params, &past.rounds, &[1; 32]).expect("sound rounds");
    println!(
        "{n:>10} {rows:>15} {seconds:>10.1} {:>10.2} {before:>16.0} {peak:>9.0} {:>23.1}",
        rate(rows, seconds),
        started.elapsed().as_secs_f64()
    );
}
