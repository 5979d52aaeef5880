//! What is counted while a table is decoded, and what of it is worth saying.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::unread::Unread;

/// What decoding a table leaves beside its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::ingest) struct Tally {
    /// Rows written.
    pub(in crate::ingest) rows: u64,
    /// Rows without any text, which are passed over.
    pub(in crate::ingest) blank: u64,
    /// Rows that are no records, in their order.
    pub(in crate::ingest) unread: Vec<Unread>,
    /// Cells that hold an error of a spreadsheet program, by error.
    pub(in crate::ingest) errors: BTreeMap<String, u64>,
    /// Columns, of those written, with a cell that holds several identifiers.
    pub(in crate::ingest) several: BTreeSet<usize>,
}

impl Tally {
    /// Adds what was counted in some rows.
    pub(super) fn add(&mut self, errors: &BTreeMap<String, u64>, several: &BTreeSet<usize>) {
        for (error, n) in errors {
            *self.errors.entry(error.clone()).or_default() += n;
        }
        self.several.extend(several);
    }

    /// What a reader should know of a table's cells, which stands at `place`.
    pub(in crate::ingest) fn notes(&self, place: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.blank > 0 {
            notes.push(format!(
                "{place}: {} blank rows are passed over",
                self.blank
            ));
        }
        if !self.errors.is_empty() {
            let n: u64 = self.errors.values().sum();
            let each = self.errors.iter().map(|(error, n)| format!("{n} {error}"));
            let each = each.collect::<Vec<_>>().join(", ");
            notes.push(format!(
                "{place}: {n} cells hold an error of a spreadsheet program (错误值: {each}) and count as empty"
            ));
        }
        notes
    }
}
