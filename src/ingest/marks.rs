//! What is asked of the rows of one file beside their canonical values: ids, keys and the marks of findings, as expressions.

use polars::prelude::*;

use super::checks::Check;
use super::convert;
use super::findings::{self, Mark};
use super::gather::{OWN, Reader, given_name};
use super::identity::{self, Scheme};
use super::params::{Origin, ValidTable};
use super::source::Source;
use super::tables::ColumnType;

impl Reader<'_> {
    pub(super) fn text_marks(&self, rules: &[Check], source: &Source) -> Vec<Mark> {
        let mut marks = Vec::new();
        for field in &self.given {
            let headers = convert::origin(field, source);
            let is_text = |header: &String| {
                let found = source.schema.get(header);
                found.is_some_and(|found| found.is_string() || found.is_categorical())
            };
            if matches!(field.kind, ColumnType::Text | ColumnType::Date)
                && !headers.is_empty()
                && headers.iter().all(is_text)
            {
                let text = convert::raw_text(&headers, source);
                marks.extend(findings::text_mark(rules, field, text));
            }
        }
        marks
    }

    /// Rows with their ids normalised, and made where the row's own is absent or damaged.
    pub(super) fn identified(
        &self,
        section: &ValidTable,
        frame: LazyFrame,
        has_id: bool,
    ) -> LazyFrame {
        let scheme = self.scheme(section);
        let given = || {
            if has_id {
                col(given_name("object_id"))
            } else {
                lit(NULL).cast(DataType::String)
            }
        };
        let mut frame = frame;
        if has_id && !scheme.is_foreign() {
            let mut ids = vec![identity::first_of_several()];
            ids.extend(self.is_given("other_ids").then(identity::rest_of_several));
            frame = frame.with_columns(ids);
        }
        frame = frame.with_columns([scheme.normalised()]);
        if self.is_given("other_ids") {
            frame = frame
                .with_columns([identity::other_ids(&scheme)])
                .with_columns([identity::id_or_other(given())])
                .with_columns([identity::others_only()]);
        }
        if self.derives(section) {
            let departments = self.is_given("departments").then(|| col("departments"));
            frame = frame
                .with_columns([identity::id_or_derived(given(), departments)])
                .with_columns([identity::scheme_of_derived(&scheme)]);
        }
        frame
    }

    /// Rows with the key of their object, and where they may name it by another identifier also the key of that.
    pub(super) fn keyed(&self, frame: LazyFrame) -> LazyFrame {
        let own = self.keys.column(col("object_id"));
        if !self.follows_aliases() {
            return frame.with_columns([own.alias("object_key")]);
        }
        frame
            .with_columns([own.alias(OWN)])
            .with_columns([self.keys.of_owners(col(OWN)).alias("object_key")])
    }

    pub(super) fn id_marks(
        &self,
        section: &ValidTable,
        rules: &[Check],
        has_id: bool,
    ) -> Vec<Expr> {
        if self.follows_aliases() {
            return findings::alias_mark(rules, col(OWN), col("object_key"))
                .into_iter()
                .collect();
        }
        if self.table.table.name != "objects" || !self.is_given("object_id") {
            return Vec::new();
        }
        let derives = self.derives(section);
        let scheme = if derives {
            Scheme::ByRow
        } else {
            self.scheme(section)
        };
        let replaceable = has_id && self.is_given("other_ids");
        findings::id_marks(rules, &scheme, replaceable, derives, has_id)
    }

    fn follows_aliases(&self) -> bool {
        self.table.table.name != "objects"
            && self.is_given("object_id")
            && !self.keys.aliases.is_empty()
    }

    /// Whether rows of a section without an id get one made of their name and address.
    fn derives(&self, section: &ValidTable) -> bool {
        section.without_code.is_some() && self.is_given("name") && self.is_given("address")
    }

    fn scheme(&self, section: &ValidTable) -> Scheme {
        let scheme = section
            .field("id_scheme")
            .filter(|field| self.is_given(&field.name))
            .map(|field| &field.origin);
        match scheme {
            None => Scheme::Fixed("uscc".to_owned()),
            Some(Origin::Constant(scheme)) => Scheme::Fixed(scheme.clone()),
            Some(_) => Scheme::ByRow,
        }
    }
}

/// Marks of codes no table of the standards knows, with the number of their mask, where the source `has` the columns they stand in.
pub(super) fn code_marks(rules: &[Check], has: &dyn Fn(&str) -> bool) -> Vec<(usize, Expr)> {
    let marks = rules.iter().enumerate().filter_map(|(at, check)| {
        let broken = check.broken.clone().filter(|_| has(&check.column))?;
        let mark = when(broken.fill_null(lit(false))).then(findings::marks(findings::bit(at)));
        Some((at / findings::MASK, mark.otherwise(findings::marks(0))))
    });
    marks.collect()
}
