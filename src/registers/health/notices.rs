//! What ingest noted about rows: the refusal table and, where ingest leaves one, the findings on accepted rows beside it.

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, DataType, PolarsResult, col};

use super::facts::or_null;
use crate::ingest::Snapshot;
use crate::registers::{Error, at, scan};

/// Rows read at once.
const BATCH: u32 = 200_000;
const TEXTS: [&str; 7] = [
    "source",
    "sheet",
    "column",
    "value",
    "rule",
    "message",
    "object_id",
];

/// A row of the refusal table or of the findings.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// File the row came from.
    pub source: &'a str,
    /// Its sheet; empty for files without sheets.
    pub sheet: &'a str,
    /// Line of the file or sheet, from 1.
    pub line: u64,
    /// Column, as the file calls it.
    pub column: &'a str,
    /// The value that breaks the rule; empty where there is none.
    pub value: &'a str,
    /// The rule.
    pub rule: &'a str,
    /// The sentence for people.
    pub message: &'a str,
    /// The object of an accepted row; empty for a refused one.
    pub object_id: &'a str,
}

/// Hands every refused row of `snapshot` to `see`, in the order of the table.
///
/// # Errors
/// A refusal table that cannot be read.
pub fn refused_rows(snapshot: &Snapshot, see: impl FnMut(Notice<'_>)) -> Result<(), Error> {
    each_row(snapshot.refused(), see)
}

/// Hands every finding on an accepted row of `snapshot` to `see`, in the order of the table.
///
/// # Errors
/// A table of findings that cannot be read.
pub fn finding_rows(snapshot: &Snapshot, see: impl FnMut(Notice<'_>)) -> Result<(), Error> {
    let path = findings_path(snapshot);
    if path.exists() {
        each_row(&path, see)
    } else {
        Ok(())
    }
}

fn findings_path(snapshot: &Snapshot) -> PathBuf {
    snapshot.refused().with_file_name("findings.parquet")
}

fn each_row(path: &Path, mut see: impl FnMut(Notice<'_>)) -> Result<(), Error> {
    let mut read = || -> PolarsResult<()> {
        let mut table = scan(path)?;
        let schema = table.collect_schema()?;
        let text = |name: &&str| or_null(&schema, name, &DataType::String);
        let line = col("line").cast(DataType::UInt64);
        let wanted: Vec<_> = TEXTS.iter().map(text).chain([line]).collect();
        let table = table.select(wanted);
        for first in (0..).step_by(BATCH as usize) {
            let rows = table.clone().slice(first, BATCH).collect()?;
            see_all(&rows, &mut see)?;
            if rows.height() < BATCH as usize {
                break;
            }
        }
        Ok(())
    };
    read().map_err(at(path))
}

fn see_all(rows: &DataFrame, see: &mut impl FnMut(Notice<'_>)) -> PolarsResult<()> {
    let mut texts = Vec::new();
    for name in TEXTS {
        texts.push(rows.column(name)?.str()?);
    }
    let lines = rows.column("line")?.u64()?;
    for row in 0..rows.height() {
        let text = |at: usize| texts[at].get(row).unwrap_or_default();
        see(Notice {
            source: text(0),
            sheet: text(1),
            line: lines.get(row).unwrap_or(0),
            column: text(2),
            value: text(3),
            rule: text(4),
            message: text(5),
            object_id: text(6),
        });
    }
    Ok(())
}
