//! Columns of floats: as whole numbers, as texts, as finite numbers.

use polars::prelude::*;

use super::scalar;

/// Floats as whole numbers; null where one is none.
pub(super) fn float_whole(expr: Expr) -> Expr {
    let read = |column: Column| {
        let floats = column.as_materialized_series().cast(&DataType::Float64)?;
        let whole: Int64Chunked = floats
            .f64()?
            .iter()
            .map(|value| value.and_then(scalar::whole_of))
            .collect();
        Ok(whole
            .into_series()
            .with_name(column.name().clone())
            .into_column())
    };
    expr.map(read, |_, field| {
        Ok(polars::prelude::Field::new(
            field.name().clone(),
            DataType::Int64,
        ))
    })
}

/// Floats as text; a whole one without a decimal point, so that an id that passed through a float column is itself again.
pub(super) fn float_text(expr: Expr) -> Expr {
    let text = |value: f64| {
        scalar::whole_of(value).map_or_else(|| value.to_string(), |whole| whole.to_string())
    };
    let read = move |column: Column| {
        let floats = column.as_materialized_series().cast(&DataType::Float64)?;
        let texts: StringChunked = floats.f64()?.iter().map(|value| value.map(text)).collect();
        Ok(texts
            .into_series()
            .with_name(column.name().clone())
            .into_column())
    };
    expr.map(read, |_, field| {
        Ok(polars::prelude::Field::new(
            field.name().clone(),
            DataType::String,
        ))
    })
}

/// Floats that are finite; null where one is not.
pub(super) fn finite(expr: Expr) -> Expr {
    when(expr.clone().is_finite())
        .then(expr)
        .otherwise(lit(NULL))
}
