//! Headers among the rows of a table: its own once more, as printed pages repeat it, or that of another table below it.

use std::collections::HashSet;

use super::body::Cells;
use super::layout::clean;
use super::unread::Fault;
use crate::ingest::tables;

/// Bytes of the longest header that is looked up.
const NAME_MAX: usize = 90;
/// Texts that are remembered as no header.
const MEMORY: usize = 4_096;

/// Watches for headers below the header.
pub(super) struct Second {
    /// The rows of the header and what stands above it, trimmed.
    heads: Vec<Vec<String>>,
    /// Whether the rows belong to another table.
    pub(super) is_on: bool,
    no_header: HashSet<String>,
}

impl Second {
    pub(super) fn new(heads: &[Vec<String>], is_on: bool) -> Self {
        Self {
            heads: heads.to_vec(),
            is_on,
            no_header: HashSet::new(),
        }
    }

    /// What a row is if it is a header or stands below another one; `first` is its first cell that holds something.
    pub(super) fn fault(&mut self, row: &impl Cells, first: usize) -> Option<Fault> {
        if self.heads.iter().any(|head| is_same(row, first, head)) {
            self.is_on = false;
            return Some(Fault::HeaderRow);
        }
        self.is_on = self.is_on || self.is_header(row, first);
        self.is_on.then_some(Fault::OtherTable)
    }

    /// Whether a row names columns that some table of the product has, and next to nothing else.
    fn is_header(&mut self, row: &impl Cells, first: usize) -> bool {
        let may_name =
            |cell: &str| cell.len() <= NAME_MAX && !cell.bytes().any(|byte| byte.is_ascii_digit());
        let held = || (first..row.n()).filter(|&at| !row.own(at).trim().is_empty());
        if !held().all(|at| may_name(row.own(at))) {
            return false;
        }
        let n = held().count();
        let (mut known, mut unknown) = (HashSet::new(), 0);
        for at in (first..row.n()).rev() {
            let name = clean(row.own(at));
            if name.is_empty() {
                continue;
            }
            match self.column(&name) {
                Some(column) => _ = known.insert(column),
                None => unknown += 1,
            }
            if 3 * unknown > n {
                return false;
            }
        }
        known.len() >= 2
    }

    /// The column that a header means; what means none is remembered, since values repeat.
    fn column(&mut self, name: &str) -> Option<(&'static str, &'static str)> {
        if self.no_header.contains(name) {
            return None;
        }
        let found = tables::guess(name);
        if found.is_none() && self.no_header.len() < MEMORY {
            self.no_header.insert(name.to_owned());
        }
        found
    }
}

/// Whether the row holds the texts of a head and nothing else.
fn is_same(row: &impl Cells, first: usize, head: &[String]) -> bool {
    let is = |column: usize| {
        let (cell, name) = (
            row.own(column).trim(),
            head.get(column).map_or("", String::as_str),
        );
        cell == name || (cell.contains(['\n', '\r']) && clean(cell) == name)
    };
    let goes_on = head.len() > row.n() && head[row.n()..].iter().any(|name| !name.is_empty());
    is(first) && !goes_on && (0..row.n()).all(is)
}
