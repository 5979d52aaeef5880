//! Is it as fast as the tools next door? The same indicator query in `DuckDB` and Python polars, the same draw in numpy, the
//! same register files in `DuckDB`, pandas and openpyxl, the same rows scored by `LightGBM` and scikit-learn.
//!
//! `cargo bench --bench peers [-- draws | files | workbooks | scores] [N …]`, with the Python of `CHOUCHA_PYTHON` (default `python3`), the packages of
//! `benches/peers/requirements.txt`, and R with `sps` where `Rscript` has it; a word
//! leaves the other comparisons out. All read the
//! same Parquet files; the answers are compared column by column first; then all are timed by turns, each round in fresh
//! processes that time themselves.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use choucha::plan::Proof;
use polars::prelude::*;
use support::frame::Bench;
use support::query::Query;
use support::{
    again, as_of, files, forget_peak, kept, measure, median, number, peak_mb, scores, sizes,
    snapshot, words,
};

const ROUNDS: usize = 5;
/// Share that is drawn.
const FRACTION: &str = "0.05";
/// Sums of fractions are whole multiples of 2^-20 here and floating-point numbers there.
const ALLOWED: f64 = 1e-4;

fn main() {
    let words = words();
    match words.first().map(String::as_str) {
        Some("query") => return query(words[1].parse().expect("a number of objects")),
        Some("draw") => return draw(words[1].parse().expect("a number of objects"), Proof::Open),
        Some("sealed-draw") => {
            return draw(
                words[1].parse().expect("a number of objects"),
                Proof::Sealed,
            );
        }
        Some("read") => return timed_read(Path::new(&words[1]), files::read),
        Some("score") => {
            return score(&words[1], words[2].parse().expect("a number of objects"));
        }
        Some("decode") => return timed_read(Path::new(&words[1]), files::decode),
        _ => {}
    }
    if let Err(reason) = has_packages() {
        println!(
            "{reason}\nnothing was compared: pip install -r benches/peers/requirements.txt and set CHOUCHA_PYTHON"
        );
        return;
    }
    let wants = |part: &str| {
        words
            .first()
            .is_none_or(|word| word == part || word.parse::<u64>().is_ok())
    };
    if wants("files") {
        for n in sizes(&words, &[1_000_000]) {
            compare_files(n);
        }
    }
    if wants("workbooks") {
        for n in sizes(&words, &[100_000]) {
            compare_workbooks(n);
        }
    }
    if wants("queries") {
        for n in sizes(&words, &[1_000_000]) {
            compare_queries(n);
        }
    }
    if wants("scores") {
        for n in sizes(&words, &[10_000_000]) {
            compare_scores(n);
        }
    }
    if !wants("draws") {
        return;
    }
    let with_r = has_sps();
    if !with_r {
        println!("R sps: not installed\n");
    }
    for n in sizes(&words, &[100_000, 1_000_000, 10_000_000]) {
        compare_draws(n, with_r);
    }
}

fn python() -> Command {
    Command::new(std::env::var("CHOUCHA_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

fn has_packages() -> Result<(), String> {
    let output = python()
        .args([
            "-c",
            "import duckdb, lightgbm, numpy, openpyxl, pandas, polars, pyarrow, sklearn",
        ])
        .output();
    let output = output.map_err(|error| format!("{:?}: {error}", python()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{:?}: {}",
        python(),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

fn has_sps() -> bool {
    let output = Command::new("Rscript")
        .args(["-e", "library(sps)"])
        .output();
    output.is_ok_and(|output| output.status.success())
}

fn script(mut interpreter: Command, name: &str, words: &[&str]) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    interpreter.arg(folder.join(name)).args(words);
    interpreter
}

fn peer(words: &[&str]) -> Command {
    script(python(), "peers.py", words)
}

/// A tool by name, and how it is run.
type Tool = (&'static str, Box<dyn Fn() -> Command>);

fn compare_queries(n: u64) {
    let (data, out) = (snapshot(n).display().to_string(), answers(n));
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string();
    let other = |name: &'static str| -> Tool {
        let (data, threads) = (data.clone(), threads.clone());
        let out = out.join(format!("{name}.parquet")).display().to_string();
        let day = as_of().to_string();
        (
            name,
            Box::new(move || peer(&[name, &data, &day, &out, &threads])),
        )
    };
    let ours: Tool = (
        "choucha",
        Box::new(move || again(&["query", &n.to_string()])),
    );
    let tools = [ours, other("duckdb"), other("polars")];
    for (_, command) in &tools {
        measure(&mut command()); // once for the answers, and so that all files are in the page cache
    }
    for name in ["duckdb", "polars"] {
        let different = differences(n, &out.join(format!("{name}.parquet")));
        println!("answers of {name} over {n} objects: {different}");
    }
    print_ratios("indicators", n, &tools);
}

/// A register as text: ours from GB18030 and from UTF-8, `DuckDB` from UTF-8, which is all it reads, pandas from GB18030.
fn compare_files(n: u64) {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string();
    let path = |kind| files::register(n, kind).display().to_string();
    let (utf8, gb18030) = (path("csv"), path("gb18030.csv"));
    let out = kept(format!("files-{n}.parquet")).display().to_string();
    let ours = |name: &'static str, word: &'static str, file: &String| -> Tool {
        let file = file.clone();
        (name, Box::new(move || again(&[word, &file])))
    };
    let theirs = |name: &'static str, word: &'static str, file: &String| -> Tool {
        let (file, out, threads) = (file.clone(), out.clone(), threads.clone());
        (name, Box::new(move || peer(&[word, &file, &out, &threads])))
    };
    let tools = [
        ours("choucha, GB18030", "read", &gb18030),
        ours("choucha, UTF-8", "read", &utf8),
        ours("choucha, GB18030, decoded alone", "decode", &gb18030),
        theirs("DuckDB, UTF-8", "duckdb-csv", &utf8),
        theirs("pandas, GB18030", "pandas-csv", &gb18030),
    ];
    print_ratios("register as CSV to typed Parquet", n, &tools);
}

/// A register as a workbook.
fn compare_workbooks(n: u64) {
    let file = files::register(n, "xlsx").display().to_string();
    let out = kept(format!("workbook-{n}.parquet")).display().to_string();
    let ours = file.clone();
    let tools: [Tool; 2] = [
        ("choucha", Box::new(move || again(&["read", &ours]))),
        (
            "openpyxl, read_only, and pyarrow",
            Box::new(move || peer(&["openpyxl", &file, &out])),
        ),
    ];
    print_ratios("register as xlsx to typed Parquet", n, &tools);
}

/// Rows of 60 columns in Parquet parts to probabilities in Parquet parts, by models each side fitted on the same first rows.
fn compare_scores(n: u64) {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string();
    let data = scores::parts(n).display().to_string();
    let pairs = [
        ("boosted", "lightgbm", "LightGBM, polars in Python"),
        ("logistic", "sklearn", "scikit-learn, polars in Python"),
    ];
    for (own, word, name) in pairs {
        scores::fit(own, n);
        let out = kept(format!("scores-{n}-{word}")).display().to_string();
        let theirs = |act: &str| peer(&[&format!("{word}-{act}"), &data, &out, &threads]);
        measure(&mut theirs("fit"));
        let n_text = n.to_string();
        let ours: Tool = ("choucha", Box::new(move || again(&["score", own, &n_text])));
        let (data, threads) = (data.clone(), threads.clone());
        let other: Tool = (
            name,
            Box::new(move || peer(&[&format!("{word}-score"), &data, &out, &threads])),
        );
        print_ratios(&format!("scores by {own}"), n, &[ours, other]);
    }
}

fn score(kind: &str, n: u64) {
    let (seconds, peak) = scores::score(kind, n);
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "peak_mb": peak })
    );
}

fn timed_read(path: &Path, read: fn(&Path) -> u64) {
    forget_peak();
    let started = std::time::Instant::now();
    let rows = read(path);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "peak_mb": peak_mb("/proc/self/status"), "rows": rows })
    );
}

fn answers(n: u64) -> PathBuf {
    let folder = kept(format!("answers-{n}"));
    std::fs::create_dir_all(&folder).expect("target can be written");
    folder
}

fn compare_draws(n: u64, with_r: bool) {
    let n_text = n.to_string();
    let ours = |name: &'static str, word: &'static str| -> Tool {
        let n = n_text.clone();
        (name, Box::new(move || again(&[word, &n])))
    };
    let theirs = |name: &'static str, command: fn(&str) -> Command| -> Tool {
        let n = n_text.clone();
        (name, Box::new(move || command(&n)))
    };
    let mut tools = vec![
        ours("choucha", "draw"),
        ours("choucha, sealed", "sealed-draw"),
        theirs("numpy", |n| peer(&["numpy", n, FRACTION])),
    ];
    if with_r {
        let sps = |n: &str| script(Command::new("Rscript"), "sps.R", &[n, FRACTION]);
        tools.push(theirs("R sps", sps));
    }
    print_ratios("draw", n, &tools);
}

fn print_ratios(what: &str, n: u64, tools: &[Tool]) {
    let mut costs: Vec<(Vec<f64>, f64)> = vec![(Vec::new(), 0.0); tools.len()];
    for _ in 0..ROUNDS {
        for ((_, command), (seconds, peak)) in tools.iter().zip(&mut costs) {
            let printed = measure(&mut command()).printed;
            seconds.push(number(&printed, "seconds"));
            *peak = peak.max(number(&printed, "peak_mb"));
        }
    }
    println!("\n{what}, {n} objects, medians of {ROUNDS} rounds      s   peak MB   choucha / it");
    let ours = median(&costs[0].0);
    for ((name, _), (seconds, peak)) in tools.iter().zip(&costs) {
        let seconds = median(seconds);
        println!(
            "  {name:<40} {seconds:>9.3} {peak:>9.0} {:>14.2}",
            ours / seconds
        );
    }
    println!();
}

fn query(n: u64) {
    let (seconds, peak) = Query::new(n).ask();
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "peak_mb": peak })
    );
}

fn draw(n: u64, proof: Proof) {
    let bench = Bench::held(n, proof);
    bench.draw(); // once to warm up, as numpy does
    forget_peak();
    let seconds = bench.draw().clock;
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds, "peak_mb": peak_mb("/proc/self/status") })
    );
}

/// In words, how the answer in `theirs` differs from ours.
fn differences(n: u64, theirs: &Path) -> String {
    let ours = sorted(&Query::answer(n).join("*.parquet"));
    let theirs = sorted(theirs);
    assert_eq!(ours.height(), theirs.height(), "one row per object");
    let names = ours.get_column_names_owned().into_iter();
    let names: Vec<_> = names.filter(|name| name != "as_of").collect();
    let mut said = Vec::new();
    for name in &names {
        let (most, n_null) = difference(&ours, &theirs, name);
        assert_eq!(
            n_null, 0,
            "{name}: known in one answer and unknown in the other"
        );
        assert!(most <= ALLOWED, "{name}: {most}");
        if most > 0.0 {
            said.push(format!("{name} differs by at most {most:.1e}"));
        }
    }
    format!(
        "{} columns, same values; {}",
        names.len(),
        if said.is_empty() {
            "to the bit".to_owned()
        } else {
            said.join(", ")
        }
    )
}

fn sorted(path: &Path) -> DataFrame {
    let scan = LazyFrame::scan_parquet(
        PlRefPath::new(path.to_string_lossy().as_ref()),
        ScanArgsParquet::default(),
    );
    let sorted = scan.and_then(|rows| {
        rows.sort(["object_key"], SortMultipleOptions::default())
            .collect()
    });
    sorted.expect("an answer can be read")
}

/// Largest difference of a column's values, and how many are null on one side only.
fn difference(ours: &DataFrame, theirs: &DataFrame, name: &str) -> (f64, usize) {
    let column = |frame: &DataFrame| {
        let column = frame.column(name).unwrap_or_else(|error| panic!("{error}"));
        if column.dtype() == &DataType::UInt64 {
            return column
                .u64()
                .expect("keys")
                .iter()
                .map(|key| key.map(|key| f64::from(u32::try_from(key >> 32).expect("32 bits"))))
                .collect();
        }
        let numbers = column.cast(&DataType::Float64).expect("a number");
        numbers.f64().expect("a number").iter().collect::<Vec<_>>()
    };
    let (mut most, mut n_null) = (0.0_f64, 0);
    for pair in column(ours).into_iter().zip(column(theirs)) {
        match pair {
            (Some(a), Some(b)) => most = most.max((a - b).abs()),
            (None, None) => {}
            _ => n_null += 1,
        }
    }
    (most, n_null)
}
