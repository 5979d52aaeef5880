//! The refusal table: every refused row with its file, line, column, value and rule, as Parquet and as CSV that Excel opens.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use super::checks::Check;
use super::convert;
use super::error::Error;
use super::gather::{Reader, Refused};
use super::source::{LINE, Ragged, Source};

const COLUMNS: [&str; 7] = [
    "source", "sheet", "line", "column", "value", "rule", "message",
];
const ROW: &str = "__row";
/// Refusals resolved at once.
const BATCH: usize = 100_000;

/// One refused row.
struct Refusal<'a> {
    line: u64,
    column: String,
    value: Option<String>,
    rule: &'static str,
    message: String,
    source: &'a str,
}

/// Both files, while they are written.
pub(super) struct Refusals {
    pub(super) path: PathBuf,
    parquet: BatchedWriter<File>,
    csv: csv::Writer<File>,
    written: u64,
    first: Option<String>,
    last: Option<String>,
}

impl Refusals {
    /// Opens `refused.parquet` and `refused.csv` in `work`.
    pub(super) fn create(work: &Path) -> Result<Self, Error> {
        let path = work.join("refused.parquet");
        let file = File::create(&path).map_err(Error::io(&path))?;
        let dtype = |name: &str| {
            if name == "line" {
                DataType::UInt64
            } else {
                DataType::String
            }
        };
        let schema: Schema = COLUMNS
            .iter()
            .map(|name| (PlSmallStr::from(*name), dtype(name)))
            .collect();
        let parquet = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            .batched(&schema);
        let csv_path = work.join("refused.csv");
        let mut file = File::create(&csv_path).map_err(Error::io(&csv_path))?;
        file.write_all("\u{feff}".as_bytes())
            .map_err(Error::io(&csv_path))?;
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        csv.write_record(COLUMNS)
            .map_err(|error| text_failed(&error))?;
        Ok(Self {
            path,
            parquet: parquet.map_err(Error::engine("open the refusal table"))?,
            csv,
            written: 0,
            first: None,
            last: None,
        })
    }

    /// Adds the refusals of a table (sorted by place) and its rows of wrong width; returns how many there are.
    pub(super) fn add(&mut self, reader: &Reader, refused: &[Refused]) -> Result<u64, Error> {
        let before = self.written;
        let rules = reader.rules();
        let mut rest = refused;
        for (index, source) in reader.sources.iter().enumerate() {
            let n = rest.partition_point(|(pos, _)| pos.file() <= index);
            self.add_file(reader, &rules, source, &rest[..n])?;
            rest = &rest[n..];
        }
        Ok(self.written - before)
    }

    fn add_file(
        &mut self,
        reader: &Reader,
        rules: &[Check],
        source: &Source,
        refused: &[Refused],
    ) -> Result<(), Error> {
        let mut ragged = source.ragged.as_slice();
        for batch in refused.chunks(BATCH) {
            let mut found = resolve(reader, rules, source, batch)?;
            let last = found.last().map_or(0, |refusal| refusal.line);
            let n = ragged.partition_point(|row| row.line <= last);
            found.extend(ragged[..n].iter().map(|row| field_count(source, *row)));
            ragged = &ragged[n..];
            found.sort_by_key(|refusal| refusal.line);
            self.write(&found)?;
        }
        for batch in ragged.chunks(BATCH) {
            self.write(
                &batch
                    .iter()
                    .map(|row| field_count(source, *row))
                    .collect::<Vec<_>>(),
            )?;
        }
        Ok(())
    }

    fn write(&mut self, rows: &[Refusal]) -> Result<(), Error> {
        let text = |name: &str, values: Vec<Option<&str>>| Column::new(name.into(), values);
        let columns = vec![
            text("source", rows.iter().map(|row| Some(row.source)).collect()),
            Column::new("sheet".into(), vec![None::<&str>; rows.len()]),
            Column::new(
                "line".into(),
                rows.iter().map(|row| row.line).collect::<Vec<_>>(),
            ),
            text(
                "column",
                rows.iter().map(|row| Some(row.column.as_str())).collect(),
            ),
            text(
                "value",
                rows.iter().map(|row| row.value.as_deref()).collect(),
            ),
            text("rule", rows.iter().map(|row| Some(row.rule)).collect()),
            text(
                "message",
                rows.iter().map(|row| Some(row.message.as_str())).collect(),
            ),
        ];
        let frame = DataFrame::new(rows.len(), columns)
            .map_err(Error::engine("write the refusal table"))?;
        self.parquet
            .write_batch(&frame)
            .map_err(Error::engine("write the refusal table"))?;
        for row in rows {
            let line = row.line.to_string();
            let record = [
                row.source,
                "",
                &line,
                &row.column,
                row.value.as_deref().unwrap_or(""),
                row.rule,
                &row.message,
            ];
            self.csv
                .write_record(record)
                .map_err(|error| text_failed(&error))?;
        }
        self.written += rows.len() as u64;
        if let Some(row) = rows.last() {
            self.last = Some(row.message.clone());
        }
        if self.first.is_none() {
            self.first = rows.first().map(|row| row.message.clone());
        }
        Ok(())
    }

    /// Message of the first refusal.
    pub(super) fn first(&self) -> String {
        self.first.clone().unwrap_or_default()
    }

    /// Message of the latest refusal.
    pub(super) fn last(&self) -> String {
        self.last.clone().unwrap_or_default()
    }

    /// Closes both files.
    pub(super) fn finish(mut self) -> Result<PathBuf, Error> {
        self.parquet
            .finish()
            .map_err(Error::engine("write the refusal table"))?;
        self.csv
            .flush()
            .map_err(Error::io(&self.path.with_extension("csv")))?;
        Ok(self.path)
    }
}

fn text_failed(error: &csv::Error) -> Error {
    Error::Engine {
        step: "write refused.csv".to_owned(),
        reason: error.to_string(),
    }
}

fn field_count(source: &Source, row: Ragged) -> Refusal<'_> {
    let width = source.headers.len();
    let (line, fields) = (row.line, row.fields);
    let message = format!(
        "\"{}\", line {line}: the row has {fields} fields where the header (表头) has {width}",
        source.shown
    );
    Refusal {
        line,
        column: String::new(),
        value: Some(fields.to_string()),
        rule: "field-count",
        message,
        source: &source.shown,
    }
}

/// Looks up the lines and values of refused rows in their file.
fn resolve<'a>(
    reader: &Reader,
    rules: &[Check],
    source: &'a Source,
    batch: &[Refused],
) -> Result<Vec<Refusal<'a>>, Error> {
    let mut columns: Vec<usize> = batch.iter().map(|(_, rule)| usize::from(*rule)).collect();
    columns.sort_unstable();
    columns.dedup();
    let headers = |rule: usize| {
        let field = reader.table.field(&rules[rule].column);
        field.map_or_else(Vec::new, |field| convert::origin(field, source))
    };
    let mut wanted: Vec<Expr> = Vec::new();
    for &rule in &columns {
        let headers = headers(rule);
        let text = if headers.is_empty() {
            lit(NULL).cast(DataType::String)
        } else {
            convert::raw_text(&headers, source)
        };
        wanted.push(text.alias(rule.to_string()));
    }
    let frame = lookup(source, batch, wanted)?;
    let lines: Vec<u64> = if source.has_lines() {
        let lines = frame
            .column(LINE)
            .and_then(|lines| lines.i64().cloned())
            .map_err(Error::engine("look up refused rows"))?;
        lines
            .iter()
            .flatten()
            .map(|line| u64::try_from(line).unwrap_or(0))
            .collect()
    } else {
        batch.iter().map(|(pos, _)| pos.row() + 1).collect()
    };
    let mut values: Vec<Option<StringChunked>> = vec![None; rules.len()];
    for &rule in &columns {
        let found = frame
            .column(&rule.to_string())
            .and_then(|texts| texts.str().cloned())
            .map_err(Error::engine("look up refused rows"))?;
        values[rule] = Some(found);
    }
    let one = |(at, (_, rule)): (usize, &Refused)| {
        let rule = usize::from(*rule);
        let value = values[rule]
            .as_ref()
            .and_then(|texts| texts.get(at))
            .map(str::to_owned);
        refusal(source, &rules[rule], &headers(rule), lines[at], value)
    };
    Ok(batch.iter().enumerate().map(one).collect())
}

/// The wanted texts of the rows of `batch`, in its order.
fn lookup(source: &Source, batch: &[Refused], mut wanted: Vec<Expr>) -> Result<DataFrame, Error> {
    let (first, last) = (batch[0].0.row(), batch[batch.len() - 1].0.row());
    let rows: UInt64Chunked = batch
        .iter()
        .map(|(pos, _)| Some(pos.row() - first))
        .collect();
    let rows = DataFrame::new(
        batch.len(),
        vec![rows.into_series().with_name(ROW.into()).into_column()],
    );
    let rows = rows.map_err(Error::engine("look up refused rows"))?;
    if source.has_lines() {
        wanted.push(col(LINE));
    }
    let length = IdxSize::try_from(last - first + 1).unwrap_or(IdxSize::MAX);
    let texts = source
        .scan()?
        .slice(i64::try_from(first).unwrap_or(i64::MAX), length)
        .select(wanted)
        .with_row_index(ROW, None);
    let texts = texts.with_column(col(ROW).cast(DataType::UInt64));
    let kept = texts
        .join(
            rows.lazy(),
            [col(ROW)],
            [col(ROW)],
            JoinArgs::new(JoinType::Semi),
        )
        .sort([ROW], SortMultipleOptions::default());
    kept.collect().map_err(|error| source.damaged(&error))
}

fn refusal<'a>(
    source: &'a Source,
    check: &Check,
    headers: &[String],
    line: u64,
    value: Option<String>,
) -> Refusal<'a> {
    let column = headers.join(" + ");
    let place = if source.has_lines() { "line" } else { "row" };
    let alias = if column == check.column {
        String::new()
    } else {
        format!(" ({})", check.column)
    };
    let shown = value.as_deref().unwrap_or("");
    let message = format!(
        "\"{}\", {place} {line}, column \"{column}\"{alias}: \"{shown}\" {}",
        source.shown, check.sentence
    );
    Refusal {
        line,
        column,
        value,
        rule: check.rule,
        message,
        source: &source.shown,
    }
}
