//! SQL conditions over indicator columns, checked before they meet data.

use std::collections::BTreeSet;

use polars::prelude::{Column, DataFrame, DataType, Expr, IntoLazy, PolarsError, Schema};

use crate::indicators::{Indicator, IndicatorKind, row_condition};

/// The condition as an expression, without a look at the columns.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    row_condition(text)
}

/// The condition as an expression that is true or false, never null, over these indicators.
pub(super) fn condition(text: &str, indicators: &[Indicator]) -> Result<Expr, String> {
    let expr = parse(text)?;
    let tried = no_rows(indicators)
        .lazy()
        .select([expr.clone().alias("condition")])
        .collect();
    let answer = tried.and_then(|frame| frame.column("condition").map(Column::dtype).cloned());
    match answer {
        Ok(DataType::Boolean) => Ok(expr.fill_null(polars::prelude::lit(false))),
        Ok(other) => Err(format!("it gives {other}, not true or false")),
        Err(error) => Err(first_line(&error)),
    }
}

/// Columns a condition reads, ascending; none of a text that is no condition.
pub(super) fn columns(text: &str) -> Vec<String> {
    let Ok(expr) = parse(text) else {
        return Vec::new();
    };
    let named = expr.into_iter().filter_map(|part| match part {
        Expr::Column(name) => Some(name.to_string()),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

fn no_rows(indicators: &[Indicator]) -> DataFrame {
    let fields = indicators
        .iter()
        .map(|indicator| (indicator.name.as_str().into(), dtype(indicator.kind)));
    DataFrame::empty_with_schema(&fields.collect::<Schema>())
}

fn dtype(kind: IndicatorKind) -> DataType {
    match kind {
        IndicatorKind::Number => DataType::Float64,
        IndicatorKind::Text => DataType::String,
    }
}

fn first_line(error: &PolarsError) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
