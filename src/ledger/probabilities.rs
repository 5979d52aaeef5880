//! `probabilities.parquet` of a drawn round: what chance every object had, and whom it met.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The draw whose visits measure and cool nobody down.
pub(super) const MEASURE: &str = "measure";

/// One object in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Unit {
    /// Target before cool-down, the largest of the target draws.
    pub(super) p: f64,
    /// Whether a target draw drew it.
    pub(super) is_drawn: bool,
    /// Whether any draw did.
    pub(super) is_visited: bool,
    /// Largest realised probability of the target draws, which share the object's ticket.
    target: f64,
    /// Realised probability of the measurement draw, whose tickets are its own.
    measure: f64,
}

impl Unit {
    /// Realised probability that any draw of the round drew it.
    pub(super) fn pi(&self) -> f64 {
        1.0 - (1.0 - self.target) * (1.0 - self.measure)
    }
}

/// A row of the table: an object in the frame of one draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) object_id: &'a str,
    pub(super) draw: &'a str,
    pub(super) stratum: &'a str,
    /// Inclusion probability in this draw, after cool-down.
    pub(super) q: f64,
    pub(super) drawn: bool,
}

/// Every object of the round's frames.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Unit>, String> {
    let mut units = BTreeMap::new();
    for batch in batches(path)? {
        take(&batch?, &mut units)?;
    }
    Ok(units)
}

/// Hands on every row with its stratum, which tables of earlier versions do not have; a batch of rows is in memory at a time.
pub(super) fn each(path: &Path, mut take: impl FnMut(&Row)) -> Result<(), String> {
    for batch in batches(path)? {
        let batch = batch?;
        let targets = column(&batch, "q", &DataType::Float64)?;
        let labels = column(&batch, "stratum", &DataType::Utf8)?;
        let (targets, labels) = (
            targets.as_primitive::<Float64Type>(),
            labels.as_string::<i32>(),
        );
        let [ids, names, drawn] = common(&batch)?;
        let (ids, names) = (ids.as_string::<i32>(), names.as_string::<i32>());
        for at in 0..batch.num_rows() {
            let q = targets.value(at);
            if !(0.0..=1.0).contains(&q) {
                return Err(format!("{}: q = {q} must lie in 0 ..= 1", ids.value(at)));
            }
            take(&Row {
                object_id: ids.value(at),
                draw: names.value(at),
                stratum: labels.value(at),
                q,
                drawn: drawn.as_boolean().value(at),
            });
        }
    }
    Ok(())
}

fn batches(path: &Path) -> Result<impl Iterator<Item = Result<RecordBatch, String>>, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let file = File::open(path).map_err(|error| said(&error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| said(&error))?;
    let reader = reader.build().map_err(|error| said(&error))?;
    Ok(reader.map(|batch| batch.map_err(|error| error.to_string())))
}

/// Ids, names of draws, and who was drawn.
fn common(batch: &RecordBatch) -> Result<[ArrayRef; 3], String> {
    Ok([
        column(batch, "object_id", &DataType::Utf8)?,
        column(batch, "draw", &DataType::Utf8)?,
        column(batch, "drawn", &DataType::Boolean)?,
    ])
}

fn column(batch: &RecordBatch, name: &str, kind: &DataType) -> Result<ArrayRef, String> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| format!("the column {name} is missing"))?;
    let column = cast(column, kind).map_err(|error| format!("column {name}: {error}"))?;
    match column.null_count() {
        0 => Ok(column),
        n => Err(format!("column {name} has {n} empty values")),
    }
}

fn take(batch: &RecordBatch, units: &mut BTreeMap<String, Unit>) -> Result<(), String> {
    let targets = column(batch, "p", &DataType::Float64)?;
    let realised = column(batch, "q", &DataType::Float64)?;
    let [ids, names, drawn] = common(batch)?;
    let (ids, names) = (ids.as_string::<i32>(), names.as_string::<i32>());
    let (targets, drawn) = (targets.as_primitive::<Float64Type>(), drawn.as_boolean());
    let realised = realised.as_primitive::<Float64Type>();
    for row in 0..batch.num_rows() {
        let (id, p, is_drawn) = (ids.value(row), targets.value(row), drawn.value(row));
        let q = realised.value(row);
        for (name, value) in [("p", p), ("q", q)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("{id}: {name} = {value} must lie in 0 ..= 1"));
            }
        }
        let unit: &mut Unit = units.entry(id.to_owned()).or_default();
        unit.is_visited |= is_drawn;
        if names.value(row) == MEASURE {
            unit.measure = unit.measure.max(q);
        } else {
            unit.p = unit.p.max(p);
            unit.target = unit.target.max(q);
            unit.is_drawn |= is_drawn;
        }
    }
    Ok(())
}
