//! `dirt.json`: what was planted, how often, and every row that cannot be read, and every cell that
//! cannot be read in a row that can, with its file, sheet, line and rule.

use std::collections::BTreeMap;

use serde::Serialize;

use super::book::{Book, Parcel};
use super::grid::{Grid, Reference};
use super::spell::Tally;

/// The account of a folder.
#[derive(Serialize)]
pub(super) struct Account<'a> {
    title: &'a str,
    files: Vec<File<'a>>,
    /// How often each kind of dirt was planted.
    planted: &'a BTreeMap<&'static str, u64>,
    /// Rows that cannot be read by table and rule.
    counts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    unreadable: Vec<Unreadable<'a>>,
    /// Cells that cannot be read, by table and rule.
    cell_counts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    emptied: Vec<Unreadable<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "file")]
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    form: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    tables: Vec<Table<'a>>,
}

#[derive(Serialize)]
struct Table<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'a str>,
    /// Line of the last header row.
    header_line: u64,
    headers: &'a [String],
    rows: usize,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'a str>,
    line: u64,
    table: &'static str,
    rule: &'static str,
    /// Canonical column of a cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'static str>,
    /// What the reference calls the row: object id, visit id, or `id|kind|day` of an event.
    row: &'a str,
    reference: Reference,
}

impl<'a> Account<'a> {
    pub(super) fn of(title: &'a str, parcels: &'a [Parcel], tally: &'a Tally) -> Self {
        let books = || {
            parcels
                .iter()
                .flat_map(|parcel| parcel.books().iter().map(move |book| (parcel, book)))
        };
        let (emptied, unreadable): (Vec<_>, Vec<_>) = books()
            .flat_map(|(parcel, book)| rows(parcel, book))
            .partition(|row| row.column.is_some());
        Self {
            title,
            files: books().map(|(parcel, book)| file(parcel, book)).collect(),
            planted: &tally.0,
            counts: by_rule(&unreadable),
            unreadable,
            cell_counts: by_rule(&emptied),
            emptied,
        }
    }

    /// Rows that cannot be read.
    pub(super) fn n_unreadable(&self) -> u64 {
        u64::try_from(self.unreadable.len()).expect("a count fits")
    }

    /// Cells that cannot be read in rows that can.
    pub(super) fn n_emptied(&self) -> u64 {
        u64::try_from(self.emptied.len()).expect("a count fits")
    }
}

fn by_rule(rows: &[Unreadable]) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let mut counts: BTreeMap<_, BTreeMap<_, u64>> = BTreeMap::new();
    for row in rows {
        let of_table = counts.entry(row.table).or_default();
        *of_table.entry(row.rule).or_default() += 1;
    }
    counts
}

fn member<'a>(parcel: &Parcel, book: &'a Book) -> Option<&'a str> {
    matches!(parcel, Parcel::Zip { .. }).then_some(book.path.as_str())
}

fn sheet<'a>(book: &Book, grid: &'a Grid) -> Option<&'a str> {
    book.has_sheets().then_some(grid.name.as_str())
}

fn file<'a>(parcel: &'a Parcel, book: &'a Book) -> File<'a> {
    let tables = book.grids.iter().filter(|grid| !grid.headers.is_empty());
    File {
        path: parcel.path(),
        member: member(parcel, book),
        form: book.form.name(),
        encoding: book.form.encoding(),
        tables: tables
            .map(|grid| Table {
                sheet: sheet(book, grid),
                header_line: book.lines(grid)[grid.header],
                headers: &grid.headers,
                rows: grid.rows,
            })
            .collect(),
    }
}

fn rows<'a>(parcel: &'a Parcel, book: &'a Book) -> impl Iterator<Item = Unreadable<'a>> {
    book.unreadable().map(move |(grid, line, fate)| Unreadable {
        file: parcel.path(),
        member: member(parcel, book),
        sheet: sheet(book, grid),
        line,
        table: fate.table,
        rule: fate.rule,
        column: fate.column,
        row: &fate.row,
        reference: fate.reference,
    })
}
