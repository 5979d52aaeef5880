//! Source columns to canonical types, as expressions: cleaned first, then read; what cannot be read becomes null and is refused.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::*;

use super::error::Error;
use super::params::{Field, Origin, ValidTable};
use super::scalar;
use super::source::Source;
use super::tables::ColumnType;

/// 8 h in microseconds: the register's days are UTC+8.
const UTC8: i64 = 8 * 3_600 * 1_000_000;

/// How a column stands in the source after cleaning.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// Cleaned source value, null where there is none.
    pub(super) given: Expr,
    kind: ColumnType,
    dtype: DataType,
}

/// The polars type of a canonical type.
pub(super) fn dtype(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::String,
        ColumnType::Whole => DataType::Int64,
        ColumnType::Number => DataType::Float64,
        ColumnType::Flag => DataType::Boolean,
        ColumnType::Date => DataType::Date,
        ColumnType::List => DataType::List(Box::new(DataType::String)),
    }
}

/// The source headers a field is read from in this file; empty where the file has none.
pub(super) fn origin(field: &Field, source: &Source) -> Vec<String> {
    match &field.origin {
        Origin::Mapped(headers) => headers.clone(),
        Origin::SameName if source.headers.contains(&field.name) => vec![field.name.clone()],
        Origin::SameName | Origin::Constant(_) => Vec::new(),
    }
}

/// What the source says before any cleaning, as text; for the refusal table.
pub(super) fn raw_text(headers: &[String], source: &Source) -> Expr {
    let texts: Vec<Expr> = headers
        .iter()
        .map(|header| text_of(header, source))
        .collect();
    match texts.len() {
        1 => texts.into_iter().next().expect("one text"),
        _ => concat_str(texts, "/", true),
    }
}

fn text_of(header: &str, source: &Source) -> Expr {
    match source.schema.get(header) {
        Some(DataType::Float64 | DataType::Float32) => float_text(col(header)),
        _ => col(header).cast(DataType::String),
    }
}

/// Reads `field` from `headers` of `source`: text is trimmed, null words become null, values are mapped.
pub(super) fn prepare(
    table: &ValidTable,
    field: &Field,
    headers: &[String],
    source: &Source,
) -> Result<Prepared, Error> {
    let found = source
        .schema
        .get(&headers[0])
        .cloned()
        .unwrap_or(DataType::Null);
    let native = headers.len() == 1 && field.values.is_none();
    if native && is_native(field.kind, &found) {
        return Ok(Prepared {
            given: col(headers[0].as_str()),
            kind: field.kind,
            dtype: found,
        });
    }
    if let Some(header) = headers
        .iter()
        .find(|header| !is_textual(field.kind, source.schema.get(header)))
    {
        return Err(source_type(field, header, source));
    }
    let cleaner = Cleaner {
        longest_null: table.nulls.iter().map(String::len).max().unwrap_or(0),
        nulls: table.nulls.clone(),
        values: field.values.clone(),
    };
    let given = map_text(raw_text(headers, source), DataType::String, move |texts| {
        cleaner.clean(texts)
    });
    Ok(Prepared {
        given,
        kind: field.kind,
        dtype: DataType::String,
    })
}

fn source_type(field: &Field, header: &str, source: &Source) -> Error {
    Error::SourceType {
        file: source.shown.clone(),
        column: header.to_owned(),
        found: source
            .schema
            .get(header)
            .map_or_else(String::new, ToString::to_string),
        wanted: field.kind.name(),
        canonical: field.name.clone(),
    }
}

/// Types that become `kind` without a detour over text.
fn is_native(kind: ColumnType, found: &DataType) -> bool {
    match kind {
        ColumnType::Text => false,
        ColumnType::Whole | ColumnType::Number => found.is_primitive_numeric(),
        ColumnType::Flag => found.is_bool(),
        ColumnType::Date => matches!(found, DataType::Date | DataType::Datetime(..)),
        ColumnType::List => matches!(found, DataType::List(inner) if !inner.is_nested()),
    }
}

/// Types whose text can be read as `kind`.
fn is_textual(kind: ColumnType, found: Option<&DataType>) -> bool {
    let Some(found) = found else { return false };
    match kind {
        ColumnType::Date => {
            found.is_string()
                || found.is_integer()
                || found.is_null()
                || found.is_categorical()
                || found.is_date()
        }
        _ => {
            !found.is_nested()
                && !matches!(
                    found,
                    DataType::Binary | DataType::Duration(_) | DataType::Time
                )
        }
    }
}

impl Prepared {
    /// The canonical value of a column that holds the cleaned source value; null where it cannot be read.
    pub(super) fn read(&self, given: Expr, separator: &Arc<str>) -> Expr {
        let text = self.dtype.is_string();
        match self.kind {
            ColumnType::Whole if text => map_text(given, DataType::Int64, |texts| {
                parse::<Int64Type>(texts, scalar::whole)
            }),
            ColumnType::Whole if self.dtype.is_float() => float_whole(given),
            ColumnType::Whole => given.cast(DataType::Int64),
            ColumnType::Number if text => map_text(given, DataType::Float64, |texts| {
                parse::<Float64Type>(texts, scalar::number)
            }),
            ColumnType::Number => finite(given.cast(DataType::Float64)),
            ColumnType::Flag if text => map_text(given, DataType::Boolean, flags),
            ColumnType::Text | ColumnType::Flag => given,
            ColumnType::Date if text => map_text(given, DataType::Int32, |texts| {
                parse::<Int32Type>(texts, scalar::day)
            })
            .cast(DataType::Date),
            ColumnType::Date => self.day(given),
            ColumnType::List if text => {
                let separator = separator.clone();
                map_text(given, dtype(ColumnType::List), move |texts| {
                    split(texts, &separator)
                })
            }
            ColumnType::List => given.cast(dtype(ColumnType::List)),
        }
    }

    /// Whether a given value can fail to be read.
    pub(super) fn can_fail(&self) -> bool {
        match self.kind {
            ColumnType::Text | ColumnType::List => false,
            ColumnType::Flag | ColumnType::Date => self.dtype.is_string(),
            ColumnType::Whole => !self.dtype.is_signed_integer(),
            ColumnType::Number => !self.dtype.is_integer(),
        }
    }

    fn day(&self, given: Expr) -> Expr {
        match &self.dtype {
            DataType::Datetime(_, Some(_)) => {
                let micros = given
                    .cast(DataType::Datetime(TimeUnit::Microseconds, None))
                    .cast(DataType::Int64);
                (micros + lit(UTC8))
                    .cast(DataType::Datetime(TimeUnit::Microseconds, None))
                    .cast(DataType::Date)
            }
            DataType::Datetime(..) => given.cast(DataType::Date),
            _ => given,
        }
    }
}

/// A constant as an expression of its canonical type; the settings check has read it once.
pub(super) fn constant(text: &str, kind: ColumnType, separator: &str) -> Expr {
    match kind {
        ColumnType::Text => lit(text.to_owned()),
        ColumnType::Whole => lit(scalar::whole(text).unwrap_or_default()),
        ColumnType::Number => lit(scalar::number(text).unwrap_or_default()),
        ColumnType::Flag => lit(scalar::flag(text).unwrap_or_default()),
        ColumnType::Date => lit(scalar::day(text).unwrap_or_default()).cast(DataType::Date),
        ColumnType::List => lit(text.to_owned()).str().split(lit(separator.to_owned())),
    }
}

/// Trims, drops null words, maps values.
struct Cleaner {
    nulls: Arc<Vec<String>>,
    /// In bytes; most values are longer.
    longest_null: usize,
    values: Option<Arc<HashMap<String, String>>>,
}

impl Cleaner {
    fn one<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        let text = text.trim();
        let mapped = self
            .values
            .as_ref()
            .and_then(|values| values.get(text))
            .map_or(text, String::as_str);
        let is_null =
            mapped.len() <= self.longest_null && self.nulls.iter().any(|null| null == mapped);
        (!is_null).then_some(mapped)
    }

    fn clean(&self, texts: &StringChunked) -> Series {
        if texts
            .iter()
            .flatten()
            .all(|text| self.one(text) == Some(text))
        {
            return texts.clone().into_series();
        }
        texts
            .iter()
            .map(|text| text.and_then(|text| self.one(text)))
            .collect::<StringChunked>()
            .into_series()
    }
}

/// An elementwise function over a text column.
pub(super) fn map_text(
    expr: Expr,
    to: DataType,
    function: impl Fn(&StringChunked) -> Series + Send + Sync + 'static,
) -> Expr {
    let read = move |column: Column| {
        let texts = column.as_materialized_series();
        let texts = if texts.dtype().is_string() {
            texts.clone()
        } else {
            texts.cast(&DataType::String)?
        };
        Ok(function(texts.str()?)
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

fn parse<T: PolarsNumericType>(texts: &StringChunked, read: fn(&str) -> Option<T::Native>) -> Series
where
    ChunkedArray<T>: IntoSeries,
{
    texts
        .iter()
        .map(|text| text.and_then(read))
        .collect::<ChunkedArray<T>>()
        .into_series()
}

fn flags(texts: &StringChunked) -> Series {
    texts
        .iter()
        .map(|text| text.and_then(scalar::flag))
        .collect::<BooleanChunked>()
        .into_series()
}

/// Lists of the trimmed, non-empty parts.
fn split(texts: &StringChunked, separator: &str) -> Series {
    let mut builder = ListStringChunkedBuilder::new(texts.name().clone(), texts.len(), texts.len());
    for text in texts.iter() {
        match text {
            Some(text) => builder.append_values_iter(
                text.split(separator)
                    .map(str::trim)
                    .filter(|part| !part.is_empty()),
            ),
            None => builder.append_null(),
        }
    }
    builder.finish().into_series()
}

fn float_whole(expr: Expr) -> Expr {
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
fn float_text(expr: Expr) -> Expr {
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

fn finite(expr: Expr) -> Expr {
    when(expr.clone().is_finite())
        .then(expr)
        .otherwise(lit(NULL))
}
