//! Rows below the header: sound ones become columns of text, the others are kept with the reason why they are no record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringBuilder};

use super::furniture;
use super::layout::Layout;
use super::second::Second;
use super::unread::{END, Fault, KEPT_MAX, Unread};
use crate::ingest::scalar::error_cell;
use crate::ingest::several;

/// Letters of a cell that a refusal shows.
const SHOWN: usize = 80;

/// Rows of a table on their way to columns.
pub(super) struct Body {
    /// Columns that are kept.
    stored: Arc<[usize]>,
    width: usize,
    /// Whether a row may end before its last columns, as the rows of a sheet do.
    may_be_short: bool,
    texts: Vec<StringBuilder>,
    lines: Int64Builder,
    /// Sound rows.
    pub(super) rows: usize,
    /// Bytes of their texts.
    pub(super) bytes: usize,
    /// Rows without any text.
    pub(super) blank: u64,
    pub(super) unread: Vec<Unread>,
    /// Cells that hold an error of a spreadsheet, by error.
    pub(super) errors: BTreeMap<String, u64>,
    /// Columns, of those kept, with a cell that holds several identifiers.
    pub(super) several: BTreeSet<usize>,
    kept: usize,
    pub(super) second: Second,
}

/// Cells of a row, however they are held.
pub(super) trait Cells {
    /// Number of cells.
    fn n(&self) -> usize;
    /// A cell's own text.
    fn own(&self, column: usize) -> &str;
    /// Its text, or what a merged region gives.
    fn filled(&self, column: usize) -> &str;
    /// Whether its quotation marks are no pairs, over several lines.
    fn is_stray(&self) -> bool {
        false
    }
}

impl Cells for super::records::Records<'_> {
    fn n(&self) -> usize {
        self.len()
    }

    fn own(&self, column: usize) -> &str {
        self.field(column)
    }

    fn filled(&self, column: usize) -> &str {
        self.field(column)
    }

    fn is_stray(&self) -> bool {
        self.is_stray()
    }
}

impl Cells for super::rows::Row {
    fn n(&self) -> usize {
        self.cells.len()
    }

    fn own(&self, column: usize) -> &str {
        &self.cells[column]
    }

    fn filled(&self, column: usize) -> &str {
        Self::filled(self, column)
    }
}

impl Body {
    /// A body of the table of `layout`, below another table where that is `second`.
    pub(super) fn new(
        layout: &Layout,
        stored: Arc<[usize]>,
        may_be_short: bool,
        is_second: bool,
    ) -> Self {
        Self {
            texts: stored.iter().map(|_| StringBuilder::new()).collect(),
            stored,
            width: layout.names.len(),
            may_be_short,
            lines: Int64Builder::new(),
            rows: 0,
            bytes: 0,
            blank: 0,
            unread: Vec::new(),
            errors: BTreeMap::new(),
            several: BTreeSet::new(),
            kept: 0,
            second: Second::new(&layout.heads, is_second),
        }
    }

    /// Takes one row; `may_be_example` is false where no cell can mark an example.
    pub(super) fn take(&mut self, line: u64, row: &impl Cells, may_be_example: bool) {
        let n = row.n();
        let Some(first) = (0..n).find(|&column| !row.own(column).trim().is_empty()) else {
            self.blank += 1;
            return;
        };
        if let Some((fault, value)) = self.fault(row, first, may_be_example) {
            self.refuse(line, row, fault, value);
            return;
        }
        for (at, &column) in self.stored.iter().enumerate() {
            let value = row.filled(column);
            self.bytes += value.len();
            self.texts[at].append_value(value);
            if value.starts_with('#')
                && let Some(error) = error_cell(value)
            {
                *self.errors.entry(error.to_owned()).or_default() += 1;
            }
            if value.len() >= several::SHORTEST && several::split(value).is_some() {
                self.several.insert(at);
            }
        }
        self.lines
            .append_value(i64::try_from(line).unwrap_or(i64::MAX));
        self.rows += 1;
    }

    fn fault(
        &mut self,
        row: &impl Cells,
        first: usize,
        may_be_example: bool,
    ) -> Option<(Fault, String)> {
        let n = row.n();
        let shown = |column: usize| row.own(column).trim().chars().take(SHOWN).collect();
        if may_be_example && let Some(column) = furniture::example(row, first) {
            return Some((Fault::ExampleRow, shown(column)));
        }
        if row.is_stray() {
            return Some((Fault::StrayQuote, shown(first)));
        }
        if let Some(fault) = self.second.fault(row, first) {
            return Some((fault, shown(first)));
        }
        if furniture::is_note(row, first) {
            return Some((Fault::NoteRow, shown(first)));
        }
        let longer = (self.width..n).any(|column| !row.own(column).trim().is_empty());
        let shorter = n < self.width && !self.may_be_short;
        (longer || shorter).then(|| (Fault::FieldCount, n.to_string()))
    }

    fn refuse(&mut self, line: u64, row: &impl Cells, fault: Fault, value: String) {
        let mut cells = String::new();
        let bytes: usize = (0..row.n()).map(|column| row.own(column).len() + 1).sum();
        if self.kept + bytes <= KEPT_MAX {
            self.kept += bytes;
            for column in 0..row.n() {
                if column >= self.width || self.stored.binary_search(&column).is_ok() {
                    cells.push_str(&row.own(column).replace(END, ""));
                }
                cells.push(END);
            }
        }
        self.unread.push(Unread {
            line,
            fault,
            value,
            cells,
        });
    }

    /// The columns so far, lines last; the builders start again.
    pub(super) fn arrays(&mut self) -> (Vec<ArrayRef>, Vec<i64>) {
        let arrays = self
            .texts
            .iter_mut()
            .map(|text| Arc::new(text.finish()) as ArrayRef)
            .collect();
        (self.rows, self.bytes) = (0, 0);
        (arrays, self.lines.finish().values().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::{Body, Fault, Layout};

    fn layout(names: &[&str]) -> Layout {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Layout {
            heads: vec![names.clone()],
            names,
            ..Layout::default()
        }
    }

    #[test]
    fn trailing_empty_cells_are_no_raggedness() {
        let mut body = Body::new(&layout(&["x", "y"]), [0, 1].into(), false, false);
        body.take(2, &Row::of(&["a", "b", "", " "]), true);
        body.take(3, &Row::of(&["", ""]), true);
        body.take(4, &Row::of(&["a"]), true);
        body.take(5, &Row::of(&["a", "b", "c"]), true);
        assert_eq!((body.rows, body.blank), (1, 1));
        let found: Vec<_> = body
            .unread
            .iter()
            .map(|row| (row.line, row.fault, row.value.as_str()))
            .collect();
        assert_eq!(
            found,
            [(4, Fault::FieldCount, "1"), (5, Fault::FieldCount, "3")]
        );
        assert_eq!(body.unread[1].cells().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn a_header_once_more_is_no_record_and_another_one_ends_the_table_until_it_stands_there_again()
    {
        let mut body = Body::new(&layout(&["企业名称", "住所"]), [0, 1].into(), true, false);
        for cells in [
            ["甲", "某街"],
            ["企业名称", "住所"],
            ["乙", "某街"],
            ["企业名称", "成立日期"],
            ["丙", "2024"],
            ["企业名称", "住所 "],
            ["丁", "#REF!"],
        ] {
            body.take(1, &Row::of(&cells), true);
        }
        let faults: Vec<Fault> = body.unread.iter().map(|row| row.fault).collect();
        let expected = [
            Fault::HeaderRow,
            Fault::OtherTable,
            Fault::OtherTable,
            Fault::HeaderRow,
        ];
        assert_eq!((body.rows, faults), (3, expected.to_vec()));
        assert_eq!(body.errors["#REF!"], 1);
    }
}
