//! One opened table file: its headers and row groups, and a Parquet file to scan, whatever the format was.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use polars::prelude::*;

use super::csv_text;
use super::error::Error;
use super::files::{Located, locate_path};
use super::params::{Field, Format, Origin, ValidTable};
use super::spool::{arrow_headers, spool_arrow};
use super::tables::{Presence, guess_in};

/// Column of the spool that holds a CSV row's line.
pub(super) const LINE: &str = "__line";
/// A chunk has at least this many rows, unless its file ends.
const CHUNK: u64 = 262_144;

/// A CSV row whose field count is not the header's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ragged {
    pub(super) line: u64,
    pub(super) fields: usize,
}

/// A table file, ready to be scanned.
#[derive(Debug)]
pub(super) struct Source {
    /// Path as messages show it.
    pub(super) shown: String,
    format: Format,
    parquet: PathBuf,
    pub(super) headers: Vec<String>,
    pub(super) schema: SchemaRef,
    /// Rows that can be scanned.
    pub(super) rows: u64,
    pub(super) chunks: Vec<(u64, u64)>,
    pub(super) ragged: Vec<Ragged>,
}

/// Headers of the first file at `path` (file, glob or folder), as a mapping may name them.
///
/// # Errors
/// When there is no such file or it cannot be read.
pub fn headers(path: &str) -> Result<Vec<String>, Error> {
    let files = locate_path("path", path, None)?;
    headers_of(&files[0])
}

/// Refuses a file without a column that the table needs.
pub(super) fn headers_fit(table: &ValidTable, file: &Located) -> Result<(), Error> {
    wanted(table, file, &headers_of(file)?).map(drop)
}

fn headers_of(file: &Located) -> Result<Vec<String>, Error> {
    let headers = match file.format {
        Format::Parquet => parquet_headers(file)?,
        Format::Arrow => arrow_headers(file)?,
        Format::Csv => csv_text::headers(file)?,
    };
    let mut seen = BTreeSet::new();
    match headers.iter().find(|header| !seen.insert(header.as_str())) {
        Some(column) => Err(Error::RepeatedColumn {
            file: file.shown(),
            column: column.clone(),
        }),
        None => Ok(headers),
    }
}

fn parquet_headers(file: &Located) -> Result<Vec<String>, Error> {
    let reader =
        footer(&file.path).map_err(|reason| damaged(&file.shown(), Format::Parquet, reason))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    Ok(schema
        .root_schema()
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect())
}

fn footer(path: &Path) -> Result<SerializedFileReader<File>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    SerializedFileReader::new(file).map_err(|error| error.to_string())
}

fn damaged(shown: &str, format: Format, reason: String) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: format.name(),
        reason,
    }
}

impl Source {
    /// Opens a file of `table`; CSV and Arrow are spooled to `spool`.
    pub(super) fn open(table: &ValidTable, file: &Located, spool: &Path) -> Result<Self, Error> {
        let headers = headers_of(file)?;
        let wanted = wanted(table, file, &headers)?;
        Self::open_columns(file, headers, &wanted, spool)
    }

    /// Opens a file with only the columns `wanted`.
    pub(super) fn open_columns(
        file: &Located,
        headers: Vec<String>,
        wanted: &[String],
        spool: &Path,
    ) -> Result<Self, Error> {
        let (parquet, ragged) = match file.format {
            Format::Parquet => (file.path.clone(), Vec::new()),
            Format::Arrow => {
                spool_arrow(file, &headers, wanted, spool)?;
                (spool.to_owned(), Vec::new())
            }
            Format::Csv => (
                spool.to_owned(),
                csv_text::spool(file, &headers, wanted, spool)?,
            ),
        };
        let shown = file.shown();
        let groups = footer(&parquet).map_err(|reason| damaged(&shown, file.format, reason))?;
        let groups = groups
            .metadata()
            .row_groups()
            .iter()
            .map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        let chunks = chunks(groups);
        let rows = chunks.iter().map(|chunk| chunk.1).sum();
        let mut source = Self {
            shown,
            format: file.format,
            parquet,
            headers,
            schema: SchemaRef::default(),
            rows,
            chunks,
            ragged,
        };
        source.schema = source
            .scan()?
            .collect_schema()
            .map_err(|error| source.damaged(&error))?;
        Ok(source)
    }

    /// Opens every column of one file; used for lists of ids, which are small.
    pub(super) fn open_whole(file: &Located, spool: &Path) -> Result<Self, Error> {
        let headers = headers_of(file)?;
        Self::open_columns(file, headers.clone(), &headers, spool)
    }

    pub(super) fn scan(&self) -> Result<LazyFrame, Error> {
        let args = ScanArgsParquet {
            glob: false,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet(
            PlRefPath::new(self.parquet.to_string_lossy().as_ref()),
            args,
        )
        .map_err(|error| self.damaged(&error))
    }

    /// An engine failure while reading this file is the file's.
    pub(super) fn damaged(&self, error: &PolarsError) -> Error {
        damaged(&self.shown, self.format, error.to_string())
    }

    /// Whether rows are counted in lines of a text file.
    pub(super) fn has_lines(&self) -> bool {
        self.format == Format::Csv
    }
}

/// Whole row groups gathered into chunks (first row, number of rows).
fn chunks(groups: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut chunks: Vec<(u64, u64)> = Vec::new();
    for rows in groups.filter(|&rows| rows > 0) {
        match chunks.last_mut() {
            Some(last) if last.1 < CHUNK => last.1 += rows,
            Some(last) => {
                let first = last.0 + last.1;
                chunks.push((first, rows));
            }
            None => chunks.push((0, rows)),
        }
    }
    chunks
}

/// Source headers the table needs from this file.
fn wanted(table: &ValidTable, file: &Located, headers: &[String]) -> Result<Vec<String>, Error> {
    let mut wanted = BTreeSet::new();
    for field in &table.fields {
        match &field.origin {
            Origin::Mapped(named) => {
                for column in named {
                    if !headers.contains(column) {
                        return Err(column_missing(field, file, column, headers));
                    }
                }
                wanted.extend(named.iter().cloned());
            }
            Origin::SameName if headers.contains(&field.name) => {
                wanted.insert(field.name.clone());
            }
            Origin::SameName if field.presence == Presence::Required => {
                return Err(required_missing(table, field, file, headers));
            }
            Origin::SameName | Origin::Constant(_) => {}
        }
    }
    Ok(wanted.into_iter().collect())
}

fn column_missing(field: &Field, file: &Located, column: &str, headers: &[String]) -> Error {
    Error::ColumnMissing {
        key: field.key.clone(),
        file: file.shown(),
        column: column.to_owned(),
        present: listed(headers, nearest(column, headers)),
    }
}

fn required_missing(
    table: &ValidTable,
    field: &Field,
    file: &Located,
    headers: &[String],
) -> Error {
    let known = headers
        .iter()
        .find(|header| guess_in(table.table.name, header) == Some(&field.name));
    Error::RequiredMissing {
        key: field.key.clone(),
        file: file.shown(),
        column: field.name.clone(),
        header: field.header,
        present: listed(
            headers,
            known.cloned().or_else(|| nearest(&field.name, headers)),
        ),
    }
}

/// Headers as a message shows them, with the nearest one named.
pub(super) fn listed(headers: &[String], nearest: Option<String>) -> String {
    let hint = nearest.map_or_else(String::new, |nearest| {
        format!("; the nearest is \"{nearest}\"")
    });
    headers.join(", ") + &hint
}

/// The header with the least edit distance, if less than half of it must change.
pub(super) fn nearest(wanted: &str, headers: &[String]) -> Option<String> {
    let length = wanted.chars().count();
    let scored = headers
        .iter()
        .map(|header| (distance(wanted, header), header));
    scored
        .min()
        .filter(|(distance, _)| 2 * distance <= length)
        .map(|(_, header)| header.clone())
}

/// Levenshtein distance in letters, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, chunks, nearest};

    #[test]
    fn row_groups_are_gathered_into_chunks_without_gap_or_overlap() {
        let groups = [CHUNK / 2, CHUNK / 2 + 1, 0, 5, CHUNK, 7];
        assert_eq!(
            chunks(groups.into_iter()),
            [(0, CHUNK + 1), (CHUNK + 1, CHUNK + 5), (2 * CHUNK + 6, 7)]
        );
        assert_eq!(chunks([0].into_iter()), []);
    }

    #[test]
    fn only_a_like_header_is_called_nearest() {
        let headers = ["企业名称".to_owned(), "成立日期".to_owned()];
        assert_eq!(nearest("成立日", &headers).as_deref(), Some("成立日期"));
        assert_eq!(nearest("地址", &headers), None);
    }
}
