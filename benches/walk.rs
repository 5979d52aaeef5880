//! How long is the whole walk, and how much memory does it need? Against just reading its input Parquet and hashing its ids.
//!
//! `cargo bench --bench walk [-- N …] [--partitions P] [--logistic] [--rounds R]`: 10^5 and 10^6 objects of the bench world by
//! default, 10^7 only when asked for (`-- 10000000`). Every run is a process of its own; reading and walking take turns.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use choucha::units::HashName;
use polars::prelude::*;
use rayon::prelude::*;
use support::{Cost, again, choucha, flag, kept, measure, median, rate, sizes, words, world};

const ROUNDS: usize = 3;
/// What `--logistic` adds to `benches/walk/job.toml`.
const LOGISTIC: &str = r#"
[risk.logistic]
l2 = 20.0
max_iterations = 300
positives_min = 100
[risk.labels]
filter = "channel = 'draw' AND visited"
outcome = "found"
each = "visit"
from = "2021-01-01"
"#;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "read") {
        return read(Path::new(&words[1]));
    }
    let numbers =
        |name: &str| flag(&words, name).map(|value| value.parse::<usize>().expect("a number"));
    let (partitions, rounds) = (
        numbers("--partitions"),
        numbers("--rounds").unwrap_or(ROUNDS),
    );
    let values: Vec<String> = ["--partitions", "--rounds"]
        .iter()
        .filter_map(|name| flag(&words, name))
        .collect();
    let plain: Vec<String> = words
        .iter()
        .filter(|word| !values.contains(word))
        .cloned()
        .collect();
    let logistic = words.iter().any(|word| word == "--logistic");
    for n in sizes(&plain, &[100_000, 1_000_000]) {
        walk(n, partitions.unwrap_or(16), rounds, logistic);
    }
}

fn job(logistic: bool) -> PathBuf {
    let path = kept("job.toml");
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/walk/job.toml"));
    let more = if logistic { LOGISTIC } else { "" };
    fs::write(&path, text.expect("the job is there") + more).expect("target can be written");
    path
}

fn walk(n: u64, partitions: usize, rounds: usize, logistic: bool) {
    let (data, job, out) = (world(n), job(logistic), kept("out"));
    let (mut reads, mut walks) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        reads.push(measure(&mut again(&["read", &data.display().to_string()])));
        if out.exists() {
            fs::remove_dir_all(&out).expect("target can be written");
        }
        let mut command = choucha();
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["run", "--log", "info", "--quiet", "--partitions"])
            .arg(partitions.to_string());
        walks.push(measure(
            command
                .arg("--data")
                .arg(&data)
                .arg("--out")
                .arg(&out)
                .arg(&job),
        ));
    }
    let of =
        |costs: &[Cost], get: fn(&Cost) -> f64| median(&costs.iter().map(get).collect::<Vec<_>>());
    let (wall, read) = (of(&walks, |cost| cost.wall), of(&reads, |cost| cost.wall));
    println!(
        "\n{n} objects, {partitions} partitions, logistic {}, medians of {rounds} rounds",
        if logistic { "on" } else { "off" }
    );
    println!("                     wall s     cpu s   peak MB   M objects/s");
    for (name, costs) in [("read and hash", &reads), ("whole walk", &walks)] {
        let wall = of(costs, |cost| cost.wall);
        println!(
            "{name:<16} {wall:>10.2} {:>9.2} {:>9.0} {:>13.3}",
            of(costs, |cost| cost.cpu),
            of(costs, |cost| cost.peak_mb),
            rate(n, wall)
        );
    }
    println!(
        "walk / read      {:>10.2} {:>9.2}",
        wall / read,
        of(&walks, |cost| cost.cpu) / of(&reads, |cost| cost.cpu)
    );
    print_steps(&walks);
}

/// Medians by step: seconds since the step before ended, and the most memory held meanwhile.
fn print_steps(walks: &[Cost]) {
    let mut by_step: BTreeMap<&str, (Vec<f64>, f64)> = BTreeMap::new();
    let mut order = Vec::new();
    for (name, seconds, peak) in walks.iter().flat_map(|walk| &walk.steps) {
        let step = by_step.entry(name).or_insert_with(|| {
            order.push(name.as_str());
            (Vec::new(), 0.0)
        });
        step.0.push(*seconds);
        step.1 = step.1.max(*peak);
    }
    println!("  step                      s   peak MB");
    for name in order {
        let (seconds, peak) = &by_step[name];
        println!("  {name:<20} {:>6.2} {peak:>9.0}", median(seconds));
    }
}

/// Reads every column of every input file and hashes every object id with SHA-256; file beside file.
fn read(data: &Path) {
    let tables =
        ["objects", "inspections", "credit_events", "outcomes"].map(|name| data.join(name));
    let parts = tables
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("the world is there"));
    let small = ["inspectors", "items"].map(|name| data.join(name).with_extension("parquet"));
    let files: Vec<PathBuf> = parts
        .map(|entry| entry.expect("a file").path())
        .chain(small)
        .collect();
    let sum: u64 = files
        .par_iter()
        .map(|file| read_file(file))
        .reduce(|| 0, u64::wrapping_add);
    println!("{sum}");
}

fn read_file(path: &Path) -> u64 {
    let rows = LazyFrame::scan_parquet(
        PlRefPath::new(path.to_string_lossy().as_ref()),
        ScanArgsParquet::default(),
    );
    let rows = rows
        .and_then(LazyFrame::collect)
        .expect("an input can be read");
    let Ok(ids) = rows.column("object_id") else {
        return 0;
    };
    let ids = ids.str().expect("ids are texts").iter().flatten();
    ids.map(|id| u64::from(HashName::Sha256.digest(&[id.as_bytes()]).0[0]))
        .sum()
}
