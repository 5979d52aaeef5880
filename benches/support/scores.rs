//! Columns like indicators in Parquet parts, and the probabilities learned models give their rows.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use choucha::risk::learn::{
    BoostedParams, Column, Design, Labels, LogisticParams, Model, PrepareParams, Recipe,
    probability,
};
use polars::prelude::*;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::{PARTS, forget_peak, kept, peak_mb};

/// Columns of a row.
pub const COLUMNS: usize = 60;
/// Rows the models of both sides are fitted on: the first ones of the first part.
pub const LEARNT: usize = 200_000;

fn name(place: usize) -> String {
    format!("x{place:02}")
}

/// The parts of `n` rows, made when they are not there yet.
pub fn parts(n: u64) -> PathBuf {
    let folder = kept(format!("scores-{n}"));
    if !folder.exists() {
        let making = kept(format!("scores-{n}.part"));
        fs::create_dir_all(&making).expect("target can be written");
        let rows = usize::try_from(n).expect("rows fit the machine");
        for part in 0..PARTS {
            let own = rows * (part + 1) / PARTS - rows * part / PARTS;
            write(&mut made(part, own), &file(&making, part));
        }
        fs::rename(&making, &folder).expect("target can be written");
    }
    folder
}

fn file(folder: &Path, part: usize) -> PathBuf {
    folder.join(format!("part-{part:03}.parquet"))
}

/// Counts, days with gaps, rates and money, by turns; three columns say something of what is found.
fn made(part: usize, rows: usize) -> DataFrame {
    let mut rng = ChaCha12Rng::seed_from_u64(part as u64);
    let draws = |rng: &mut ChaCha12Rng| -> Vec<f64> { (0..rows).map(|_| rng.random()).collect() };
    let mut columns = Vec::with_capacity(COLUMNS + 1);
    let mut odds = vec![-2.0; rows];
    for place in 0..COLUMNS {
        let own = draws(&mut rng);
        let weight = [2.0, -1.5, 1.0].get(place).copied().unwrap_or(0.0);
        odds.iter_mut()
            .zip(&own)
            .for_each(|(odds, own)| *odds += weight * own);
        let number = |u: f64| match place % 4 {
            0 => Some((20.0 * u * u).floor()),
            1 => (u > 0.1).then(|| (3_650.0 * u).floor()),
            2 => Some((1_000.0 * u).round() / 1_000.0),
            _ => Some((1e6 * u * u * u).round() / 100.0),
        };
        let values: Vec<Option<f64>> = own.into_iter().map(number).collect();
        columns.push(polars::prelude::Column::new(name(place).into(), values));
    }
    let found: Vec<bool> = odds
        .iter()
        .map(|odds| rng.random::<f64>() < probability(*odds))
        .collect();
    columns.push(polars::prelude::Column::new("found".into(), found));
    DataFrame::new(rows, columns).expect("columns of one length")
}

fn write(frame: &mut DataFrame, path: &Path) {
    let file = File::create(path).expect("target can be written");
    let written = ParquetWriter::new(file).finish(frame);
    written.expect("target can be written");
}

fn read(path: &Path, columns: &[String]) -> DataFrame {
    let wanted: Vec<Expr> = columns.iter().map(|name| col(name.as_str())).collect();
    let scan = LazyFrame::scan_parquet(
        PlRefPath::new(path.to_string_lossy().as_ref()),
        ScanArgsParquet::default(),
    );
    let rows = scan.and_then(|rows| rows.select(wanted).collect());
    rows.expect("a part can be read")
}

fn design(frame: &DataFrame, rows: usize) -> Design {
    let one = |place: usize| {
        let values = frame
            .column(&name(place))
            .and_then(|column| column.f64().cloned());
        let values = values.expect("a column of numbers");
        let values = values
            .iter()
            .take(rows)
            .map(|value| value.unwrap_or(f64::NAN));
        Column::number(&name(place), values.collect())
    };
    Design::new((0..COLUMNS).map(one).collect()).expect("columns of one length")
}

/// Fits a model on the first rows and keeps it.
pub fn fit(kind: &str, n: u64) {
    let path = model(kind, n);
    if path.exists() {
        return;
    }
    let names: Vec<String> = (0..COLUMNS).map(name).chain(["found".to_owned()]).collect();
    let frame = read(&file(&parts(n), 0), &names);
    let rows = LEARNT.min(frame.height());
    let found = frame
        .column("found")
        .and_then(|column| column.bool().cloned());
    let found = found.expect("labels");
    let found = found.iter().take(rows).map(|found| found == Some(true));
    let labels = Labels::unweighted(found.collect()).expect("there are rows");
    let recipe = if kind == "boosted" {
        boosted()
    } else {
        logistic()
    };
    let fitted = recipe
        .fit(&design(&frame, rows), &labels)
        .expect("the rows can be learnt");
    let json = serde_json::to_vec(&fitted).expect("a model is plain values");
    fs::write(path, json).expect("target can be written");
}

fn model(kind: &str, n: u64) -> PathBuf {
    kept(format!("scores-{n}-{kind}.json"))
}

/// Scores every part and writes the probabilities beside; seconds, and the most memory held meanwhile in MB.
pub fn score(kind: &str, n: u64) -> (f64, f64) {
    let own: Model = serde_json::from_slice(&fs::read(model(kind, n)).expect("a fitted model"))
        .expect("a model of this program");
    let (folder, out) = (parts(n), kept(format!("scores-{n}-out")));
    fs::create_dir_all(&out).expect("target can be written");
    let names: Vec<String> = (0..COLUMNS).map(name).collect();
    forget_peak();
    let started = Instant::now();
    for part in 0..PARTS {
        let frame = read(&file(&folder, part), &names);
        let rows = frame.height();
        let design = design(&frame, rows);
        drop(frame);
        let odds = own.log_odds(&design).expect("the columns are the same");
        let scores: Vec<f64> = odds.into_iter().map(probability).collect();
        let column = polars::prelude::Column::new("score".into(), scores);
        let mut scores = DataFrame::new(rows, vec![column]).expect("one column");
        write(&mut scores, &file(&out, part));
    }
    (
        started.elapsed().as_secs_f64(),
        peak_mb("/proc/self/status"),
    )
}

/// The logistic model of the benchmarks.
pub fn logistic() -> Recipe {
    Recipe::Logistic(LogisticParams {
        penalty: 0.04,
        absolute_share: 0.0,
        max_iterations: 50,
        prepare: PrepareParams {
            cap_quantile: 0.995,
            known_rows_min: 20,
            category_rows_min: 50,
            missing_flag_share: 0.01,
            log_above: 5.0,
        },
    })
}

/// The trees of the benchmarks.
pub fn boosted() -> Recipe {
    Recipe::Boosted(BoostedParams {
        trees: 100,
        rate: 0.05,
        leaves: 15,
        l2: 10.0,
        rows_min: 60,
        curvature_min: 0.0,
        row_share: 1.0,
        column_share: 1.0,
        seed: 0,
    })
}
