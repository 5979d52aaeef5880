//! A list of rows with their reasons, as Parquet and as CSV that Excel opens; refusals and findings have one shape.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use super::error::Error;
use super::shapes::{Fault, Kept};
use crate::units::{inert, text_cell};

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows that are not in the snapshot.
    Refused,
    /// What there is to say of rows that are in it.
    Findings,
}

impl Kind {
    fn stem(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Findings => "findings",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        let all = &[
            "source",
            "sheet",
            "line",
            "column",
            "value",
            "rule",
            "message",
            "object_id",
        ];
        match self {
            Self::Refused => &all[..7],
            Self::Findings => all,
        }
    }
}

/// One row of a list.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) source: &'a str,
    pub(super) sheet: Option<&'a str>,
    pub(super) line: u64,
    pub(super) column: String,
    pub(super) value: Option<String>,
    pub(super) rule: &'static str,
    pub(super) message: String,
    /// The object's id in the snapshot, or the id the row names; findings only.
    pub(super) object_id: Option<String>,
    /// What else is wrong with a refused row.
    pub(super) more: Vec<Fault>,
    /// Where the row stands that is kept instead.
    pub(super) kept: Option<Kept>,
}

/// Both files, while they are written.
pub(super) struct RowList {
    kind: Kind,
    path: PathBuf,
    parquet: BatchedWriter<File>,
    csv: csv::Writer<File>,
    counts: BTreeMap<&'static str, u64>,
    first: Option<String>,
    example: Option<String>,
}

impl RowList {
    /// Opens `refused.*` or `findings.*` in `work`.
    pub(super) fn create(work: &Path, kind: Kind) -> Result<Self, Error> {
        let path = work.join(format!("{}.parquet", kind.stem()));
        let file = File::create(&path).map_err(Error::io(&path))?;
        let dtype = |name: &str| {
            if name == "line" {
                DataType::UInt64
            } else {
                DataType::String
            }
        };
        let schema: Schema = kind
            .columns()
            .iter()
            .map(|name| (PlSmallStr::from(*name), dtype(name)))
            .collect();
        let parquet = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            .batched(&schema);
        let csv_path = path.with_extension("csv");
        let mut file = File::create(&csv_path).map_err(Error::io(&csv_path))?;
        file.write_all("\u{feff}".as_bytes())
            .map_err(Error::io(&csv_path))?;
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        csv.write_record(kind.columns())
            .map_err(|error| text_failed(kind, &error))?;
        Ok(Self {
            kind,
            path,
            parquet: parquet.map_err(Error::engine("open a list of rows"))?,
            csv,
            counts: BTreeMap::new(),
            first: None,
            example: None,
        })
    }

    /// Adds rows.
    pub(super) fn write(&mut self, rows: &[Entry]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let frame = self.frame(rows)?;
        self.parquet
            .write_batch(&frame)
            .map_err(Error::engine("write a list of rows"))?;
        for row in rows {
            self.write_text(row)?;
            *self.counts.entry(row.rule).or_default() += 1;
        }
        let is_record =
            |row: &&Entry| !matches!(row.rule, "example-row" | "header-row" | "note-row");
        if let Some(row) = rows.iter().rfind(is_record) {
            self.example = Some(row.message.clone());
        }
        if self.first.is_none() {
            self.first = rows.first().map(|row| row.message.clone());
        }
        Ok(())
    }

    fn frame(&self, rows: &[Entry]) -> Result<DataFrame, Error> {
        let text = |name: &str, of: fn(&Entry<'_>) -> Option<String>| {
            Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
        };
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        let mut columns = vec![
            text("source", |row| Some(row.source.to_owned())),
            text("sheet", |row| row.sheet.map(str::to_owned)),
            Column::new("line".into(), lines),
            text("column", |row| Some(row.column.clone())),
            text("value", |row| row.value.clone()),
            text("rule", |row| Some(row.rule.to_owned())),
            text("message", |row| Some(row.message.clone())),
            text("object_id", |row| row.object_id.clone()),
        ];
        columns.truncate(self.kind.columns().len());
        DataFrame::new(rows.len(), columns).map_err(Error::engine("write a list of rows"))
    }

    fn write_text(&mut self, row: &Entry) -> Result<(), Error> {
        let line = row.line.to_string();
        let (value, id) = (row.value.as_deref(), row.object_id.as_deref());
        let cells = [
            inert(row.source),
            inert(row.sheet.unwrap_or("")),
            line.as_str().into(),
            inert(&row.column),
            text_cell(value.unwrap_or("")),
            row.rule.into(),
            inert(&row.message),
            text_cell(id.unwrap_or("")),
        ];
        let cells = &cells[..self.kind.columns().len()];
        self.csv
            .write_record(cells.iter().map(|cell| cell.as_bytes()))
            .map_err(|error| text_failed(self.kind, &error))
    }

    /// Rows written so far.
    pub(super) fn written(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Rows by rule, in the order of the rules' names.
    pub(super) fn counts(&self) -> Vec<(String, u64)> {
        let counts = self.counts.iter();
        counts.map(|(rule, n)| ((*rule).to_owned(), *n)).collect()
    }

    /// Message of the first row.
    pub(super) fn first(&self) -> String {
        self.first.clone().unwrap_or_default()
    }

    /// Message of a row that is a record.
    pub(super) fn example(&self) -> String {
        self.example
            .clone()
            .or_else(|| self.first.clone())
            .unwrap_or_default()
    }

    /// Forgets the example: another table begins.
    pub(super) fn begin_table(&mut self) {
        self.example = None;
    }

    /// Closes both files; returns the Parquet one.
    pub(super) fn finish(mut self) -> Result<PathBuf, Error> {
        self.parquet
            .finish()
            .map_err(Error::engine("write a list of rows"))?;
        self.csv
            .flush()
            .map_err(Error::io(&self.path.with_extension("csv")))?;
        Ok(self.path)
    }
}

fn text_failed(kind: Kind, error: &csv::Error) -> Error {
    Error::Engine {
        step: format!("write {}.csv", kind.stem()),
        reason: error.to_string(),
    }
}
