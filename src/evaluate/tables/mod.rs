//! The evaluation as flat tables, and `tables/*.parquet`.

mod hits;
mod over_time;

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{
    Column as Series, DataFrame, NamedFrom, ParquetCompression, ParquetWriter, Series as Values,
};

use super::Error;
use super::estimates::{Cell, Figure};
use super::evaluation::Evaluation;

/// A flat table: a name, and columns of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name; the file is `<name>.parquet`.
    pub name: String,
    /// Column names and values.
    pub columns: Vec<(String, Column)>,
}

/// Values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<String>),
    /// Whole numbers.
    Count(Vec<u64>),
    /// Floats.
    Number(Vec<Option<f64>>),
}

/// Every table the evaluation holds; a table without rows is left out.
#[must_use]
pub fn tables(evaluation: &Evaluation) -> Vec<Table> {
    let hits = evaluation.hits.iter().flat_map(hits::tables);
    let over_time = evaluation.over_time.iter().flat_map(over_time::tables);
    let all = [
        ingest(evaluation),
        counts("refusals", "rule", &evaluation.facts.refusals),
        counts("exclusions", "reason", &evaluation.facts.exclusions),
        classes(evaluation),
        strata(evaluation),
        rates(evaluation),
        gains(evaluation),
        lift(evaluation),
        calibration(evaluation),
        replay(evaluation),
        replay_by_day(evaluation),
    ];
    all.into_iter()
        .chain(hits)
        .chain(over_time)
        .filter(|table| table.columns.iter().any(|(_, column)| !column.is_empty()))
        .collect()
}

/// Writes every table as `<name>.parquet` (zstd) into the existing folder `dir`; returns the paths written.
///
/// # Errors
/// When a file cannot be written.
pub fn write_parquet(tables: &[Table], dir: &Path) -> Result<Vec<PathBuf>, Error> {
    tables.iter().map(|table| write_one(table, dir)).collect()
}

impl Column {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(values) => values.is_empty(),
            Self::Count(values) => values.is_empty(),
            Self::Number(values) => values.is_empty(),
        }
    }

    fn series(&self, name: &str) -> Series {
        let values = match self {
            Self::Text(values) => Values::new(name.into(), values),
            Self::Count(values) => Values::new(name.into(), values),
            Self::Number(values) => Values::new(name.into(), values),
        };
        values.into()
    }
}

fn write_one(table: &Table, dir: &Path) -> Result<PathBuf, Error> {
    let path = dir.join(format!("{}.parquet", table.name));
    let unwritable = |reason: String| Error::Table {
        path: path.clone(),
        reason,
    };
    let columns: Vec<Series> = table
        .columns
        .iter()
        .map(|(name, column)| column.series(name))
        .collect();
    let mut frame =
        DataFrame::new_infer_height(columns).map_err(|error| unwritable(error.to_string()))?;
    let file = File::create(&path).map_err(|error| unwritable(error.to_string()))?;
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Zstd(None))
        .finish(&mut frame)
        .map_err(|error| unwritable(error.to_string()))?;
    Ok(path)
}

fn table(name: &str, columns: Vec<(&str, Column)>) -> Table {
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name.to_owned(), column))
        .collect();
    Table {
        name: name.to_owned(),
        columns,
    }
}

fn text<T>(rows: &[T], value: impl Fn(&T) -> &str) -> Column {
    Column::Text(rows.iter().map(|row| value(row).to_owned()).collect())
}

fn count<T>(rows: &[T], value: impl Fn(&T) -> u64) -> Column {
    Column::Count(rows.iter().map(value).collect())
}

fn number<T>(rows: &[T], value: impl Fn(&T) -> Option<f64>) -> Column {
    Column::Number(rows.iter().map(value).collect())
}

fn ingest(evaluation: &Evaluation) -> Table {
    let rows = &evaluation.facts.tables;
    let columns = vec![
        ("table", text(rows, |row| &row.table)),
        ("read", count(rows, |row| row.read)),
        ("accepted", count(rows, |row| row.accepted)),
        ("refused", count(rows, |row| row.refused)),
        ("later", count(rows, |row| row.later)),
    ];
    table("ingest", columns)
}

fn counts(name: &str, label: &str, rows: &[super::evaluation::Count]) -> Table {
    table(
        name,
        vec![
            (label, text(rows, |row| &row.label)),
            ("n", count(rows, |row| row.n)),
        ],
    )
}

fn classes(evaluation: &Evaluation) -> Table {
    let rows = &evaluation.facts.classes;
    let columns = vec![
        ("class", text(rows, |row| &row.code)),
        ("name", text(rows, |row| &row.name)),
        ("n_frame", count(rows, |row| row.n_frame)),
        ("n_drawn", count(rows, |row| row.n_drawn)),
        ("ratio", number(rows, |row| row.ratio)),
    ];
    table("classes", columns)
}

fn strata(evaluation: &Evaluation) -> Table {
    let rows = &evaluation.facts.strata;
    let columns = vec![
        ("stratum", text(rows, |row| &row.label)),
        ("n_frame", count(rows, |row| row.n_frame)),
        ("n_drawn", count(rows, |row| row.n_drawn)),
        ("n_take_all", count(rows, |row| row.n_take_all)),
        ("n_levels", count(rows, |row| row.n_levels)),
        ("d", number(rows, |row| Some(row.d))),
    ];
    table("strata", columns)
}

/// Names of the columns of a figure (value, lower end, upper end), and the figure.
type FigureColumns = ([&'static str; 3], fn(&Cell) -> &Figure);

/// A cell and the part of the frame it is a cell of.
type Labelled<'a> = (&'static str, &'a Cell);

fn rates(evaluation: &Evaluation) -> Table {
    let rows: Vec<Labelled> = evaluation.estimates.iter().flat_map(labelled).collect();
    let mut columns = vec![
        ("by", text(&rows, |(by, _)| by)),
        ("label", text(&rows, |(_, cell)| &cell.label)),
        ("n_frame", count(&rows, |(_, cell)| cell.n_frame)),
        ("n_drawn", count(&rows, |(_, cell)| cell.n_drawn)),
        ("n_visited", count(&rows, |(_, cell)| cell.n_visited)),
        ("n_void", count(&rows, |(_, cell)| cell.n_void)),
        (
            "n_unreachable",
            count(&rows, |(_, cell)| cell.n_unreachable),
        ),
        ("n", count(&rows, |(_, cell)| cell.n)),
        ("hits", count(&rows, |(_, cell)| cell.hits)),
        ("n_eff", number(&rows, |(_, cell)| Some(cell.support.n_eff))),
        (
            "weight_share_max",
            number(&rows, |(_, cell)| cell.support.weight_share_max),
        ),
        ("pi_min", number(&rows, |(_, cell)| cell.support.pi_min)),
        (
            "blind_share",
            number(&rows, |(_, cell)| Some(cell.support.blind_share)),
        ),
    ];
    let figures: [FigureColumns; 4] = [
        (["hit_rate", "hit_rate_low", "hit_rate_high"], |cell| {
            &cell.raw
        }),
        (
            ["prevalence", "prevalence_low", "prevalence_high"],
            |cell| &cell.prevalence,
        ),
        (["lift", "lift_low", "lift_high"], |cell| &cell.lift),
        (
            ["opportunity", "opportunity_low", "opportunity_high"],
            |cell| &cell.opportunity,
        ),
    ];
    for ([value, low, high], figure) in figures {
        columns.push((value, number(&rows, |(_, cell)| figure(cell).value)));
        columns.push((low, number(&rows, |(_, cell)| figure(cell).low)));
        columns.push((high, number(&rows, |(_, cell)| figure(cell).high)));
    }
    table("rates", columns)
}

fn labelled(estimates: &super::estimates::Estimates) -> Vec<Labelled<'_>> {
    let mut rows = vec![("all", &estimates.overall)];
    rows.extend(estimates.by_class.iter().map(|cell| ("class", cell)));
    rows.extend(estimates.by_stratum.iter().map(|cell| ("stratum", cell)));
    rows
}

fn gains(evaluation: &Evaluation) -> Table {
    let mut rows = Vec::new();
    let drawn = evaluation
        .estimates
        .as_ref()
        .and_then(|estimates| estimates.ranking.as_ref());
    rows.extend(
        drawn
            .iter()
            .flat_map(|ranking| ranking.gains.iter().map(|point| ("drawn", *point))),
    );
    for (name, model) in evaluation
        .backtest
        .iter()
        .flat_map(|backtest| &backtest.models)
    {
        rows.extend(model.gains.iter().map(|point| (name.as_str(), *point)));
    }
    let columns = vec![
        ("model", text(&rows, |(model, _)| model)),
        ("share", number(&rows, |(_, point)| Some(point.share))),
        ("found", number(&rows, |(_, point)| Some(point.found))),
    ];
    table("gains", columns)
}

fn lift(evaluation: &Evaluation) -> Table {
    let drawn = evaluation
        .estimates
        .as_ref()
        .and_then(|estimates| estimates.ranking.as_ref());
    let drawn = drawn.map(|ranking| ("drawn", &ranking.lift_by_decile));
    let models = evaluation
        .backtest
        .iter()
        .flat_map(|backtest| &backtest.models);
    let models = models.map(|(name, model)| (name.as_str(), &model.lift_by_decile));
    let numbered = |(name, lifts): (&'_ str, &Vec<f64>)| -> Vec<(String, u64, f64)> {
        (1..)
            .zip(lifts)
            .map(|(tenth, &lift)| (name.to_owned(), tenth, lift))
            .collect()
    };
    let rows: Vec<(String, u64, f64)> =
        drawn.into_iter().chain(models).flat_map(numbered).collect();
    let columns = vec![
        ("model", text(&rows, |(model, _, _)| model)),
        ("tenth", count(&rows, |(_, tenth, _)| *tenth)),
        ("lift", number(&rows, |(_, _, lift)| Some(*lift))),
    ];
    table("lift", columns)
}

fn calibration(evaluation: &Evaluation) -> Table {
    let ranking = evaluation
        .estimates
        .as_ref()
        .and_then(|estimates| estimates.ranking.as_ref());
    let rows: Vec<_> = ranking
        .iter()
        .flat_map(|ranking| ranking.calibration.iter().copied())
        .collect();
    let columns = vec![
        ("n", count(&rows, |bin| bin.n)),
        ("n_eff", number(&rows, |bin| Some(bin.n_eff))),
        ("predicted", number(&rows, |bin| Some(bin.predicted))),
        ("observed", number(&rows, |bin| Some(bin.observed))),
        ("low", number(&rows, |bin| Some(bin.low))),
        ("high", number(&rows, |bin| Some(bin.high))),
    ];
    table("calibration", columns)
}

fn replay(evaluation: &Evaluation) -> Table {
    let rows: Vec<_> = evaluation
        .backtest
        .iter()
        .flat_map(|backtest| &backtest.models)
        .collect();
    let columns = vec![
        ("model", text(&rows, |(name, _)| name)),
        ("auc", number(&rows, |(_, model)| model.auc)),
        (
            "auc_low",
            number(&rows, |(_, model)| model.auc_interval.low),
        ),
        (
            "auc_high",
            number(&rows, |(_, model)| model.auc_interval.high),
        ),
        (
            "auc_within_inspector",
            number(&rows, |(_, model)| model.auc_within_inspector),
        ),
        (
            "average_precision",
            number(&rows, |(_, model)| model.average_precision),
        ),
        (
            "days_earlier",
            number(&rows, |(_, model)| model.days_earlier),
        ),
        (
            "days_low",
            number(&rows, |(_, model)| model.days_interval.low),
        ),
        (
            "days_high",
            number(&rows, |(_, model)| model.days_interval.high),
        ),
        (
            "first_half_found",
            count(&rows, |(_, model)| model.first_half_found),
        ),
        (
            "precision_at_10",
            number(&rows, |(_, model)| model.precision_at_10),
        ),
        (
            "precision_at_20",
            number(&rows, |(_, model)| model.precision_at_20),
        ),
    ];
    table("replay", columns)
}

fn replay_by_day(evaluation: &Evaluation) -> Table {
    let mut rows = Vec::new();
    for point in evaluation
        .backtest
        .iter()
        .flat_map(|backtest| &backtest.by_day)
    {
        rows.push((
            point.day.to_string(),
            "as_done",
            point.visits,
            point.as_done,
        ));
        rows.extend(
            point
                .models
                .iter()
                .map(|(name, &found)| (point.day.to_string(), name.as_str(), point.visits, found)),
        );
    }
    let columns = vec![
        ("day", text(&rows, |row| &row.0)),
        ("order", text(&rows, |row| row.1)),
        ("visits", count(&rows, |row| row.2)),
        ("found", count(&rows, |row| row.3)),
    ];
    table("replay_by_day", columns)
}
