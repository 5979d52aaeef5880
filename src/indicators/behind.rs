//! The records behind an indicator's value for one object: the rows it was folded from, as they were known then.

use std::collections::BTreeSet;

use polars::prelude::{AnyValue, DataFrame, DataType, IntoLazy, LazyFrame, PolarsResult, col, lit};

use super::catalogue::{Records, Source, Table};
use super::{Error, ValidParams, during};
use crate::ingest::{self, Snapshot};
use crate::registers::{Registers, RowSql, day, seen_from};
use crate::units::{AsOf, Day};

/// One object of a job, as of the job's day.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The registers.
    pub registers: &'a Registers,
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The day.
    pub as_of: AsOf,
    /// Partition of the object.
    pub part: usize,
    /// Its key.
    pub key: u64,
}

/// A row of a table, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Day of the record; none for the register.
    pub day: Option<Day>,
    /// The table.
    pub table: &'static str,
    /// Values that are there, in the order of the table's columns.
    pub cells: Vec<RecordCell>,
}

/// A value of a [`Record`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordCell {
    /// Column.
    pub column: String,
    /// 表头.
    pub header: String,
    /// The value as text.
    pub text: String,
}

/// What an indicator's value was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Rows, newest first.
    pub records: Vec<Record>,
    /// Columns of the register whose equal objects were looked at too: their records are counted and not listed.
    pub peers_by: BTreeSet<String>,
}

impl ValidParams {
    /// The records behind the indicator `name`; of an expression, those behind every indicator it reads. Nothing for a name that
    /// no indicator has.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub fn behind(&self, name: &str, place: &Place) -> Result<Behind, Error> {
        let (mut behind, mut left) = (Behind::default(), vec![name.to_owned()]);
        let mut seen = BTreeSet::new();
        while let Some(name) = left.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(definition) = self.definitions.iter().find(|known| known.name == name) else {
                continue;
            };
            match &definition.source {
                Source::Records(records) if records.by.is_empty() => {
                    behind.records.extend(place.folded(records)?);
                }
                Source::Records(records) => behind.peers_by.extend(records.by.iter().cloned()),
                Source::Attribute(sql) => behind.records.extend(place.attribute(sql)?),
                Source::Expression(sql) => left.extend(sql.columns()),
            }
        }
        behind.records.sort_by(|a, b| b.cmp(a));
        behind.records.dedup();
        Ok(behind)
    }
}

impl Place<'_> {
    /// The object's row of the register; nothing where the partition does not hold it.
    ///
    /// # Errors
    /// When the register cannot be read.
    pub fn register_row(&self) -> Result<Option<Record>, Error> {
        let rows = self.of_object(self.registers.objects(self.part)?)?;
        Ok(rows_of(&rows, "objects", None)?.pop())
    }

    /// Every record of the object in a table (`inspections`, `credit_events`) that was known before the day, newest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn records(&self, table: &str) -> Result<Vec<Record>, Error> {
        let known = [Table::Inspections, Table::CreditEvents];
        let Some(table) = known.into_iter().find(|known| known.name() == table) else {
            return Ok(Vec::new());
        };
        let mut records = self.rows(table, None)?;
        records.sort_by(|a, b| b.cmp(a));
        Ok(records)
    }

    fn folded(&self, records: &Records) -> Result<Vec<Record>, Error> {
        let all = self.rows(records.table, records.filter.as_ref())?;
        let from = records.window_days.map(|days| self.as_of.0.plus(-days));
        let inside =
            |record: &Record| from.is_none_or(|from| record.day.is_some_and(|day| day >= from));
        Ok(all.into_iter().filter(inside).collect())
    }

    fn rows(&self, table: Table, filter: Option<&RowSql>) -> Result<Vec<Record>, Error> {
        if !self.snapshot.has(table.name()) {
            return Ok(Vec::new());
        }
        let step = || during(table.name());
        let mut records = self.snapshot.scan(table.name(), self.part)?;
        let schema = records.collect_schema().map_err(step())?;
        let (event, as_of) = (col(table.event_day()), day(self.as_of.0));
        let known = col("known_on").fill_null(event.clone());
        let before = event.lt(as_of.clone()).and(known.lt(as_of.clone()));
        let of_object = records.filter(col("object_key").eq(lit(self.key)).and(before));
        let mut seen = seen_from(of_object, &schema, as_of);
        if let Some(filter) = filter {
            seen = seen.filter(filter.expr().fill_null(lit(false)));
        }
        let rows = seen.collect().map_err(step())?;
        rows_of(&rows, table.name(), Some(table.event_day()))
    }

    fn attribute(&self, sql: &RowSql) -> Result<Option<Record>, Error> {
        let read = sql.columns();
        let is_read = |column: &str| {
            let day = format!("{column}_day");
            read.contains(column) || read.contains(&day)
        };
        Ok(self.register_row()?.map(|mut row| {
            row.cells.retain(|cell| is_read(&cell.column));
            row
        }))
    }

    fn of_object(&self, objects: LazyFrame) -> Result<DataFrame, Error> {
        let row = objects
            .filter(col("object_key").eq(lit(self.key)))
            .collect();
        row.map_err(during("objects"))
    }
}

fn rows_of(
    rows: &DataFrame,
    table: &'static str,
    event: Option<&str>,
) -> Result<Vec<Record>, Error> {
    read_rows(rows, table, event).map_err(during(table))
}

fn read_rows(
    rows: &DataFrame,
    table: &'static str,
    event: Option<&str>,
) -> PolarsResult<Vec<Record>> {
    let days = match event {
        Some(event) => {
            let days = rows
                .clone()
                .lazy()
                .select([col(event).cast(DataType::Int32)]);
            days.collect()?.columns()[0].i32()?.iter().collect()
        }
        None => vec![None; rows.height()],
    };
    let columns = ingest::table(table).map_or(&[][..], |table| table.columns);
    let known = columns
        .iter()
        .filter_map(|column| Some((column, rows.column(column.name).ok()?)));
    let known: Vec<_> = known.collect();
    let row = |(row, day): (usize, Option<i32>)| {
        let mut cells = Vec::new();
        for (column, values) in &known {
            let text = text_of(&values.get(row)?);
            if !text.is_empty() {
                cells.push(RecordCell {
                    column: column.name.to_owned(),
                    header: column.header.to_owned(),
                    text,
                });
            }
        }
        Ok(Record {
            day: day.map(Day::from_days),
            table,
            cells,
        })
    };
    days.into_iter().enumerate().map(row).collect()
}

/// A value as people read it; empty for none.
fn text_of(value: &AnyValue) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Date(days) => Day::from_days(*days).to_string(),
        AnyValue::Boolean(flag) => if *flag { "是" } else { "否" }.to_owned(),
        AnyValue::List(values) => {
            let texts: Vec<String> = values.iter().map(|value| text_of(&value)).collect();
            texts.join("、")
        }
        other => other.to_string(),
    }
}
