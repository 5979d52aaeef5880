//! Workbooks and pages as bytes: the only room that knows a workbook format or a template language.
//!
//! Text stays text: a code keeps its leading zeros, and a cell that starts with `=`, `+`, `-` or `@` is never run.
//! What a workbook cannot hold is cut or goes on in a further sheet, and [`limits`] says so.
//! Same input, same bytes: the workbook carries a fixed creation time.

mod csv_text;
mod limits;
mod page;
mod workbook;

use thiserror::Error as ThisError;

pub use csv_text::CsvText;
pub use limits::{limits, tab_name};
pub use page::page;
pub use workbook::{Column, ColumnKind, Sheet, Value, workbook};

use crate::units::Kind;

/// Why a workbook or a page cannot be made.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A workbook without sheets.
    #[error("a workbook needs at least one sheet")]
    NoSheet,
    /// A sheet name spreadsheet programs refuse.
    #[error(
        "sheet name \"{name}\" must have 1 to 31 characters, none of [ ] : * ? / \\, and stand once in a workbook"
    )]
    SheetName {
        /// The name.
        name: String,
    },
    /// A row of another width than its sheet.
    #[error("row {row} of sheet \"{sheet}\" has {n_values} values for {n_columns} columns")]
    RowWidth {
        /// The sheet.
        sheet: String,
        /// The row, counted from 1 below the header.
        row: usize,
        /// Values.
        n_values: usize,
        /// Columns.
        n_columns: usize,
    },
    /// More columns than the format holds.
    #[error("sheet \"{sheet}\" has {n_columns} columns, the format holds 16384")]
    TooWide {
        /// The sheet.
        sheet: String,
        /// Columns.
        n_columns: usize,
    },
    /// The workbook writer failed.
    #[error("the workbook cannot be written")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
    /// The template engine failed.
    #[error("the page \"{name}\" cannot be made")]
    Page {
        /// Name of the template.
        name: String,
        /// What the engine says.
        #[source]
        source: minijinja::Error,
    },
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::TooWide { .. } => Kind::Data,
            _ => Kind::Bug,
        }
    }
}
