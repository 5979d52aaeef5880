//! One opened table: its headers and row groups, and a Parquet file to scan, whatever the format was.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use parquet::file::reader::FileReader;
use polars::prelude::*;
use rayon::prelude::*;
use tempfile::TempDir;

use super::amounts::Amounts;
use super::decode::{self, Cache, Content, Found, Looked, Shape, Tally, Unread, Wish, content};
use super::error::Error;
use super::files::{Located, locate_path};
use super::mapping::Mapping;
use super::params::{Format, ValidTable};
use super::spool::{footer, spool_arrow};
use super::tables::{self, guess_in};

/// Column of the spool that holds a decoded row's line.
pub(super) const LINE: &str = "__line";
/// A chunk has at least this many rows, unless its file ends.
const CHUNK: u64 = 262_144;
/// Bytes of a text from which on it is decoded alone: it keeps all processors busy.
const LARGE: u64 = 32 << 20;

/// A table, ready to be scanned.
#[derive(Debug)]
pub(super) struct Source {
    /// Path as messages show it, with the member of an archive.
    pub(super) shown: String,
    /// Name of the sheet, if its book has several.
    pub(super) sheet: Option<String>,
    format: Format,
    parquet: PathBuf,
    pub(super) headers: Vec<String>,
    pub(super) schema: SchemaRef,
    /// Rows that can be scanned.
    pub(super) rows: u64,
    pub(super) chunks: Vec<(u64, u64)>,
    /// Headers of columns with a cell that holds several identifiers.
    pub(super) several: Vec<String>,
    /// How the amounts of its money columns are written.
    pub(super) amounts: Amounts,
    /// Rows that are no records of the table, in their order.
    pub(super) unread: Vec<Unread>,
    /// What a reader of the run should know of how it was read.
    pub(super) notes: Vec<String>,
    /// Place of its section among those of its table.
    pub(super) section: usize,
    /// Which headers the columns of its table are read from; empty where it is read by itself.
    pub(super) mapping: Mapping,
}

/// Headers of the first file at `path` (file, glob or folder), as a mapping may name them; of several tables in it the one
/// with the most known headers.
///
/// # Errors
/// When there is no such file or it cannot be read.
pub fn headers(path: &str) -> Result<Vec<String>, Error> {
    let files = locate_path("path", path, None)?;
    let folder = TempDir::new().map_err(Error::io(&std::env::temp_dir()))?;
    let shape = Shape::default();
    let named = |_: &str| false;
    let looked = decode::look(
        &files[0],
        &Wish::new(&shape, &is_known, &named),
        folder.path(),
    )?;
    let best = likeliest(&looked.tables).expect("a file that was looked at has a table");
    unique(&best.layout.names, &best.shown)?;
    Ok(best.layout.names.clone())
}

/// Whether a header means something in some table.
fn is_known(header: &str) -> bool {
    tables::guess(header).is_some()
}

fn likeliest(tables: &[Found]) -> Option<&Found> {
    let most = tables.iter().map(|table| table.layout.n_known).max()?;
    tables.iter().find(|table| table.layout.n_known == most)
}

/// Which headers of the tables in a file the columns of `table` are read from, without reading a row.
pub(super) fn mappings_of(table: &ValidTable, file: &Located) -> Result<Vec<Mapping>, Error> {
    let folder = TempDir::new().map_err(Error::io(&std::env::temp_dir()))?;
    let (known, named) = (known(table), named(table));
    let wish = Wish::new(&table.shape, &known, &named);
    let (fits, _) = fitting(table, &decode::look(file, &wish, folder.path())?)?;
    Ok(fits.into_iter().map(|(_, mapping)| mapping).collect())
}

/// Whether a header is one that the table's mapping or its own columns name.
fn known(table: &ValidTable) -> impl Fn(&str) -> bool + Sync + '_ {
    |header| {
        table.names_header(header)
            || table.table.column(header).is_some()
            || guess_in(table.table.name, header).is_some()
    }
}

fn named(table: &ValidTable) -> impl Fn(&str) -> bool + Sync + '_ {
    |header| table.names_header(header)
}

/// A table of a file and which of its headers the wanted columns are read from.
type Fitting = (Found, Mapping);

/// The tables of a file that have what `table` needs, with the mapping of each; the others are passed over with a
/// note, unless none fits.
fn fitting(table: &ValidTable, looked: &Looked) -> Result<(Vec<Fitting>, Vec<String>), Error> {
    let (mut fits, mut notes, mut misfit) = (Vec::new(), Vec::new(), None);
    for found in &looked.tables {
        let names = &found.layout.names;
        let mapping =
            unique(names, &found.shown).and_then(|()| Mapping::new(table, &found.shown, names));
        match mapping {
            Ok(mapping) => fits.push((found.clone(), mapping)),
            Err(error) => {
                let place = found.place();
                let name = table.table.name;
                notes.push(format!("{place} is passed over: it is no table of {name}"));
                let known = found.layout.n_known;
                if misfit.as_ref().is_none_or(|(most, _)| known > *most) {
                    misfit = Some((known, error));
                }
            }
        }
    }
    match misfit {
        Some((_, error)) if fits.is_empty() => Err(error),
        _ => Ok((fits, notes)),
    }
}

fn unique(headers: &[String], shown: &str) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match headers.iter().find(|header| !seen.insert(header.as_str())) {
        Some(column) => Err(Error::RepeatedColumn {
            file: shown.to_owned(),
            column: column.clone(),
        }),
        None => Ok(()),
    }
}

fn damaged(shown: &str, format: Format, reason: String) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: format.name(),
        reason,
    }
}

impl Source {
    /// Opens the tables of all files of `table`, in path order; what is decoded goes to files whose names start with
    /// `spool`. Large texts are decoded one after another, the rest side by side.
    pub(super) fn open_all(
        table: &ValidTable,
        files: &[Located],
        spool: impl Fn(usize) -> PathBuf + Sync,
    ) -> Result<Vec<Self>, Error> {
        let (large, small): (Vec<_>, Vec<_>) = files
            .iter()
            .enumerate()
            .partition(|(_, file)| is_large_text(file));
        let open = |(index, file): (usize, &Located)| {
            let section = table.section(file.section);
            Ok((index, Self::open(section, file, &spool(index))?))
        };
        let opened: Vec<Result<_, Error>> = small.into_par_iter().map(open).collect();
        let mut opened: Vec<(usize, Vec<Self>)> = opened.into_iter().collect::<Result<_, _>>()?;
        for file in large {
            opened.push(open(file)?);
        }
        opened.sort_by_key(|(index, _)| *index);
        Ok(opened
            .into_iter()
            .flat_map(|(_, sources)| sources)
            .collect())
    }

    /// Opens the tables of one file that fit `table`.
    pub(super) fn open(
        table: &ValidTable,
        file: &Located,
        spool: &Path,
    ) -> Result<Vec<Self>, Error> {
        let (known, named) = (known(table), named(table));
        let wish = Wish::new(&table.shape, &known, &named);
        let mut looked = decode::look(file, &wish, &spool.with_extension("parts"))?;
        let (fits, notes) = fitting(table, &looked)?;
        let mut sources = Self::read(&mut looked, fits, file, table.cache.as_ref(), spool)?;
        let passed = std::mem::take(&mut looked.notes).into_iter().chain(notes);
        if let Some(first) = sources.first_mut() {
            first.notes.splice(0..0, passed);
        }
        Ok(sources)
    }

    /// Opens every column of the tables of one file; `keeps` names personal data that is wanted too.
    pub(super) fn open_whole(
        file: &Located,
        keeps: &(dyn Fn(&str) -> bool + Sync),
        spool: &Path,
    ) -> Result<Vec<Self>, Error> {
        let shape = Shape::default();
        let is_choosy = !keeps("\0"); // who takes anything tells nothing
        let known = |header: &str| is_known(header) || (is_choosy && keeps(header));
        let wish = Wish::new(&shape, &known, keeps);
        let mut looked = decode::look(file, &wish, &spool.with_extension("parts"))?;
        let with_columns = |found: &Found| {
            let names = &found.layout.names;
            unique(names, &found.shown).map(|()| (found.clone(), Mapping::default()))
        };
        let tables = looked.tables.iter().map(with_columns);
        let tables = tables.collect::<Result<Vec<_>, Error>>()?;
        Self::read(&mut looked, tables, file, None, spool)
    }

    fn read(
        looked: &mut Looked,
        tables: Vec<Fitting>,
        file: &Located,
        cache: Option<&Cache>,
        spool: &Path,
    ) -> Result<Vec<Self>, Error> {
        let one = |(index, (found, mapping)): (usize, (Found, Mapping))| {
            let to = spool.with_extension(format!("{index:05}.parquet"));
            let source = Self::read_one(looked, &found, file, cache, to)?;
            Ok(Self { mapping, ..source })
        };
        tables.into_iter().enumerate().map(one).collect()
    }

    fn read_one(
        looked: &mut Looked,
        found: &Found,
        file: &Located,
        cache: Option<&Cache>,
        to: PathBuf,
    ) -> Result<Self, Error> {
        let headers = found.layout.names.clone();
        let mut notes: Vec<String> = found.note().into_iter().collect();
        let (parquet, tally) = match found.format {
            Format::Parquet => (found.path.clone(), Tally::default()),
            Format::Arrow => {
                let spool = || spool_arrow(&found.path, &found.shown, &headers, &headers, &to);
                decode::guarded(&found.shown, found.format.name(), spool)?;
                (to, Tally::default())
            }
            _ => {
                let digest = cache.map(|cache| Ok((cache, file.digest()?))).transpose()?;
                let tally = looked.decode(found, digest, &to)?;
                notes.extend(tally.notes(&found.place()));
                (to, tally)
            }
        };
        let mut source = Self {
            shown: found.shown.clone(),
            sheet: found.sheet.clone(),
            format: found.format,
            chunks: Vec::new(),
            parquet,
            headers,
            schema: SchemaRef::default(),
            rows: 0,
            several: found.several(&tally),
            amounts: Amounts::default(),
            unread: tally.unread,
            notes,
            section: file.section,
            mapping: Mapping::default(),
        };
        source.measure()?;
        Ok(source)
    }

    /// Reads the footer: row groups and columns.
    fn measure(&mut self) -> Result<(), Error> {
        let groups =
            footer(&self.parquet).map_err(|reason| damaged(&self.shown, self.format, reason))?;
        let groups = groups.metadata().row_groups().iter();
        let groups = groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        self.chunks = chunks(groups);
        self.rows = self.chunks.iter().map(|chunk| chunk.1).sum();
        let schema = self.scan()?.collect_schema();
        self.schema = schema.map_err(|error| self.damaged(&error))?;
        Ok(())
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

    /// The rows of one chunk (first row, number of rows).
    pub(super) fn slice(&self, (first, rows): (u64, u64)) -> Result<LazyFrame, Error> {
        Ok(self.scan()?.slice(
            i64::try_from(first).unwrap_or(i64::MAX),
            IdxSize::try_from(rows).unwrap_or(IdxSize::MAX),
        ))
    }

    /// An engine failure while reading this file is the file's.
    pub(super) fn damaged(&self, error: &PolarsError) -> Error {
        damaged(&self.shown, self.format, error.to_string())
    }

    /// Whether every row has its own line or row number in [`LINE`].
    pub(super) fn has_lines(&self) -> bool {
        !matches!(self.format, Format::Parquet | Format::Arrow)
    }

    /// What a row is counted in.
    pub(super) fn line_word(&self) -> &'static str {
        if self.format == Format::Csv {
            "line"
        } else {
            "row"
        }
    }

    /// Where the table stands, for messages.
    pub(super) fn place(&self) -> String {
        match &self.sheet {
            Some(sheet) => format!("\"{}\", sheet \"{sheet}\"", self.shown),
            None => format!("\"{}\"", self.shown),
        }
    }
}

fn is_large_text(file: &Located) -> bool {
    fs::metadata(&file.path).is_ok_and(|found| found.len() > LARGE)
        && matches!(content(&file.path), Ok(Content::Table(Format::Csv)))
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

#[cfg(test)]
mod tests {
    use super::{CHUNK, chunks};

    #[test]
    fn row_groups_are_gathered_into_chunks_without_gap_or_overlap() {
        let groups = [CHUNK / 2, CHUNK / 2 + 1, 0, 5, CHUNK, 7];
        assert_eq!(
            chunks(groups.into_iter()),
            [(0, CHUNK + 1), (CHUNK + 1, CHUNK + 5), (2 * CHUNK + 6, 7)]
        );
        assert_eq!(chunks([0].into_iter()), []);
    }
}
