//! Columns of floats: as whole numbers, as texts, as finite numbers.

use polars::prelude::*;

use super::scalar;

/// Floats as whole numbers; null where one is none.
pub(super) fn float_whole(expr: Expr) -> Expr {
    map_floats(expr, DataType::Int64, |floats| {
        let whole = floats.iter().map(|value| value.and_then(scalar::whole_of));
        whole.collect::<Int64Chunked>().into_series()
    })
}

/// Floats as text; a whole one without a decimal point, so that an id that passed through a float column is itself again.
pub(super) fn float_text(expr: Expr) -> Expr {
    let text = |value: f64| {
        scalar::whole_of(value).map_or_else(|| value.to_string(), |whole| whole.to_string())
    };
    map_floats(expr, DataType::String, move |floats| {
        let texts = floats.iter().map(|value| value.map(text));
        texts.collect::<StringChunked>().into_series()
    })
}

/// An elementwise function over a column of floats.
fn map_floats(
    expr: Expr,
    to: DataType,
    function: impl Fn(&Float64Chunked) -> Series + Send + Sync + 'static,
) -> Expr {
    let read = move |column: Column| {
        let floats = column.as_materialized_series().cast(&DataType::Float64)?;
        Ok(function(floats.f64()?)
            .with_name(column.name().clone())
            .into_column())
    };
    expr.map(read, move |_, field| {
        Ok(polars::prelude::Field::new(
            field.name().clone(),
            to.clone(),
        ))
    })
}

/// Floats that are finite; null where one is not.
pub(super) fn finite(expr: Expr) -> Expr {
    when(expr.clone().is_finite())
        .then(expr)
        .otherwise(lit(NULL))
}
