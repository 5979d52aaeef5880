//! What records say about whether an object is still there: its last visit, open listings, licences in force.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use polars::prelude::{
    ChunkExplode, DataFrame, DataType, Expr, LazyFrame, NULL, PolarsResult, Schema, StringChunked,
    col, lit,
};

use super::Valid;
use crate::ingest::Snapshot;
use crate::registers::{Error, at};
use crate::units::AsOf;

/// What a result says of an object that was not found where it is registered.
const UNREACHABLE: &str = "无法联系";
/// Words of a reason of entry that mean the same.
const REASONS: [&str; 3] = [UNREACHABLE, "查无下落", "失联"];

/// What the records of one partition say, by object key.
#[derive(Debug, Default)]
pub(super) struct Facts {
    visits: HashMap<u64, Visits>,
    listed: HashSet<u64>,
    licences: HashMap<u64, u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Visits {
    /// Day of the last result, and whether somebody was reached on it.
    last: Option<(i32, bool)>,
    /// Day of the last visit that took place and reached somebody.
    reached: Option<i32>,
}

impl Facts {
    /// Reads the records of partition `part`.
    pub(super) fn read(
        valid: &Valid,
        snapshot: &Snapshot,
        part: usize,
        as_of: AsOf,
    ) -> Result<Self, Error> {
        let mut facts = Self::default();
        if let Some((frame, table)) = rows_of(snapshot, "inspections", part)? {
            facts.add_visits(valid, &frame).map_err(at(table))?;
        }
        if let Some((frame, table)) = rows_of(snapshot, "credit_events", part)? {
            facts.add_events(valid, &frame).map_err(at(table))?;
        }
        if let Some((frame, table)) = rows_of(snapshot, "licences", part)? {
            facts.add_licences(&frame, as_of).map_err(at(table))?;
        }
        Ok(facts)
    }

    /// Day of the last result, where it says 无法联系.
    pub(super) fn unreachable_on(&self, key: u64) -> Option<i32> {
        let (day, reached) = self.visits.get(&key)?.last?;
        (!reached).then_some(day)
    }

    /// Whether the object stands on an open list of objects that cannot be reached.
    pub(super) fn is_listed(&self, key: u64) -> bool {
        self.listed.contains(&key)
    }

    /// Day of the last visit at which somebody was there.
    pub(super) fn reached_on(&self, key: u64) -> Option<i32> {
        self.visits.get(&key)?.reached
    }

    /// Licences in force.
    pub(super) fn licences(&self, key: u64) -> u64 {
        self.licences.get(&key).copied().unwrap_or(0)
    }

    fn add_visits(&mut self, valid: &Valid, frame: &DataFrame) -> PolarsResult<()> {
        let (keys, days) = (frame.column("object_key")?.u64()?, frame.column("day")?);
        let (days, visited) = (days.i32()?, frame.column("visited")?.bool()?);
        let codes = Lists::of(frame, "result_codes")?;
        let says_gone = |code: &str| {
            code.contains(UNREACHABLE) || valid.unreachable_codes.iter().any(|known| known == code)
        };
        for row in 0..frame.height() {
            let (Some(key), Some(day)) = (keys.get(row), days.get(row)) else {
                continue;
            };
            let gone = codes.iter().flat_map(|codes| codes.row(row)).any(says_gone);
            let visits = self.visits.entry(key).or_default();
            visits.last = visits.last.max(Some((day, !gone)));
            if !gone && visited.get(row) == Some(true) {
                visits.reached = visits.reached.max(Some(day));
            }
        }
        Ok(())
    }

    fn add_events(&mut self, valid: &Valid, frame: &DataFrame) -> PolarsResult<()> {
        let keys = frame.column("object_key")?.u64()?;
        let (kinds, reasons) = (frame.column("kind")?.str()?, frame.column("reason")?.str()?);
        let ends = frame.column("day")?.i32()?;
        for row in 0..frame.height() {
            let kind = kinds.get(row).unwrap_or_default();
            let is_listed = valid.unreachable_events.iter().any(|event| event == kind);
            let fits = |reason: &str| REASONS.iter().any(|word| reason.contains(word));
            let is_unreachable = fits(kind) || (is_listed && reasons.get(row).is_none_or(fits));
            if let (Some(key), None, true) = (keys.get(row), ends.get(row), is_unreachable) {
                self.listed.insert(key);
            }
        }
        Ok(())
    }

    fn add_licences(&mut self, frame: &DataFrame, as_of: AsOf) -> PolarsResult<()> {
        let (keys, ends) = (frame.column("object_key")?.u64()?, frame.column("day")?);
        let in_force = |end: Option<i32>| end.is_none_or(|end| end >= as_of.0.days());
        for (key, end) in keys.iter().zip(ends.i32()?.iter()) {
            if let (Some(key), true) = (key, in_force(end)) {
                *self.licences.entry(key).or_default() += 1;
            }
        }
        Ok(())
    }
}

/// The columns of one table that are looked at, its day as `day`; `None` where the job does not name the table.
fn rows_of(
    snapshot: &Snapshot,
    table: &'static str,
    part: usize,
) -> Result<Option<(DataFrame, &'static Path)>, Error> {
    if !snapshot.has(table) {
        return Ok(None);
    }
    let rows = snapshot.scan(table, part)?;
    let read = columns_of(table, rows).map_err(at(Path::new(table)))?;
    Ok(Some((read, Path::new(table))))
}

fn columns_of(table: &str, mut rows: LazyFrame) -> PolarsResult<DataFrame> {
    let schema = rows.collect_schema()?;
    let day = |name| or_null(&schema, name, &DataType::Int32).alias("day");
    let mut wanted = vec![col("object_key")];
    match table {
        "inspections" => wanted.extend([
            day("inspected_on"),
            or_null(&schema, "visited", &DataType::Boolean),
        ]),
        "licences" => wanted.push(day("valid_to")),
        _ => wanted.extend([
            day("ended_on"),
            or_null(&schema, "kind", &DataType::String),
            or_null(&schema, "reason", &DataType::String),
        ]),
    }
    if table == "inspections" && schema.contains("result_codes") {
        wanted.push(col("result_codes"));
    }
    rows.select(wanted).collect()
}

/// The column as `dtype`, or nulls where the table has none of this name.
pub(super) fn or_null(schema: &Schema, name: &str, dtype: &DataType) -> Expr {
    let column = if schema.contains(name) {
        col(name)
    } else {
        lit(NULL)
    };
    column.cast(dtype.clone()).alias(name)
}

/// A column of lists of texts, row by row.
pub(super) struct Lists {
    ends: Vec<usize>,
    texts: StringChunked,
}

impl Lists {
    /// The column `name`, if the frame has it as lists.
    pub(super) fn of(frame: &DataFrame, name: &str) -> PolarsResult<Option<Self>> {
        let Ok(column) = frame.column(name) else {
            return Ok(None);
        };
        let Ok(lists) = column.as_materialized_series().list() else {
            return Ok(None);
        };
        let lists = lists.rechunk();
        let offsets = lists.offsets()?;
        let first = usize::try_from(*offsets.first()).unwrap_or(0);
        let ends = offsets.lengths().scan(first, |end, n| {
            *end += n;
            Some(*end)
        });
        let ends: Vec<usize> = std::iter::once(first).chain(ends).collect();
        let texts = lists.get_inner().cast(&DataType::String)?;
        let texts = texts.str()?.rechunk().into_owned();
        Ok(Some(Self { ends, texts }))
    }

    /// The texts of row `row` that are not empty.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        let places = self.ends[row]..self.ends[row + 1];
        let texts = places.filter_map(|place| self.texts.get(place));
        texts.map(str::trim).filter(|text| !text.is_empty())
    }
}
