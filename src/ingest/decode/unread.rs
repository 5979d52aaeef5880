//! Rows that were read and are no records, with the reason why.

use serde::{Deserialize, Serialize};

/// Why a row is no record of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ingest) enum Fault {
    /// Another number of fields than the header has.
    FieldCount,
    /// An example of the template that was not deleted.
    ExampleRow,
    /// The header, or a title above it, once more.
    HeaderRow,
    /// A total, a signature or a note.
    NoteRow,
    /// The header of another table, or a row below it.
    OtherTable,
    /// Quotation marks that are no pairs, over several lines.
    StrayQuote,
}

/// A row that was read but is no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ingest) struct Unread {
    /// Line of the text or row of the sheet, from 1.
    pub(in crate::ingest) line: u64,
    /// Why.
    pub(in crate::ingest) fault: Fault,
    /// The number of fields, or the cell that shows what the row is.
    pub(in crate::ingest) value: String,
    /// The row's cells, each ended by U+001F, as far as there is room for them ([`KEPT_MAX`]); personal data that nobody
    /// asks for is left out.
    pub(in crate::ingest) cells: String,
}

/// Ends a cell in [`Unread::cells`].
pub(super) const END: char = '\u{1f}';
/// Bytes of unread rows whose cells are kept, in one table.
pub(super) const KEPT_MAX: usize = 64 << 20;

impl Unread {
    /// Name of the rule it breaks, as the refusal table has it.
    pub(in crate::ingest) fn rule(&self) -> &'static str {
        match self.fault {
            Fault::FieldCount => "field-count",
            Fault::ExampleRow => "example-row",
            Fault::HeaderRow => "header-row",
            Fault::NoteRow => "note-row",
            Fault::OtherTable => "other-table",
            Fault::StrayQuote => "stray-quote",
        }
    }

    /// What is wrong, after the row's place; `width` is the header's.
    pub(in crate::ingest) fn sentence(&self, width: usize) -> String {
        let value = &self.value;
        match self.fault {
            Fault::FieldCount => {
                format!("the row has {value} fields where the header (表头) has {width}")
            }
            Fault::ExampleRow => format!(
                "\"{value}\" marks an example (案例、示例) of the template, not a record: delete the row"
            ),
            Fault::HeaderRow => format!(
                "\"{value}\" begins the header or title (表头、标题) once more, not a record"
            ),
            Fault::NoteRow => format!(
                "\"{value}\" is a total, a signature or a note (合计、制表人、注), not a record"
            ),
            Fault::OtherTable => format!(
                "the row of \"{value}\" belongs to a second table with another header (另一张表) below the first: put it into a file or sheet of its own"
            ),
            Fault::StrayQuote => format!(
                "a quotation mark in the row of \"{value}\" (引号未成对) ends lines below with letters behind it: the lines between may be rows of their own; none of them is read"
            ),
        }
    }

    /// Whether it may be a record that was damaged, or one of another table.
    pub(in crate::ingest) fn may_be_record(&self) -> bool {
        matches!(
            self.fault,
            Fault::FieldCount | Fault::StrayQuote | Fault::OtherTable
        )
    }

    /// Whether it stands in every file of its kind and says nothing of how the file is read.
    pub(in crate::ingest) fn is_furniture(&self) -> bool {
        matches!(
            self.fault,
            Fault::ExampleRow | Fault::HeaderRow | Fault::NoteRow
        )
    }

    /// The row's cells; none where there was no room for them.
    pub(in crate::ingest) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.split_terminator(END)
    }
}
