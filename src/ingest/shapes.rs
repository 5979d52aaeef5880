//! Refused rows as they stand in their source, so that an office can correct and send again only those.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::convert;
use super::decode::Unread;
use super::error::Error;
use super::headings::is_personal;
use super::lists;
use super::row_list::Entry;
use super::settle::scan_part;
use super::source::Source;

/// A refused row as it stands in its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its line, or row of files without lines, from 1.
    pub line: u64,
    /// Its cells, parallel to the headers.
    pub cells: Vec<Option<String>>,
    /// The rule it breaks.
    pub rule: String,
    /// Header of the cell that breaks it; empty where no single cell does.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What else is wrong with the row.
    pub more: Vec<Fault>,
    /// Of a row that gives way to another one: where that stands, file and line.
    pub kept: Option<Kept>,
    /// The reason, with all of these.
    pub message: String,
}

/// A row that is kept instead of a refused one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its file, with its sheet, as messages show them.
    pub place: String,
    /// Its line, or row of files without lines, from 1.
    pub line: u64,
}

/// One more thing that is wrong with a refused row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The rule the cell breaks.
    pub rule: String,
    /// Its header.
    pub column: String,
    /// What stands there.
    pub value: String,
}

/// The refused rows of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedShape {
    /// Canonical table the source was read as.
    pub table: String,
    /// Path as messages show it.
    pub source: String,
    /// Sheet, where the source has sheets.
    pub sheet: Option<String>,
    /// All headers of the source.
    pub headers: Vec<String>,
    /// Rows in the order of the source; cells are parallel to the headers.
    pub rows: Vec<RefusedRow>,
}

/// What stands between the parts of a list.
const BETWEEN: &str = ";";
/// Rows written at once.
const BATCH: usize = 100_000;

/// Where the refused rows of one source lie.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    table: &'static str,
    source: String,
    sheet: Option<String>,
    headers: Vec<String>,
    path: PathBuf,
    /// Which of the headers have cells.
    kept: Vec<usize>,
}

/// The refused rows of one source, while they are written.
pub(super) struct Writer {
    stored: Stored,
    parquet: BatchedWriter<File>,
}

/// The headers of a source whose cells can be kept, by place; `mapped` are those the table is read from.
pub(super) fn kept(source: &Source, mapped: &[String]) -> Vec<usize> {
    let keeps = |header: &String| {
        let plain = source.schema.get(header).is_some_and(|found| match found {
            DataType::List(inner) => !inner.is_nested(),
            other => !other.is_nested() && !matches!(other, DataType::Binary),
        });
        plain && (!is_personal(header) || mapped.contains(header))
    };
    let headers = source.headers.iter().enumerate();
    headers
        .filter(|(_, header)| keeps(header))
        .map(|(at, _)| at)
        .collect()
}

/// The cells of the kept headers as they are looked up; lists become texts afterwards.
pub(super) fn cells(source: &Source, kept: &[usize]) -> Vec<Expr> {
    let cell = |&at: &usize| {
        let header = &source.headers[at];
        let is_list = source.schema.get(header).is_some_and(DataType::is_list);
        let cell = if is_list {
            col(header.as_str()).cast(DataType::List(Box::new(DataType::String)))
        } else {
            convert::raw_text(std::slice::from_ref(header), source)
        };
        cell.alias(name(at))
    };
    kept.iter().map(cell).collect()
}

fn name(at: usize) -> String {
    format!("cell {at}")
}

impl Writer {
    /// Opens the `number`-th file in `folder`.
    pub(super) fn create(
        folder: &Path,
        number: usize,
        table: &'static str,
        source: &Source,
        kept: &[usize],
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let path = folder.join(format!("{number:05}.parquet"));
        let file = File::create(&path).map_err(Error::io(&path))?;
        let mut schema = Schema::default();
        schema.with_column("line".into(), DataType::UInt64);
        for text in ["rule", "column", "value", "message", "more", "kept"] {
            schema.with_column(text.into(), DataType::String);
        }
        schema.with_column("kept line".into(), DataType::UInt64);
        for at in kept {
            schema.with_column(name(*at).into(), DataType::String);
        }
        let parquet = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            .batched(&schema)
            .map_err(Error::engine("open the refused rows"))?;
        Ok(Self {
            stored: Stored {
                table,
                source: source.shown.clone(),
                sheet: source.sheet.clone(),
                headers: source.headers.clone(),
                path,
                kept: kept.to_vec(),
            },
            parquet,
        })
    }

    /// Adds rows and, parallel to them, their cells; none where a row could not be cut into cells.
    pub(super) fn write(
        &mut self,
        rows: &[(&Entry, Option<Vec<Option<String>>>)],
    ) -> Result<(), Error> {
        for rows in rows.chunks(BATCH) {
            let texts =
                |of: fn(&Entry<'_>) -> String| rows.iter().map(|row| of(row.0)).collect::<Vec<_>>();
            let lines: Vec<u64> = rows.iter().map(|row| row.0.line).collect();
            let kept = rows.iter().map(|row| row.0.kept.as_ref());
            let mut columns = vec![
                Column::new("line".into(), lines),
                Column::new("rule".into(), texts(|row| row.rule.to_owned())),
                Column::new("column".into(), texts(|row| row.column.clone())),
                Column::new(
                    "value".into(),
                    texts(|row| row.value.clone().unwrap_or_default()),
                ),
                Column::new("message".into(), texts(|row| row.message.clone())),
                Column::new("more".into(), texts(|row| faults_to_text(&row.more))),
                Column::new(
                    "kept".into(),
                    kept.clone()
                        .map(|kept| kept.map(|kept| kept.place.as_str()))
                        .collect::<Vec<_>>(),
                ),
                Column::new(
                    "kept line".into(),
                    kept.map(|kept| kept.map(|kept| kept.line))
                        .collect::<Vec<_>>(),
                ),
            ];
            for (place, at) in self.stored.kept.iter().enumerate() {
                let cell = |row: &(&Entry, Option<Vec<Option<String>>>)| {
                    row.1.as_ref().and_then(|cells| cells[place].clone())
                };
                let cells: Vec<Option<String>> = rows.iter().map(cell).collect();
                columns.push(Column::new(name(*at).into(), cells));
            }
            let frame = DataFrame::new(rows.len(), columns)
                .map_err(Error::engine("write the refused rows"))?;
            self.parquet
                .write_batch(&frame)
                .map_err(Error::engine("write the refused rows"))?;
        }
        Ok(())
    }

    /// The kept cells of a row that is no record, as far as it has any.
    pub(super) fn cells_of(&self, row: &Unread) -> Vec<Option<String>> {
        let cells: Vec<&str> = row.cells().collect();
        let cell = |at: &usize| cells.get(*at).map(|cell| (*cell).to_owned());
        self.stored.kept.iter().map(cell).collect()
    }

    pub(super) fn finish(self) -> Result<Stored, Error> {
        self.parquet
            .finish()
            .map_err(Error::engine("write the refused rows"))?;
        Ok(self.stored)
    }
}

fn faults_to_text(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    serde_json::to_string(faults).unwrap_or_default()
}

fn faults_of_text(text: &str) -> Vec<Fault> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The cells of looked-up rows, row by row.
pub(super) fn rows_of(
    frame: &DataFrame,
    kept: &[usize],
) -> Result<Vec<Vec<Option<String>>>, Error> {
    let failed = || Error::engine("look up refused rows");
    let names = kept.iter().map(|at| name(*at));
    let cells = frame.select(names).map_err(failed())?;
    let is_list: Vec<bool> = cells.dtypes().iter().map(DataType::is_list).collect();
    let cells = lists::to_text(cells).map_err(failed())?;
    let mut rows = vec![Vec::with_capacity(kept.len()); frame.height()];
    for (column, is_list) in cells.columns().iter().zip(is_list) {
        let texts = column.as_materialized_series();
        for (row, text) in rows.iter_mut().zip(texts.str().map_err(failed())?.iter()) {
            row.push(text.map(|text| {
                if is_list {
                    lists::parts(text).collect::<Vec<_>>().join(BETWEEN)
                } else {
                    text.to_owned()
                }
            }));
        }
    }
    Ok(rows)
}

impl Stored {
    /// Reads the rows back.
    pub(super) fn read(&self) -> Result<RefusedShape, Error> {
        let failed = || Error::engine("read the refused rows");
        let frame = scan_part(&self.path)?.collect().map_err(failed())?;
        let texts = |name: &str| {
            let column = frame.column(name).and_then(|column| column.str().cloned());
            column.map_err(failed())
        };
        let (rules, messages) = (texts("rule")?, texts("message")?);
        let (columns, values) = (texts("column")?, texts("value")?);
        let (more, kept_places) = (texts("more")?, texts("kept")?);
        let kept_lines = frame
            .column("kept line")
            .and_then(|lines| lines.u64().cloned());
        let kept_lines = kept_lines.map_err(failed())?;
        let lines = frame.column("line").and_then(|lines| lines.u64().cloned());
        let lines = lines.map_err(failed())?;
        let kept = rows_of(&frame, &self.kept)?;
        let one = |(row, cells): (usize, Vec<Option<String>>)| {
            let mut all = vec![None; self.headers.len()];
            for (at, cell) in self.kept.iter().zip(cells) {
                all[*at] = cell;
            }
            let text = |texts: &StringChunked| texts.get(row).unwrap_or_default().to_owned();
            let line = lines.get(row).unwrap_or_default();
            RefusedRow {
                line,
                cells: all,
                rule: text(&rules),
                column: text(&columns),
                value: text(&values),
                more: faults_of_text(more.get(row).unwrap_or_default()),
                kept: kept_places.get(row).map(|place| Kept {
                    place: place.to_owned(),
                    line: kept_lines.get(row).unwrap_or_default(),
                }),
                message: text(&messages),
            }
        };
        Ok(RefusedShape {
            table: self.table.to_owned(),
            source: self.source.clone(),
            sheet: self.sheet.clone(),
            headers: self.headers.clone(),
            rows: kept.into_iter().enumerate().map(one).collect(),
        })
    }
}
