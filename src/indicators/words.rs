//! Words a catalogue may use for what `[risk.labels]` says of a visit, so that one catalogue serves every office.
//!
//! `routine`: the visit passes the labels' filter; `known`: its outcome is known; `outcome`: what it found. A column of the
//! same name in the source comes before the word.

use polars::prelude::{DataType, LazyFrame, Schema, lit};

use super::catalogue::Table;
use super::params::ValidLabels;
use crate::registers::RowSql;

const ROUTINE: &str = "routine";
const KNOWN: &str = "known";
const OUTCOME: &str = "outcome";

/// What the words stand for.
#[derive(Clone, Debug)]
pub(super) struct Words {
    filter: Option<RowSql>,
    outcome: RowSql,
}

impl Words {
    pub(super) fn of(labels: &ValidLabels) -> Self {
        Self {
            filter: labels.filter.clone(),
            outcome: labels.outcome.clone(),
        }
    }

    /// Whether what the words say can change as the as-of day moves.
    pub(super) fn depend_on_as_of(&self) -> bool {
        self.outcome.depends_on_as_of()
            || self.filter.as_ref().is_some_and(RowSql::depends_on_as_of)
    }

    /// Whether `sql` uses one of the words.
    pub(super) fn are_in(sql: &RowSql) -> bool {
        let words = [ROUTINE, KNOWN, OUTCOME];
        sql.columns()
            .iter()
            .any(|name| words.contains(&name.as_str()))
    }

    /// Records with the words as columns.
    pub(super) fn said(&self, records: LazyFrame, schema: &Schema) -> LazyFrame {
        let routine = match &self.filter {
            Some(filter) => filter.expr().fill_null(lit(false)),
            None => lit(true),
        };
        let said = [
            (ROUTINE, routine),
            (KNOWN, self.outcome.expr().is_not_null()),
            (OUTCOME, self.outcome.expr()),
        ];
        let new = said
            .into_iter()
            .filter(|(word, _)| !schema.contains(word))
            .map(|(word, expr)| expr.alias(word));
        records.with_columns(new.collect::<Vec<_>>())
    }
}

/// The columns of `table` with the words that `words` adds to them.
pub(super) fn with_words(table: Table, schema: &mut Schema, words: Option<&Words>) {
    if table == Table::Inspections && words.is_some() {
        for word in [ROUTINE, KNOWN, OUTCOME] {
            if !schema.contains(word) {
                schema.with_column(word.into(), DataType::Boolean);
            }
        }
    }
}
