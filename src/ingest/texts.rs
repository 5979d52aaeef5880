//! A table as texts in the order of its file, for those who judge that order: nothing is mapped, sorted or refused.

use polars::prelude::*;
use tempfile::TempDir;

use super::convert;
use super::error::Error;
use super::files::{InputFile, digests, locate_path};
use super::lists;
use super::scalar::error_cell;
use super::source::{LINE, Source};

/// What stands between the parts of a list that was joined to one text.
const BETWEEN: &str = ";";

/// One table of a file.
#[derive(Clone, Debug)]
pub struct TextTable {
    /// The file, by path and content.
    pub file: InputFile,
    /// The kept headers, in the order of the file.
    pub headers: Vec<String>,
    /// Sound rows, in the order of the file.
    pub rows: Vec<TextRow>,
    /// Rows that are no records: of another width than the header, examples, totals and notes, headers once more, another table below.
    pub unread: Vec<UnreadRow>,
    /// Number of columns of the file, kept or not.
    pub width: usize,
}

/// A row that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadRow {
    /// Line of a text file, row of a sheet, from 1.
    pub line: u64,
    /// The number of its fields, or the cell that shows what it is.
    pub value: String,
    /// The rule it breaks: `field-count`, `stray-quote`, `example-row`, `header-row`, `note-row` or `other-table`.
    pub rule: &'static str,
    /// Its cells, in the order of the file; none where there are too many such rows to keep them.
    pub cells: Vec<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// Line of a text file, row of any other, from 1.
    pub line: u64,
    /// Trimmed texts, parallel to the headers; absent where empty, `NULL` or an error of a spreadsheet program. Lists are joined by `;`.
    pub cells: Vec<Option<String>>,
}

/// The files at `path` (file, glob or folder, in path order) with the columns that `keep` wants; `key` names the setting
/// in messages.
///
/// # Errors
/// Files that are missing or cannot be read as tables.
pub fn read_texts(
    key: &str,
    path: &str,
    keep: impl Fn(&str) -> bool + Sync,
) -> Result<Vec<TextTable>, Error> {
    let located = locate_path(key, path, None)?;
    let files = digests(&located)?;
    let spool = TempDir::new().map_err(Error::io(&std::env::temp_dir()))?;
    let mut tables = Vec::new();
    for (index, (located, file)) in located.iter().zip(files).enumerate() {
        let spooled = spool.path().join(format!("{index:05}"));
        for source in Source::open_whole(located, &keep, &spooled)? {
            tables.push(read_one(&source, file.clone(), &keep)?);
        }
    }
    Ok(tables)
}

fn read_one(
    source: &Source,
    file: InputFile,
    keep: &impl Fn(&str) -> bool,
) -> Result<TextTable, Error> {
    let kept = source.headers.iter().filter(|name| keep(name));
    let kept: Vec<String> = kept.cloned().collect();
    let unread = source.unread.iter().map(|row| UnreadRow {
        line: row.line,
        value: row.value.clone(),
        rule: row.rule(),
        cells: row.cells().map(str::to_owned).collect(),
    });
    Ok(TextTable {
        file,
        rows: rows(source, &kept)?,
        unread: unread.collect(),
        width: source.headers.len(),
        headers: kept,
    })
}

fn rows(source: &Source, kept: &[String]) -> Result<Vec<TextRow>, Error> {
    let is_list = |name: &String| source.schema.get(name).is_some_and(DataType::is_list);
    let wanted = kept.iter().map(|name| {
        if is_list(name) {
            col(name.as_str())
        } else {
            convert::raw_text(std::slice::from_ref(name), source).alias(name.as_str())
        }
    });
    let line = source.has_lines().then(|| col(LINE));
    let frame = source
        .scan()?
        .select(wanted.chain(line).collect::<Vec<_>>());
    let frame = frame.collect().map_err(|error| source.damaged(&error))?;
    let frame = lists::to_text(frame).map_err(Error::engine("read lists as text"))?;
    let mut rows: Vec<TextRow> = lines(&frame, source)?
        .into_iter()
        .map(|line| TextRow {
            line,
            cells: Vec::with_capacity(kept.len()),
        })
        .collect();
    for name in kept {
        let texts = frame
            .column(name)
            .and_then(|texts| texts.str().cloned())
            .map_err(Error::engine("read texts"))?;
        let is_list = is_list(name);
        for (row, text) in rows.iter_mut().zip(texts.iter()) {
            row.cells.push(text.and_then(|text| cell(text, is_list)));
        }
    }
    Ok(rows)
}

fn lines(frame: &DataFrame, source: &Source) -> Result<Vec<u64>, Error> {
    if !source.has_lines() {
        return Ok((1..=frame.height() as u64).collect());
    }
    let lines = frame
        .column(LINE)
        .and_then(|lines| lines.i64().cloned())
        .map_err(Error::engine("read lines"))?;
    Ok(lines
        .iter()
        .map(|line| line.map_or(0, |line| u64::try_from(line).unwrap_or(0)))
        .collect())
}

fn cell(text: &str, is_list: bool) -> Option<String> {
    let joined = if is_list {
        lists::parts(text).collect::<Vec<_>>().join(BETWEEN)
    } else {
        text.trim().to_owned()
    };
    let is_none = joined.is_empty() || joined == "NULL" || error_cell(&joined).is_some();
    (!is_none).then_some(joined)
}
