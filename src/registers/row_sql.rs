//! One SQL expression over the columns of one row, as settings write it.
//!
//! A row sees its own columns, `as_of`, and for every date column `x` the whole days since 1970-01-01 in `x_day`
//! (so that ages are differences of whole numbers, which every engine computes alike). Ends that lie on or after
//! the as-of day (`closed_on`, `ended_on`, `published_on`) read as null: nobody knew them yet. A visit's `follow_up` has
//! no day of its own and is seen once it was closed. Aggregates, windows and subqueries are refused, because what one
//! row says must not depend on the rows beside it.

use std::collections::BTreeSet;

use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, Schema, col, lit, when,
};
use polars::sql::sql_expr;

/// Date columns that are null until their day has passed.
const ENDS: [&str; 3] = ["closed_on", "ended_on", "published_on"];
/// A column that is null until the day of another one has passed, where a table has both.
const GOES_WITH: [&str; 2] = ["follow_up", "closed_on"];

/// A parsed expression and the text it came from.
#[derive(Clone, Debug)]
pub(crate) struct RowSql {
    text: String,
    expr: Expr,
}

impl RowSql {
    /// Parses `text`; the error is the broken rule.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expr =
            sql_expr(text).map_err(|error| format!("must be one SQL expression: {error}"))?;
        if expr.into_iter().all(is_row_wise) {
            return Ok(Self {
                text: text.to_owned(),
                expr,
            });
        }
        Err("must look at one row only: aggregates, windows, subqueries and aliases are not allowed".to_owned())
    }

    /// The text as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The expression for a frame made by [`seen_from`].
    pub(crate) fn expr(&self) -> Expr {
        self.expr.clone()
    }

    /// Names of the columns it reads.
    pub(crate) fn columns(&self) -> BTreeSet<String> {
        let names = self.expr.into_iter().filter_map(|part| match part {
            Expr::Column(name) => Some(name.to_string()),
            _ => None,
        });
        names.collect()
    }

    /// Whether its value can change as the as-of day moves.
    pub(crate) fn depends_on_as_of(&self) -> bool {
        let moves = |name: &String| {
            let base = name.strip_suffix("_day").unwrap_or(name);
            base == "as_of" || base == GOES_WITH[0] || ENDS.contains(&base)
        };
        self.columns().iter().any(moves)
    }

    /// Type of its value over rows of `schema`; the error is the broken rule.
    pub(crate) fn dtype(&self, schema: &Schema) -> Result<DataType, String> {
        if let Some(name) = self.columns().iter().find(|name| !schema.contains(name)) {
            return Err(format!(
                "must name columns that exist; there is no column {name}"
            ));
        }
        let empty = DataFrame::empty_with_schema(schema)
            .lazy()
            .select([self.expr().alias("value")])
            .collect();
        let frame =
            empty.map_err(|error| format!("must be an expression over its columns: {error}"))?;
        Ok(frame.columns()[0].dtype().clone())
    }

    /// Checks that its value over rows of `schema` is true or false.
    pub(crate) fn check_boolean(&self, schema: &Schema) -> Result<(), String> {
        match self.dtype(schema)? {
            DataType::Boolean => Ok(()),
            other => Err(format!(
                "must be true or false, not a value of type {other}"
            )),
        }
    }
}

/// Whether `part` gives each row a value of its own; lists of constants (`IN (…)`) may be gathered.
fn is_row_wise(part: &Expr) -> bool {
    match part {
        Expr::Agg(_) | Expr::Explode { .. } => part
            .into_iter()
            .all(|inner| !matches!(inner, Expr::Column(_))),
        Expr::Column(_)
        | Expr::Literal(_)
        | Expr::BinaryExpr { .. }
        | Expr::Cast { .. }
        | Expr::Ternary { .. }
        | Expr::Function { .. } => true,
        _ => false,
    }
}

/// Rows of `frame` as an expression may see them from the day `as_of`.
pub(crate) fn seen_from(frame: LazyFrame, schema: &Schema, as_of: Expr) -> LazyFrame {
    let ends = ENDS.iter().filter(|end| schema.contains(end));
    let [follow_up, day] = GOES_WITH;
    let goes_with = GOES_WITH.iter().all(|name| schema.contains(name));
    let masked = ends.map(|&end| (end, end));
    let masks = masked
        .chain(goes_with.then_some((follow_up, day)))
        .map(|(name, day)| {
            let seen = when(col(day).lt(col("as_of"))).then(col(name));
            seen.otherwise(lit(NULL)).alias(name)
        });
    let frame = frame.with_columns([as_of.cast(DataType::Date).alias("as_of")]);
    let frame = frame.with_columns(masks.collect::<Vec<_>>());
    let days = dates(schema).map(|name| {
        col(name.as_str())
            .cast(DataType::Int32)
            .alias(format!("{name}_day"))
    });
    let as_of_day = col("as_of").cast(DataType::Int32).alias("as_of_day");
    frame.with_columns(days.chain([as_of_day]).collect::<Vec<_>>())
}

/// Columns of the frame that [`seen_from`] makes of rows of `schema`.
pub(crate) fn seen_schema(schema: &Schema) -> Schema {
    let mut seen = schema.clone();
    seen.with_column("as_of".into(), DataType::Date);
    for name in dates(schema) {
        seen.with_column(format!("{name}_day").into(), DataType::Int32);
    }
    seen.with_column("as_of_day".into(), DataType::Int32);
    seen
}

/// A day as a literal.
pub(crate) fn day(as_of: crate::units::Day) -> Expr {
    lit(as_of.days()).cast(DataType::Date)
}

fn dates(schema: &Schema) -> impl Iterator<Item = String> {
    let date = schema
        .iter()
        .filter(|(name, dtype)| **dtype == DataType::Date && name.as_str() != "as_of");
    date.map(|(name, _)| name.to_string())
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Int32Chunked, IntoColumn, StringChunked};

    use super::*;

    #[test]
    fn aggregates_windows_and_subqueries_are_refused() {
        for text in [
            "COUNT(*) > 1",
            "SUM(x)",
            "x > AVG(x)",
            "ROW_NUMBER() OVER (ORDER BY x)",
            "x AS y",
            "FIRST(x)",
        ] {
            assert!(RowSql::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_published_or_closed_later_is_not_seen_and_a_follow_up_goes_with_its_closing() {
        let days = |days: [Option<i32>; 3]| {
            let days = days.map(|day| day.map(|day| 19_000 + day));
            let days: Int32Chunked = days.into_iter().collect();
            days.into_column().cast(&DataType::Date).unwrap()
        };
        let words: StringChunked = [Some("立案"); 3].into_iter().collect();
        let columns = vec![
            days([Some(1), Some(2), None]).with_name("published_on".into()),
            words.into_column().with_name("follow_up".into()),
            days([Some(1), Some(2), None]).with_name("closed_on".into()),
        ];
        let frame = DataFrame::new(3, columns).unwrap();
        let schema = frame.schema().as_ref().clone();
        let today = lit(19_002).cast(DataType::Date);
        let seen = seen_from(frame.lazy(), &schema, today).collect().unwrap();
        for name in ["published_on", "follow_up", "closed_on"] {
            let column = seen.column(name).unwrap();
            let is_seen: Vec<bool> = column.is_not_null().iter().flatten().collect();
            assert_eq!(is_seen, [true, false, false], "{name}");
            assert_eq!(column.dtype(), schema.get(name).unwrap());
        }
    }

    #[test]
    fn the_portable_subset_is_read() {
        let schema = Schema::from_iter([
            ("x".into(), DataType::Int64),
            ("s".into(), DataType::String),
            ("d".into(), DataType::Date),
            ("l".into(), DataType::List(Box::new(DataType::String))),
        ]);
        for text in [
            "x IN (1, 2) AND s LIKE 'a%'",
            "x BETWEEN 1 AND 5 OR s IS NULL",
            "NOT (s = '企业') AND d < DATE '2024-01-01'",
            "CASE WHEN x > 1 THEN true ELSE false END",
            "COALESCE(x, 0) > 1",
            "ARRAY_CONTAINS(l, '重点')",
            "CAST(x AS DOUBLE) / 2 > LN(2.0)",
            "SUBSTR(s, 1, 2) = '52'",
            "EXTRACT(YEAR FROM d) = 2024",
        ] {
            let sql = RowSql::parse(text).unwrap_or_else(|rule| panic!("{text}: {rule}"));
            assert_eq!(sql.check_boolean(&schema), Ok(()), "{text}");
        }
    }

    #[test]
    fn an_unknown_column_is_named() {
        let rule = RowSql::parse("nothing > 1")
            .unwrap()
            .dtype(&Schema::default())
            .unwrap_err();
        assert!(rule.contains("no column nothing"), "{rule}");
    }
}
