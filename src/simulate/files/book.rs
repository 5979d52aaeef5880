//! A file of the folder: its sheets, its form, its bytes, and the line each row has in it.

use super::archive;
use super::grid::{Fate, Grid};
use super::text::{self, Dialect, Encoding};
use super::{biff, markup, xlsx};
use crate::simulate::Error;

/// What kind of file the bytes are, whatever it is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text(Dialect),
    Gzip(Dialect),
    Xlsx,
    SpreadsheetMl,
    Html(Encoding),
    Biff,
}

impl Form {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Gzip(_) => "gzip of text",
            Self::Xlsx => "xlsx",
            Self::SpreadsheetMl => "SpreadsheetML 2003",
            Self::Html(_) => "HTML",
            Self::Biff => "xls",
        }
    }

    pub(super) fn encoding(self) -> Option<&'static str> {
        match self {
            Self::Text(dialect) | Self::Gzip(dialect) => Some(dialect.encoding.name()),
            Self::Html(encoding) => Some(encoding.name()),
            _ => None,
        }
    }
}

/// One file, or one member of an archive.
#[derive(Clone, Debug)]
pub(super) struct Book {
    /// Below the folder, or inside the archive.
    pub(super) path: String,
    pub(super) form: Form,
    pub(super) grids: Vec<Grid>,
}

/// What is written to one path.
pub(super) enum Parcel {
    One(Book),
    Zip { path: String, books: Vec<Book> },
}

impl Parcel {
    /// Path below the folder.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::One(book) => &book.path,
            Self::Zip { path, .. } => path,
        }
    }

    pub(super) fn books(&self) -> &[Book] {
        match self {
            Self::One(book) => std::slice::from_ref(book),
            Self::Zip { books, .. } => books,
        }
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::One(book) => book.bytes(),
            Self::Zip { books, .. } => {
                let members = books
                    .iter()
                    .map(|book| Ok((book.path.clone(), book.bytes()?)));
                archive::zip(&members.collect::<Result<Vec<_>, Error>>()?).map_err(encode_error)
            }
        }
    }
}

impl Book {
    fn bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(match self.form {
            Form::Text(dialect) => text::write(&self.grids[0], dialect).0,
            Form::Gzip(dialect) => {
                archive::gzip(&text::write(&self.grids[0], dialect).0).map_err(encode_error)?
            }
            Form::Xlsx => xlsx::write(&self.grids).map_err(encode_error)?,
            Form::SpreadsheetMl => markup::spreadsheetml(&self.grids),
            Form::Html(encoding) => markup::html(&self.grids, encoding),
            Form::Biff => biff::write(&self.grids),
        })
    }

    /// Line, or row of the sheet from 1, of every row of `grid`.
    pub(super) fn lines(&self, grid: &Grid) -> Vec<u64> {
        match self.form {
            Form::Text(dialect) | Form::Gzip(dialect) => text::write(grid, dialect).1,
            _ => (1..).take(grid.lines.len()).collect(),
        }
    }

    /// Sheets where the form has sheets with names.
    pub(super) fn has_sheets(&self) -> bool {
        matches!(self.form, Form::Xlsx | Form::SpreadsheetMl | Form::Biff)
    }

    /// Rows that cannot be read, with their sheet and line.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&Grid, u64, &Fate)> {
        self.grids.iter().flat_map(|grid| {
            let fates = grid.lines.iter().zip(self.lines(grid));
            fates.filter_map(move |(line, at)| line.fate.as_ref().map(|fate| (grid, at, fate)))
        })
    }
}

fn encode_error(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Table {
        table: "files",
        source: Box::new(source),
    }
}
