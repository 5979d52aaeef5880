//! Limits of what is opened: a file that claims or shows more is refused by name, while it is read, in bounded memory.
//!
//! Deflate cannot pack tighter than 1,032 to 1 (RFC 1951); tables of real offices stay below 100 to 1.

use std::io::{self, BufRead, Read};

use thiserror::Error;

/// Bytes of a packed file after unpacking, all members together.
pub(super) const UNPACKED_MAX: u64 = 16 << 30;
/// Unpacked bytes for one packed byte, once [`RATIO_FREE`] bytes are unpacked.
pub(super) const RATIO_MAX: u64 = 400;
/// Unpacked bytes below which the ratio does not matter.
pub(super) const RATIO_FREE: u64 = 64 << 20;
/// Members of an archive.
pub(super) const MEMBERS_MAX: usize = 10_000;
/// Cells of a row, as in Excel.
pub(super) const CELLS_MAX: usize = 16_384;
/// Bytes of one cell's text.
pub(super) const CELL_MAX: usize = 1 << 20;
/// Bytes of one row of text.
pub(super) const RECORD_MAX: usize = 16 << 20;
/// Bytes of a workbook's small parts (styles, relations) and of its table of texts.
pub(super) const TEXTS_MAX: u64 = 1 << 30;
/// Bytes of a page of HTML.
pub(super) const HTML_MAX: u64 = 512 << 20;
/// Bytes of an `.xls` file, which is read at once; Excel's own stay far below.
pub(super) const XLS_MAX: u64 = 512 << 20;
/// Cells of all sheets of an `.xls` file, counted as the rectangles they span.
pub(super) const XLS_CELLS_MAX: u64 = 64 << 20;
/// Rows that cannot be read as rows of the table, in one table.
pub(super) const UNREAD_MAX: usize = 5_000_000;
/// Merged regions of a sheet.
pub(super) const REGIONS_MAX: usize = 1_000_000;
/// Nested tables of a page.
pub(super) const NESTED_MAX: usize = 16;
/// Lines a book's sheet can have.
pub(super) const LINES_MAX: u64 = 1 << 20;
/// Cells of an HTML page's tables in tables, which are held until the outer one ends.
pub(super) const KEPT_CELLS_MAX: u64 = 4 << 20;

/// Rows of a Parquet or Arrow file; more than ten times the businesses of the country.
pub(super) const ROWS_MAX: u64 = 1 << 31;
/// Rows of one of its row groups or batches, which are held at once.
pub(super) const GROUP_MAX: u64 = 1 << 26;

/// A limit that a file breaks.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{what} exceeds {limit}")]
pub(in crate::ingest) struct Beyond {
    pub(in crate::ingest) what: &'static str,
    pub(in crate::ingest) limit: u64,
}

impl Beyond {
    pub(super) fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit }
    }

    pub(super) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The limit inside an error of the file system, if that is what it is.
    pub(super) fn of(error: &io::Error) -> Option<Self> {
        error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Self>())
            .copied()
    }
}

/// What may still be unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Bytes left over all members.
    pub(super) left: u64,
    /// Unpacked bytes per packed byte.
    pub(super) ratio: u64,
    /// Bytes below which the ratio does not matter.
    pub(super) free: u64,
}

impl Budget {
    pub(super) const FULL: Self = Self {
        left: UNPACKED_MAX,
        ratio: RATIO_MAX,
        free: RATIO_FREE,
    };

    /// Whether `unpacked` bytes out of `packed` are too many.
    pub(super) fn check(&self, packed: u64, unpacked: u64) -> Result<(), Beyond> {
        if unpacked > self.left {
            return Err(Beyond::new("the unpacked size in bytes", self.left));
        }
        if unpacked > self.free && unpacked / self.ratio > packed {
            return Err(Beyond::new(
                "the ratio of unpacked to packed size",
                self.ratio,
            ));
        }
        Ok(())
    }
}

/// A reader that counts what it unpacks and stops beyond the budget.
pub(super) struct Counted<R> {
    inner: R,
    budget: Budget,
    packed: u64,
    pub(super) unpacked: u64,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R, budget: Budget, packed: u64) -> Self {
        Self {
            inner,
            budget,
            packed,
            unpacked: 0,
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(target)?;
        self.unpacked += n as u64;
        self.budget
            .check(self.packed, self.unpacked)
            .map_err(Beyond::into_io)?;
        Ok(n)
    }
}

/// A reader that gives out at most so many bytes until it is let out again: an endless text or tag is not collected.
pub(super) struct Leash<R> {
    inner: R,
    length: usize,
    left: usize,
}

impl<R: BufRead> Leash<R> {
    pub(super) fn new(inner: R, length: usize) -> Self {
        Self {
            inner,
            length,
            left: length,
        }
    }

    pub(super) fn let_out(&mut self) {
        self.left = self.length;
    }
}

impl<R: BufRead> Read for Leash<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(target)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Leash<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(Beyond::new("a text or tag in bytes", self.length as u64).into_io());
        }
        let bytes = self.inner.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, n: usize) {
        self.left -= n.min(self.left);
        self.inner.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::{Beyond, Budget, Counted, Leash};

    #[test]
    fn unpacking_stops_at_the_size_and_at_the_ratio() {
        let budget = Budget {
            left: 1_000,
            ratio: 10,
            free: 100,
        };
        let read = |packed: u64, n: u64| {
            let mut bytes = Vec::new();
            Counted::new(std::io::repeat(7).take(n), budget, packed).read_to_end(&mut bytes)
        };
        assert_eq!(read(10, 100).unwrap(), 100);
        let what = |packed, n| Beyond::of(&read(packed, n).unwrap_err()).unwrap().what;
        assert_eq!(what(10, 500), "the ratio of unpacked to packed size");
        assert_eq!(what(500, 5_000), "the unpacked size in bytes");
    }

    #[test]
    fn a_leash_holds_until_it_is_let_out() {
        let mut reader = Leash::new(BufReader::new(&b"0123456789"[..]), 4);
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).unwrap();
        assert!(reader.read_exact(&mut bytes).is_err());
        reader.let_out();
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"4567");
    }
}
