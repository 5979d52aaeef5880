//! What books of sheets have in common: whoever reads one hands its rows to a visitor, sheet by sheet.

use std::path::Path;
use std::sync::Arc;

use calamine::{SheetType, SheetVisible};

use super::super::error::Error;
use super::super::params::Format;
use super::body::Body;
use super::layout::{HEAD, Layout};
use super::limits::{Beyond, UNREAD_MAX};
use super::rows::Row;
use super::store::Store;
use super::unread::KEPT_MAX;
use super::xls::XlsBook;
use super::xlsx::XlsxBook;
use super::{Tally, html, spreadsheetml};

/// Rows of a sheet decoded before they are handed on.
const BATCH: usize = 65_536;

/// What happens after a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next row.
    Next,
    /// The next sheet.
    NextSheet,
    /// Nothing more.
    Stop,
}

/// Takes the rows of a book.
pub(super) trait Visitor {
    /// A sheet begins; whether its rows are wanted.
    fn sheet(&mut self, index: usize, name: Option<&str>) -> bool;
    /// A row of the sheet that began last.
    fn row(&mut self, row: &Row) -> Result<Step, Error>;
    /// The sheet that began last is hidden.
    fn hide(&mut self);
}

/// Hands on the worksheets of a workbook, in their order; `read` gives the rows of the one it names.
pub(super) fn walk_worksheets(
    sheets: &[calamine::Sheet],
    visitor: &mut dyn Visitor,
    mut read: impl FnMut(&str, &mut dyn Visitor) -> Result<Step, Error>,
) -> Result<(), Error> {
    for (index, sheet) in sheets.iter().enumerate() {
        if sheet.typ != SheetType::WorkSheet || !visitor.sheet(index, Some(&sheet.name)) {
            continue;
        }
        if sheet.visible != SheetVisible::Visible {
            visitor.hide();
        }
        if read(&sheet.name, visitor)? == Step::Stop {
            break;
        }
    }
    Ok(())
}

/// An opened book.
pub(super) enum Book {
    Xlsx(Box<XlsxBook>),
    Xls(Box<XlsBook>),
    /// Read anew each time.
    Xml,
    Html,
}

impl Book {
    pub(super) fn open(path: &Path, shown: &str, format: Format) -> Result<Self, Error> {
        match format {
            Format::Xlsx => Ok(Self::Xlsx(Box::new(XlsxBook::open(path, shown)?))),
            Format::Xls => Ok(Self::Xls(Box::new(XlsBook::open(path, shown)?))),
            Format::Xml => Ok(Self::Xml),
            _ => Ok(Self::Html),
        }
    }

    fn walk(&mut self, path: &Path, shown: &str, visitor: &mut dyn Visitor) -> Result<(), Error> {
        match self {
            Self::Xlsx(book) => book.walk(shown, visitor),
            Self::Xls(book) => book.walk(shown, visitor),
            Self::Xml => spreadsheetml::walk(path, shown, visitor),
            Self::Html => html::walk(path, shown, visitor),
        }
    }

    /// The sheets with their first rows.
    pub(super) fn sheets(
        &mut self,
        path: &Path,
        shown: &str,
        header_line: Option<u64>,
    ) -> Result<Vec<Sheet>, Error> {
        let mut heads = Heads {
            sheets: Vec::new(),
            until: header_line.unwrap_or(0) + 1,
        };
        self.walk(path, shown, &mut heads)?;
        Ok(heads.sheets)
    }

    /// Decodes the rows below the header of sheet `index` into `to`.
    pub(super) fn decode(
        &mut self,
        path: &Path,
        shown: &str,
        index: usize,
        layout: &Layout,
        stored: &[usize],
        to: &Path,
    ) -> Result<Tally, Error> {
        let names: Vec<&str> = stored.iter().map(|&at| layout.names[at].as_str()).collect();
        let mut below = Below {
            index,
            is_on: false,
            header: layout.last_line,
            last: layout.last_line,
            shown,
            body: Body::new(layout, Arc::from(stored), true, false),
            store: Store::new(to, &names),
            tally: Tally::default(),
        };
        self.walk(path, shown, &mut below)?;
        below.close()
    }
}

/// A sheet before it is decoded.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) index: usize,
    pub(super) name: Option<String>,
    pub(super) is_hidden: bool,
    /// Its first rows that hold something.
    pub(super) head: Vec<Row>,
}

/// Collects the first rows of every sheet.
struct Heads {
    sheets: Vec<Sheet>,
    /// A line that must be among them.
    until: u64,
}

impl Visitor for Heads {
    fn sheet(&mut self, index: usize, name: Option<&str>) -> bool {
        self.sheets.push(Sheet {
            index,
            name: name.map(str::to_owned),
            is_hidden: false,
            head: Vec::new(),
        });
        true
    }

    fn row(&mut self, row: &Row) -> Result<Step, Error> {
        let sheet = self.sheets.last_mut().expect("a row belongs to a sheet");
        let is_early = sheet.head.len() <= HEAD;
        if row.width() > 0 && (is_early || row.line + 1 >= self.until) {
            sheet.head.push(row.trimmed());
        }
        let is_enough = sheet.head.len() > HEAD && row.line > self.until;
        Ok(if is_enough {
            Step::NextSheet
        } else {
            Step::Next
        })
    }

    fn hide(&mut self) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.is_hidden = true;
        }
    }
}

/// Decodes the rows of one sheet.
struct Below<'a> {
    index: usize,
    is_on: bool,
    header: u64,
    /// Last line that holds something.
    last: u64,
    shown: &'a str,
    body: Body,
    store: Store,
    tally: Tally,
}

impl Visitor for Below<'_> {
    fn sheet(&mut self, index: usize, _: Option<&str>) -> bool {
        self.is_on = index == self.index;
        self.is_on
    }

    fn row(&mut self, row: &Row) -> Result<Step, Error> {
        if !self.is_on {
            return Ok(Step::Stop);
        }
        if row.line > self.header {
            let blank = self.body.blank;
            self.body.take(row.line, row, true);
            if self.body.blank == blank {
                self.tally.blank += row.line - self.last - 1; // blank rows below the last one do not count
                self.last = row.line;
            }
            if self.body.rows >= BATCH {
                self.hand_on()?;
            }
        }
        Ok(Step::Next)
    }

    fn hide(&mut self) {}
}

impl Below<'_> {
    fn hand_on(&mut self) -> Result<(), Error> {
        if self.body.unread.len() > UNREAD_MAX {
            let what = "the number of rows that are no records";
            return Err(Error::beyond(
                self.shown,
                Beyond::new(what, UNREAD_MAX as u64),
            ));
        }
        let bytes = self.body.bytes;
        let (texts, lines) = self.body.arrays();
        self.tally.rows += lines.len() as u64;
        self.store.push(texts, lines, bytes)
    }

    fn close(mut self) -> Result<Tally, Error> {
        self.hand_on()?;
        self.store.close()?;
        self.tally.add(&self.body.errors, &self.body.several);
        self.tally.unread = self.body.unread;
        debug_assert!(
            self.tally
                .unread
                .iter()
                .map(|row| row.cells.len())
                .sum::<usize>()
                <= KEPT_MAX
        );
        Ok(self.tally)
    }
}

/// A number as its digits: a whole one without a point, a long one without an exponent, so that a code that stands as a
/// number is itself, as far as the number still holds it.
pub(super) fn number_text(value: f64) -> String {
    if value.abs() >= 1e22 {
        format!("{value:e}")
    } else if value.abs() < f64::MIN_POSITIVE {
        "0".to_owned()
    } else {
        value.to_string()
    }
}

/// A day and time as ISO 8601 writes them, without a time of midnight.
pub(super) fn moment_text(text: &str) -> &str {
    let Some((day, time)) = text.split_once('T') else {
        return text;
    };
    let is_midnight = time
        .trim_end_matches('Z')
        .chars()
        .all(|letter| matches!(letter, '0' | ':' | '.'));
    if is_midnight { day } else { text }
}

#[cfg(test)]
mod tests {
    use super::{moment_text, number_text};

    #[test]
    fn numbers_stand_as_digits_as_far_as_they_hold_them() {
        for (value, text) in [
            (12.0, "12"),
            (0.5, "0.5"),
            (-0.0, "0"),
            (-3.25, "-3.25"),
            (914_403_001_922_038_016.0, "914403001922038000"),
            (330_000_000_036_006.0, "330000000036006"),
            (1e300, "1e300"),
        ] {
            assert_eq!(number_text(value), text);
        }
    }

    #[test]
    fn midnight_is_a_day() {
        assert_eq!(moment_text("2017-03-07T00:00:00.000"), "2017-03-07");
        assert_eq!(moment_text("2017-03-07T08:30:00"), "2017-03-07T08:30:00");
    }
}
