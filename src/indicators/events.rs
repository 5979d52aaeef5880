//! Reads the dated records of one partition: one lazy plan per table, every distinct filter and value computed once.

use std::collections::HashMap;
use std::ops::Range;

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame,
    SortMultipleOptions, StringChunked, col, lit, when,
};

use super::bind::Wanted;
use super::catalogue::Table;
use super::fold::{Events, Values};
use super::words::Words;
use crate::registers::{day, seen_from};
use crate::units::AsOf;

/// Who asks: objects seen from one day, or pairs of an object and its own day.
pub(super) enum Askers<'a> {
    /// Object keys, ascending, all seen from one day.
    Objects(&'a [u64], AsOf),
    /// A frame with `object_key`, `as_of` and `__row`, the row number.
    Pairs(&'a DataFrame),
}

/// Reads of `records` what the askers may know, in the order of their rows.
pub(super) fn read(
    table: Table,
    wanted: &Wanted,
    mut records: LazyFrame,
    words: Option<&Words>,
    askers: &Askers<'_>,
) -> PolarsResult<Events> {
    let schema = records.collect_schema()?.as_ref().clone();
    if table == Table::Objects {
        records = records.with_columns([col(table.event_day()).alias("known_on")]);
    }
    let (asked, as_of, row) = match askers {
        Askers::Objects(_, as_of) => (records, day(as_of.0), "object_key"),
        Askers::Pairs(pairs) => (with_pairs(records, pairs), col("as_of"), "__row"),
    };
    let mut seen = seen_from(known_before(asked, table, as_of.clone()), &schema, as_of);
    if let Some(words) = words.filter(|_| table == Table::Inspections) {
        seen = words.said(seen, &schema);
    }
    let mut frame = seen.select(columns(table, wanted, row)).collect()?;
    let mut rows = rows_of(&frame)?;
    if !rows.is_sorted() {
        frame = frame.sort(["row"], SortMultipleOptions::default())?; // a snapshot's records are in order already
        rows = rows_of(&frame)?;
    }
    let ranges = match askers {
        Askers::Objects(keys, _) => ranges_of(&rows, keys.iter().copied()),
        Askers::Pairs(pairs) => ranges_of(&rows, 0..pairs.height() as u64),
    };
    events_of(&frame, wanted, ranges)
}

fn rows_of(frame: &DataFrame) -> PolarsResult<Vec<u64>> {
    Ok(frame.column("row")?.u64()?.iter().flatten().collect())
}

fn with_pairs(records: LazyFrame, pairs: &DataFrame) -> LazyFrame {
    records.join(
        pairs.clone().lazy(),
        [col("object_key")],
        [col("object_key")],
        JoinArgs::new(JoinType::Inner),
    )
}

/// The as-of law: only records known before the as-of day, about days before it.
fn known_before(records: LazyFrame, table: Table, as_of: Expr) -> LazyFrame {
    let event = col(table.event_day());
    let known = col("known_on").fill_null(event.clone());
    records.filter(event.lt(as_of.clone()).and(known.lt(as_of)))
}

fn columns(table: Table, wanted: &Wanted, row: &str) -> Vec<Expr> {
    let event = col(table.event_day()).cast(DataType::Int32);
    let known = col("known_on")
        .cast(DataType::Int32)
        .fill_null(event.clone());
    let visible = when(known.clone().gt(event.clone()))
        .then(known)
        .otherwise(event.clone());
    let keyed = [
        col(row).cast(DataType::UInt64).alias("row"),
        event.alias("day"),
        visible.alias("visible"),
    ];
    let flags = wanted.flags.iter().enumerate();
    let flags = flags.filter_map(|(index, sql)| {
        let flag = sql.as_ref()?.expr().fill_null(lit(false));
        Some(flag.alias(format!("flag_{index}")))
    });
    let values = wanted.values.iter().enumerate();
    let values = values
        .filter_map(|(index, sql)| Some(sql.as_ref()?.expr().alias(format!("value_{index}"))));
    keyed.into_iter().chain(flags).chain(values).collect()
}

/// For every key, both ascending, the positions of its rows; rows of unknown keys are passed over.
fn ranges_of(rows: &[u64], keys: impl Iterator<Item = u64>) -> Vec<Range<usize>> {
    let mut at = 0;
    let ranges = keys.map(|key| {
        while at < rows.len() && rows[at] < key {
            at += 1;
        }
        let start = at;
        while at < rows.len() && rows[at] == key {
            at += 1;
        }
        start..at
    });
    ranges.collect()
}

fn events_of(
    frame: &DataFrame,
    wanted: &Wanted,
    ranges: Vec<Range<usize>>,
) -> PolarsResult<Events> {
    let days = |name: &str| -> PolarsResult<Vec<i32>> {
        Ok(frame.column(name)?.i32()?.iter().flatten().collect())
    };
    let flags = wanted.flags.iter().enumerate().map(|(index, sql)| {
        let Some(_) = sql else { return Ok(Vec::new()) };
        let column = frame.column(&format!("flag_{index}"))?;
        Ok(column
            .bool()?
            .iter()
            .map(|flag| flag.unwrap_or(false))
            .collect())
    });
    let values = wanted.values.iter().enumerate().map(|(index, sql)| {
        let Some(_) = sql else {
            return Ok(Values::Whole(Vec::new()));
        };
        values_of(frame.column(&format!("value_{index}"))?)
    });
    Ok(Events {
        ranges,
        day: days("day")?,
        visible: days("visible")?,
        flags: flags.collect::<PolarsResult<_>>()?,
        values: values.collect::<PolarsResult<_>>()?,
    })
}

fn values_of(column: &Column) -> PolarsResult<Values> {
    match column.dtype() {
        DataType::String => Ok(Values::Whole(codes_of(column.str()?))),
        dtype if dtype.is_float() => {
            let reals = column.cast(&DataType::Float64)?;
            Ok(Values::Real(
                reals
                    .f64()?
                    .iter()
                    .map(|value| value.filter(|value| value.is_finite()))
                    .collect(),
            ))
        }
        _ => Ok(Values::Whole(
            column.cast(&DataType::Int64)?.i64()?.iter().collect(),
        )),
    }
}

/// Texts as whole numbers: equal for equal texts, and nothing else.
fn codes_of(texts: &StringChunked) -> Vec<Option<i64>> {
    let mut codes: HashMap<&str, i64> = HashMap::new();
    let mut next = 0;
    let numbers = texts.iter().map(|text| {
        text.map(|text| {
            *codes.entry(text).or_insert_with(|| {
                next += 1;
                next
            })
        })
    });
    numbers.collect()
}
