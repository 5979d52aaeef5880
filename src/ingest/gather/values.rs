//! The canonical values of the rows of one file, as expressions: read, defaulted, completed, cut at the as-of day.

use polars::prelude::*;

use super::{LATER, Reader, given_name};
use crate::ingest::checks::{self, Check};
use crate::ingest::convert::{self, Prepared};
use crate::ingest::error::Error;
use crate::ingest::params::{Field, Origin, ValidTable};
use crate::ingest::source::Source;
use crate::ingest::tables::Presence;
use crate::ingest::vocabulary;

/// Stands between the number of an item and its 抽查子项, which makes the id one of its own.
const SUB_ITEM: &str = "·";

impl Reader<'_> {
    /// What each given field is read from in one file.
    pub(super) fn prepared<'b>(
        &'b self,
        source: &Source,
    ) -> Result<Vec<(&'b Field, Option<Prepared>)>, Error> {
        let section = self.section(source);
        let mut prepared = Vec::new();
        for field in &self.given {
            let field = section.field(&field.name).unwrap_or(field);
            let headers = convert::origin(field, source);
            let found = if headers.is_empty() {
                None
            } else {
                Some(convert::prepare(section, field, &headers, source)?)
            };
            prepared.push((field, found));
        }
        Ok(prepared)
    }

    /// 0, the first broken rule, or later.
    pub(super) fn code(&self, checks: &[Check]) -> Expr {
        let mut code = checks::first_broken(checks);
        if let Some(known) = self.known() {
            let later = known.gt_eq(self.cut());
            code = when(code.clone().neq(lit(0)))
                .then(code)
                .when(later)
                .then(lit(LATER))
                .otherwise(lit(0));
        }
        code.cast(DataType::Int32)
    }

    pub(super) fn value(
        &self,
        section: &ValidTable,
        field: &Field,
        found: Option<&Prepared>,
    ) -> Expr {
        let given = || col(given_name(&field.name));
        let value = match (&field.origin, found) {
            (Origin::Constant(text), _) => convert::constant(field, text, &section.separator),
            (_, Some(found)) if field.name == "result_codes" => {
                self.results[section.section].read(found, given(), &section.separator)
            }
            (_, Some(found)) if field.name == "end_reason" => worded(
                found.read(given(), &section.separator),
                vocabulary::exit_reason,
            ),
            (_, Some(found)) if field.name == "follow_up" && self.is_visits() => worded(
                found.read(given(), &section.separator),
                vocabulary::follow_up,
            ),
            (_, Some(found)) => found.read(given(), &section.separator),
            (_, None) => lit(NULL).cast(convert::dtype(field.kind)),
        };
        let value = match field.presence {
            Presence::Text(text) => value.fill_null(lit(text)),
            Presence::True => fill_where_absent(value, field, found),
            Presence::WhenAbsent(text) if found.is_none() && !self.table.more.is_empty() => {
                value.fill_null(lit(text))
            }
            _ => value,
        };
        value.alias(field.name.as_str())
    }

    /// Columns that other columns of the row complete.
    pub(super) fn completed(&self, section: &ValidTable) -> Vec<Expr> {
        let mut columns = Vec::new();
        if self.is_visits() && self.is_given("result_codes") {
            columns.push(section.hits.completed(col("found"), col("result_codes")));
        }
        if self.table.table.name == "items" && self.is_given("sub_item") {
            let both = concat_str([col("item_id"), col("sub_item")], SUB_ITEM, false);
            let id = when(col("sub_item").is_not_null()).then(both);
            columns.push(id.otherwise(col("item_id")).alias("item_id"));
        }
        columns
    }

    /// The day a row was known, if its table has one.
    fn known(&self) -> Option<Expr> {
        let day = self.table.table.day?;
        Some(if self.is_given("known_on") {
            col("known_on")
        } else {
            col(day)
        })
    }

    fn cut(&self) -> Expr {
        lit(self.as_of.0.days()).cast(DataType::Date)
    }

    /// An end or a publication on or after the as-of day is not known yet: the record is still open. What a follow-up was goes
    /// with the day it was closed on.
    pub(super) fn cut_at_as_of(&self, name: &str) -> Expr {
        let value = col(name);
        let before = |day: &str| col(day).lt(self.cut());
        let is_known = match name {
            "ended_on" | "closed_on" => before(name),
            "published_on" if self.is_visits() => before(name),
            "follow_up" if self.is_visits() && self.is_given("closed_on") => {
                before("closed_on").or(col("closed_on").is_null())
            }
            _ => return value,
        };
        when(is_known).then(value).otherwise(lit(NULL)).alias(name)
    }
}

/// Texts of a column in the words of its vocabulary.
fn worded(texts: Expr, word: impl Fn(&str) -> &str + Send + Sync + 'static) -> Expr {
    convert::map_text(texts, DataType::String, move |texts| {
        let words = texts.iter().map(|text| text.map(&word));
        words.collect::<StringChunked>().into_series()
    })
}

/// A null that the source gave but that could not be read stays null, so that it is refused and not defaulted.
fn fill_where_absent(value: Expr, field: &Field, found: Option<&Prepared>) -> Expr {
    match found {
        Some(_) => when(col(given_name(&field.name)).is_null())
            .then(lit(true))
            .otherwise(value),
        None => value.fill_null(lit(true)),
    }
}

pub(super) fn default_from_column(field: &Field, found: Option<&Prepared>) -> Option<Expr> {
    let Presence::Column(other) = field.presence else {
        return None;
    };
    let name = field.name.as_str();
    Some(match found {
        Some(_) => when(col(given_name(name)).is_null())
            .then(col(other))
            .otherwise(col(name))
            .alias(name),
        None => col(name).fill_null(col(other)),
    })
}
