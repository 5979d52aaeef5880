//! Source columns to canonical types, as expressions: cleaned first, then read; what cannot be read becomes null and is refused.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::*;

use super::amounts::Seen;
use super::clean::{Cleaner, is_code, is_end};
use super::combine;
use super::error::Error;
use super::floats::{finite, float_text, float_whole};
use super::headings;
use super::memo;
use super::moments::moment_text;
use super::params::{Field, ValidTable};
use super::reading::{BETWEEN_CELLS, How, Separators};
use super::scalar::{self, Unit, tidy};
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
    how: How,
    /// What a bare number counts, for money.
    unit: Option<Unit>,
    /// Where it is kept how the amounts are written, if nothing names the unit of bare ones.
    seen: Option<Seen>,
    name: Arc<str>,
    values: Option<Arc<HashMap<String, String>>>,
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
    let reading = source.mapping.reading(&field.name);
    reading.map_or_else(Vec::new, |reading| reading.headers.clone())
}

/// What the source says before any cleaning, as text; for the refusal table.
pub(super) fn raw_text(headers: &[String], source: &Source) -> Expr {
    joined(headers, source, "/")
}

fn joined(headers: &[String], source: &Source, between: &str) -> Expr {
    let texts: Vec<Expr> = headers
        .iter()
        .map(|header| text_of(header, source))
        .collect();
    match texts.len() {
        1 => texts.into_iter().next().expect("one text"),
        _ => concat_str(texts, between, true),
    }
}

fn text_of(header: &str, source: &Source) -> Expr {
    match source.schema.get(header) {
        Some(DataType::Float64 | DataType::Float32) => float_text(col(header)),
        Some(kind @ (DataType::Date | DataType::Datetime(..))) => moment_text(header, kind),
        _ => col(header).cast(DataType::String),
    }
}

/// Reads `field` from `headers` of `source`: text is tidied, null words become null, values are mapped.
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
    let reading = source.mapping.reading(&field.name);
    let how = reading.map_or(How::Joined, |reading| reading.how);
    let named = field.unit.or_else(|| headings::unit(&headers[0]));
    let is_open = field.is_money && named.is_none();
    let prepared = Prepared {
        given: col(headers[0].as_str()),
        kind: field.kind,
        dtype: found,
        how,
        unit: field.is_money.then_some(named.unwrap_or(Unit::Fen)),
        seen: is_open.then(|| source.amounts.seen(&field.name, &headers[0])),
        name: field.name.as_str().into(),
        values: field.values.clone(),
    };
    let is_alone = headers.len() == 1 && matches!(how, How::Joined | How::First);
    let is_bare = field.values.is_none() && prepared.unit.is_none_or(|unit| unit == Unit::Fen);
    if is_alone && is_bare && is_native(field.kind, &prepared.dtype) {
        return Ok(prepared.with_open_end());
    }
    if let Some(header) = headers
        .iter()
        .find(|header| !is_textual(field.kind, source.schema.get(header)))
    {
        return Err(source_type(field, header, source));
    }
    let cleaner = Arc::new(Cleaner::new(table, field, how));
    Ok(Prepared {
        given: given(field, how, headers, source, &cleaner),
        dtype: DataType::String,
        ..prepared
    })
}

/// The cleaned text of a column.
fn given(
    field: &Field,
    how: How,
    headers: &[String],
    source: &Source,
    cleaner: &Arc<Cleaner>,
) -> Expr {
    let clean = |text: Expr| {
        let cleaner = cleaner.clone();
        map_text(text, DataType::String, move |texts| cleaner.clean(texts))
    };
    let cells = || {
        headers
            .iter()
            .map(|header| clean(text_of(header, source)))
            .collect()
    };
    match how {
        How::First => combine::first(cells(), is_code(field)),
        How::Pairs => combine::paired(cells()),
        How::Marked => combine::marked(cells(), headers),
        How::Joined if field.kind == ColumnType::List => {
            clean(joined(headers, source, &BETWEEN_CELLS.to_string()))
        }
        How::Joined => clean(joined(headers, source, "/")),
    }
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
    pub(super) fn read(&self, given: Expr, separators: &Separators) -> Expr {
        let text = self.dtype.is_string();
        match self.kind {
            ColumnType::Whole if text => {
                let (unit, seen) = (self.unit, self.seen.clone());
                map_text(given, DataType::Int64, move |texts| {
                    if let Some(seen) = &seen {
                        seen.look(texts.iter().flatten());
                    }
                    parse::<Int64Type>(texts, |text| match unit {
                        Some(unit) => scalar::money(text, unit),
                        None => scalar::whole(text),
                    })
                })
            }
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
            ColumnType::List if text => self.list(given, separators),
            ColumnType::List => given.cast(dtype(ColumnType::List)),
        }
    }

    /// Whether the source value is text as it was written, and not pairs or marks of several columns.
    pub(super) fn is_text(&self) -> bool {
        self.dtype.is_string() && matches!(self.how, How::Joined | How::First)
    }

    /// Whether a given value can fail to be read.
    pub(super) fn can_fail(&self) -> bool {
        match self.kind {
            ColumnType::Text => false,
            ColumnType::List => matches!(self.how, How::Pairs | How::Marked),
            ColumnType::Flag | ColumnType::Date => self.dtype.is_string(),
            ColumnType::Whole => !self.dtype.is_signed_integer(),
            ColumnType::Number => !self.dtype.is_integer(),
        }
    }

    /// Days of the year 9999 stand for an end that never comes.
    fn with_open_end(self) -> Self {
        if self.kind != ColumnType::Date || !is_end(&self.name) {
            return self;
        }
        let never = lit(scalar::NEVER).cast(DataType::Date);
        let is_open = self.given.clone().cast(DataType::Date).gt_eq(never);
        let given = when(is_open).then(lit(NULL)).otherwise(self.given.clone());
        Self { given, ..self }
    }

    fn list(&self, given: Expr, separators: &Separators) -> Expr {
        let (separators, name, values) =
            (separators.clone(), self.name.clone(), self.values.clone());
        let how = self.how;
        map_text(given, dtype(ColumnType::List), move |texts| {
            lists(texts, |text| {
                let parts = match how {
                    How::Pairs => combine::pairs_of(text)?,
                    How::Marked => combine::marks_of(text)?,
                    How::Joined | How::First => separators
                        .split(&name, text)
                        .into_iter()
                        .map(|part| tidy(part).into_owned())
                        .collect(),
                };
                let value = |part: String| {
                    values
                        .as_ref()
                        .and_then(|values| values.get(&part).cloned())
                        .unwrap_or(part)
                };
                Some(
                    parts
                        .into_iter()
                        .filter(|part| !part.is_empty())
                        .map(value)
                        .collect(),
                )
            })
        })
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
pub(super) fn constant(field: &Field, text: &str, separators: &Separators) -> Expr {
    let kind = field.kind;
    match kind {
        ColumnType::Text => lit(text.to_owned()),
        ColumnType::Whole => lit(scalar::whole(text).unwrap_or_default()),
        ColumnType::Number => lit(scalar::number(text).unwrap_or_default()),
        ColumnType::Flag => lit(scalar::flag(text).unwrap_or_default()),
        ColumnType::Date => lit(scalar::day(text).unwrap_or_default()).cast(DataType::Date),
        ColumnType::List => {
            let parts = separators.split(&field.name, text).join("\u{1f}");
            lit(parts).str().split(lit("\u{1f}"))
        }
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

fn parse<T: PolarsNumericType>(
    texts: &StringChunked,
    read: impl Fn(&str) -> Option<T::Native>,
) -> Series
where
    ChunkedArray<T>: IntoSeries,
{
    let read = memo::each(texts, read).into_iter().map(Option::flatten);
    read.collect::<ChunkedArray<T>>().into_series()
}

fn flags(texts: &StringChunked) -> Series {
    let read = memo::each(texts, scalar::flag)
        .into_iter()
        .map(Option::flatten);
    read.collect::<BooleanChunked>().into_series()
}

/// One list per text; null where `parts` finds none.
fn lists(texts: &StringChunked, parts: impl Fn(&str) -> Option<Vec<String>>) -> Series {
    let mut builder = ListStringChunkedBuilder::new(texts.name().clone(), texts.len(), texts.len());
    for text in texts.iter() {
        match text.and_then(&parts) {
            Some(parts) => builder.append_values_iter(parts.iter().map(String::as_str)),
            None => builder.append_null(),
        }
    }
    builder.finish().into_series()
}
