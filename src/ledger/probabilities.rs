//! `probabilities.parquet` of a drawn round: what chance every object had, and whom it met.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The draw whose visits measure and cool nobody down.
const MEASURE: &str = "measure";

/// One object in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Unit {
    /// Target before cool-down, the largest of the target draws.
    pub(super) p: f64,
    /// Whether a target draw drew it.
    pub(super) is_drawn: bool,
    /// Whether any draw did.
    pub(super) is_visited: bool,
}

/// Every object of the round's frames.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Unit>, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let file = File::open(path).map_err(|error| said(&error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| said(&error))?;
    let mut units = BTreeMap::new();
    for batch in reader.build().map_err(|error| said(&error))? {
        take(&batch.map_err(|error| said(&error))?, &mut units)?;
    }
    Ok(units)
}

fn take(batch: &RecordBatch, units: &mut BTreeMap<String, Unit>) -> Result<(), String> {
    let column = |name: &str, kind: DataType| {
        let column = batch.column_by_name(name);
        let column = column.ok_or_else(|| format!("the column {name} is missing"))?;
        let column = cast(column, &kind).map_err(|error| format!("column {name}: {error}"))?;
        match column.null_count() {
            0 => Ok(column),
            n => Err(format!("column {name} has {n} empty values")),
        }
    };
    let ids = column("object_id", DataType::Utf8)?;
    let names = column("draw", DataType::Utf8)?;
    let targets = column("p", DataType::Float64)?;
    let drawn = column("drawn", DataType::Boolean)?;
    let (ids, names) = (ids.as_string::<i32>(), names.as_string::<i32>());
    let (targets, drawn) = (targets.as_primitive::<Float64Type>(), drawn.as_boolean());
    for row in 0..batch.num_rows() {
        let (id, p, is_drawn) = (ids.value(row), targets.value(row), drawn.value(row));
        if !(0.0..=1.0).contains(&p) {
            return Err(format!("{id}: p = {p} must lie in 0 ..= 1"));
        }
        let unit: &mut Unit = units.entry(id.to_owned()).or_default();
        unit.is_visited |= is_drawn;
        if names.value(row) != MEASURE {
            unit.p = unit.p.max(p);
            unit.is_drawn |= is_drawn;
        }
    }
    Ok(())
}
