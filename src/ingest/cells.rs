//! Cells that cannot be read and do not cost their row: they read as empty, a finding keeps their text, and a column of too many stops the job.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polars::prelude::*;

use super::checks::{self, Check};
use super::convert::{self, Prepared};
use super::error::Error;
use super::findings;
use super::gather::{Reader, Refused, given_name};
use super::params::{Field, Origin};
use super::settle::{collect, scan};
use super::tables::Consequence;

/// A column of so few filled cells may be unreadable to any share: nothing can be read from the share.
const FEW_CELLS: u64 = 100;

/// Whether a finding of this rule says that a cell was read as empty.
///
/// ```
/// use choucha::ingest::empties_a_cell;
/// assert!(empties_a_cell("date-unparsable") && !empties_a_cell("text-normalised"));
/// ```
#[must_use]
pub fn empties_a_cell(rule: &str) -> bool {
    matches!(
        rule,
        "bool-unparsable"
            | "closed-before-established"
            | "closed-before-visit"
            | "date-out-of-range"
            | "date-unparsable"
            | "follow-up-unknown"
            | "latitude-out-of-range"
            | "list-unparsable"
            | "longitude-out-of-range"
            | "negative"
            | "number-unparsable"
            | "published-before-visit"
    )
}

/// The rules of the columns whose cells are read as empty, in their order; the same list for every file.
pub(super) fn rules(reader: &Reader) -> Vec<Check> {
    let emptied = reader
        .given
        .iter()
        .filter(|field| field.unread == Consequence::Emptied);
    let rules = emptied.flat_map(|field| of_column(reader, field));
    rules
        .map(|check| Check {
            broken: None,
            ..check
        })
        .collect()
}

/// The rules of one column, the first broken of which is the finding.
fn of_column(reader: &Reader, field: &Field) -> Vec<Check> {
    let name = field.name.as_str();
    let (rule, sentence) = checks::unparsable(field.kind, field.is_money);
    let unread = col(given_name(name)).is_not_null().and(col(name).is_null());
    let has = |other: &str| reader.is_given(other);
    let ranges = checks::ranges(reader.table.table, name, field.kind, has);
    let unread = Check::new(name, rule, sentence, unread);
    let all = std::iter::once(unread).chain(ranges);
    all.map(|check| Check {
        empties: true,
        ..check
    })
    .collect()
}

/// What becomes of such cells in the rows of one file.
#[derive(Default)]
pub(super) struct Cells {
    /// Their marks, with the number of the mask.
    pub(super) marks: Vec<(usize, Expr)>,
    /// The columns without values outside their range.
    pub(super) values: Vec<Expr>,
}

impl Cells {
    /// The cells of the columns that the file or a constant gives.
    pub(super) fn of(
        reader: &Reader,
        rules: &[Check],
        prepared: &[(&Field, Option<Prepared>)],
    ) -> Self {
        let mut cells = Self::default();
        for (field, found) in prepared {
            let is_constant = matches!(field.origin, Origin::Constant(_));
            if field.unread == Consequence::Emptied && (found.is_some() || is_constant) {
                let can_fail = found.as_ref().is_some_and(Prepared::can_fail);
                cells.add(rules, field, of_column(reader, field), can_fail);
            }
        }
        cells
    }

    fn add(&mut self, rules: &[Check], field: &Field, mut checks: Vec<Check>, can_fail: bool) {
        let name = field.name.as_str();
        let unread = checks.remove(0);
        let outside = checks.iter().filter_map(|check| check.broken.clone());
        if let Some(outside) = outside.reduce(Expr::or) {
            let none = lit(NULL).cast(convert::dtype(field.kind));
            let value = when(outside).then(none).otherwise(col(name));
            self.values.push(value.alias(name));
        }
        let unread = can_fail.then_some(unread);
        let placed: Vec<(usize, Expr)> = unread
            .into_iter()
            .chain(checks)
            .filter_map(|check| {
                let at = findings::place(rules, name, check.rule)?;
                Some((at, check.broken?))
            })
            .collect();
        let mut masks: Vec<usize> = placed.iter().map(|(at, _)| at / findings::MASK).collect();
        masks.dedup();
        for mask in masks {
            self.marks.push((mask, first_broken(&placed, mask)));
        }
    }
}

/// The mark of the first broken rule where it stands in `mask`, else 0.
fn first_broken(placed: &[(usize, Expr)], mask: usize) -> Expr {
    placed
        .iter()
        .rev()
        .fold(findings::marks(0), |otherwise, (at, broken)| {
            let bit = if at / findings::MASK == mask {
                findings::bit(*at)
            } else {
                0
            };
            when(broken.clone())
                .then(findings::marks(bit))
                .otherwise(otherwise)
        })
}

/// The cells of one column that were read as empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Emptied {
    pub(super) column: String,
    pub(super) n: u64,
    /// The first of them.
    pub(super) first: Refused,
}

/// The cells read as empty among findings in the order of their places, by column.
pub(super) fn emptied(rules: &[Check], found: &[Refused]) -> Vec<Emptied> {
    let mut by_column: BTreeMap<&str, Emptied> = BTreeMap::new();
    for row in found {
        let check = &rules[usize::from(row.1)];
        if check.empties {
            let column = by_column.entry(&check.column);
            let emptied = column.or_insert_with(|| Emptied {
                column: check.column.clone(),
                n: 0,
                first: *row,
            });
            emptied.n += 1;
        }
    }
    by_column.into_values().collect()
}

/// The first column of which a larger share than `limit` of the filled cells was read as empty, with the number of those cells.
/// `parts` are the accepted rows of the table.
pub(super) fn too_many<'a>(
    emptied: &'a [Emptied],
    parts: &[PathBuf],
    limit: f64,
) -> Result<Option<(&'a Emptied, u64)>, Error> {
    for cells in emptied {
        let filled = cells.n + read_cells(parts, &cells.column)?;
        if filled > FEW_CELLS && share(cells.n, filled) > limit {
            return Ok(Some((cells, filled)));
        }
    }
    Ok(None)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "cells of a table lie below 2^53"
)]
pub(super) fn share(n: u64, of: u64) -> f64 {
    n as f64 / of.max(1) as f64
}

/// Values of a column in accepted rows.
fn read_cells(parts: &[PathBuf], column: &str) -> Result<u64, Error> {
    let mut n = 0;
    for part in parts {
        let frame = collect(scan(part)?.select([col(column)]))?;
        let values = frame
            .column(column)
            .map_err(Error::engine("count the cells of a column"))?;
        n += (values.len() - values.null_count()) as u64;
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::tables::{ColumnType, OUTCOME_TABLE, Presence, TABLES};

    #[test]
    fn every_rule_of_an_emptied_column_is_known_to_empty_its_cell() {
        for table in &TABLES {
            let emptied = |column: &&crate::ingest::Column| column.unread == Consequence::Emptied;
            for column in table.columns.iter().filter(emptied) {
                let (unread, _) = checks::unparsable(column.kind, false);
                let ranges = checks::ranges(table, column.name, column.kind, |_| true);
                let rules = ranges.iter().map(|check| check.rule).chain([unread]);
                for rule in rules {
                    assert!(empties_a_cell(rule), "{} {rule}", column.name);
                }
            }
        }
    }

    #[test]
    fn no_null_of_an_emptied_column_decides_what_a_record_is_or_when_it_was_known() {
        for table in TABLES.iter().chain([&OUTCOME_TABLE]) {
            for column in table.columns {
                let is_emptied = column.unread == Consequence::Emptied;
                let decides = column.presence != Presence::Optional
                    || table.day == Some(column.name)
                    || table.unique == Some(column.name)
                    || column.kind == ColumnType::Flag;
                assert!(!(is_emptied && decides), "{} {}", table.name, column.name);
            }
        }
    }

    #[test]
    fn the_first_broken_rule_of_a_column_marks_its_own_mask_alone() {
        let placed = [(63, lit(false)), (64, lit(true)), (65, lit(true))];
        let marks = [0, 1].map(|mask| first_broken(&placed, mask));
        let frame = DataFrame::empty()
            .lazy()
            .select([marks[0].clone().alias("a"), marks[1].clone().alias("b")]);
        let frame = frame.collect().unwrap();
        let mark = |name: &str| frame.column(name).unwrap().u64().unwrap().get(0);
        assert_eq!((mark("a"), mark("b")), (Some(0), Some(1)));
    }

    #[test]
    fn cells_are_counted_by_column_and_the_first_is_kept() {
        let rule = |column: &str, empties| Check {
            empties,
            ..Check::later(column, "date-unparsable", "")
        };
        let rules = [rule("a", true), rule("b", false), rule("c", true)];
        let at = super::super::gather::Pos;
        let found = [(at(3), 0), (at(3), 1), (at(5), 2), (at(9), 0)];
        let counted = emptied(&rules, &found);
        let told: Vec<_> = counted
            .iter()
            .map(|cells| (cells.column.as_str(), cells.n, cells.first))
            .collect();
        assert_eq!(told, [("a", 2, (at(3), 0)), ("c", 1, (at(5), 2))]);
    }
}
