//! Old Excel books (BIFF in a compound file, MS-XLS): small by their format, so they are read at once.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Reader, Xls};

use super::super::error::Error;
use super::biff;
use super::book::{Step, Visitor, moment_text, number_text, walk_worksheets};
use super::limits::{Beyond, XLS_CELLS_MAX, XLS_MAX};
use super::rows::{Regions, Row};
use super::xlsx::{day_text, guarded};

/// An opened book.
pub(super) struct XlsBook(Xls<BufReader<File>>);

impl XlsBook {
    pub(super) fn open(path: &Path, shown: &str) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        if length > XLS_MAX {
            return Err(Error::beyond(
                shown,
                Beyond::new("the size of an xls file in bytes", XLS_MAX),
            ));
        }
        let cells = biff::spanned(path).map_err(|reason| damaged(shown, reason))?;
        if cells > XLS_CELLS_MAX {
            return Err(Error::beyond(
                shown,
                Beyond::new("the number of cells its sheets span", XLS_CELLS_MAX),
            ));
        }
        let book = guarded(shown, || {
            Xls::new(BufReader::new(file)).map_err(|error| error.to_string())
        });
        Ok(Self(book.map_err(|error| as_xls(error, shown))?))
    }

    /// Hands on the rows of the worksheets, in their order.
    pub(super) fn walk(&mut self, shown: &str, visitor: &mut dyn Visitor) -> Result<(), Error> {
        let sheets = self.0.sheets_metadata().to_vec();
        walk_worksheets(&sheets, visitor, |name, visitor| {
            self.sheet(name, shown, visitor)
        })
    }

    fn sheet(&mut self, name: &str, shown: &str, visitor: &mut dyn Visitor) -> Result<Step, Error> {
        let beyond = |beyond| Error::beyond(shown, beyond);
        let merges = self.0.merge_cells_by_sheet_name(name).unwrap_or_default();
        let place = |(row, column): (u32, u32)| (u64::from(row) + 1, column as usize);
        let merges = merges
            .iter()
            .map(|merge| (place(merge.start), place(merge.end)));
        let mut regions = Regions::known(merges).map_err(beyond)?;
        let read = || {
            self.0
                .worksheet_range(name)
                .map_err(|error| error.to_string())
        };
        let range = guarded(shown, read)?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        let mut row = Row::default();
        for (at, cells) in range.rows().enumerate() {
            row.restart(u64::from(first_row) + at as u64 + 1);
            for (at, cell) in cells.iter().enumerate() {
                put(&mut row, first_column as usize + at, cell).map_err(beyond)?;
            }
            regions.fill(&mut row);
            match visitor.row(&row)? {
                Step::Next => {}
                step => return Ok(step),
            }
        }
        Ok(Step::NextSheet)
    }
}

fn put(row: &mut Row, column: usize, value: &Data) -> Result<(), Beyond> {
    match value {
        Data::Empty => Ok(()),
        Data::String(text) => row.put(column, text),
        Data::Int(number) => row.put(column, &number.to_string()),
        Data::Float(number) => row.put(column, &number_text(*number)),
        Data::Bool(flag) => row.put(column, if *flag { "true" } else { "false" }),
        Data::DateTime(moment) => row.put(column, &day_text(*moment)),
        Data::DateTimeIso(text) | Data::DurationIso(text) => row.put(column, moment_text(text)),
        Data::Error(error) => row.put(column, &error.to_string()),
    }
}

fn damaged(shown: &str, reason: String) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: "xls",
        reason,
    }
}

fn as_xls(error: Error, shown: &str) -> Error {
    match error {
        Error::Unreadable { reason, .. } => damaged(shown, reason),
        error => error,
    }
}
