//! Typed days and moments of Parquet and Arrow as texts, those included that no calendar holds.

use polars::prelude::*;

/// First and last day of the years 1 to 9999, in days since 1970-01-01, with a day's room for time zones.
const CALENDAR: (i64, i64) = (-719_161, 2_932_895);

/// A column of days or moments as text; the bare number where no calendar holds it, at which the engine would give up.
pub(super) fn moment_text(header: &str, kind: &DataType) -> Expr {
    let steps = match kind {
        DataType::Datetime(TimeUnit::Nanoseconds, _) => 86_400_000_000_000,
        DataType::Datetime(TimeUnit::Microseconds, _) => 86_400_000_000,
        DataType::Datetime(TimeUnit::Milliseconds, _) => 86_400_000,
        _ => 1,
    };
    let number = || col(header).to_physical().cast(DataType::Int64);
    let (first, last) = (
        CALENDAR.0.saturating_mul(steps),
        CALENDAR.1.saturating_mul(steps),
    );
    let is_day = number().gt_eq(lit(first)).and(number().lt_eq(lit(last)));
    let days = when(is_day).then(col(header)).otherwise(lit(NULL));
    days.cast(DataType::String)
        .fill_null(number().cast(DataType::String))
}
