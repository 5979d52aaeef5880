//! 入样概率: `probabilities.parquet`, what every object's chance was in every draw; internal, for estimators and later rounds.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::super::Error;
use super::super::folder::changed;
use super::base::BaseRows;
use super::read::{SealedDraw, SealedRound};
use crate::draw::{DrawSample, RoundSample};
use crate::plan::StratumPlan;
use crate::units::{FramePart, FrameSource};

/// Name of the file.
const FILE: &str = "probabilities.parquet";

/// Writes every object of every frame with its stratum, its target before cool-down (p), its target in this draw (q) and whether the
/// draw drew it, a stretch of the frame at a time.
pub(super) fn write(round: &SealedRound, sample: &RoundSample, dir: &Path) -> Result<(), Error> {
    let column = |name: &str, kind: DataType| Field::new(name, kind, false);
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        column("object_id", DataType::Utf8),
        column("draw", DataType::Utf8),
        column("stratum", DataType::Utf8),
        column("p", DataType::Float64),
        column("q", DataType::Float64),
        column("drawn", DataType::Boolean),
    ]));
    let mut writer = create(&dir.join(FILE), schema.clone())?;
    for (index, (sealed, draw)) in round.draws.iter().zip(&sample.draws).enumerate() {
        let drawn: HashSet<&str> = draw.sample.drawn().map(|unit| unit.id.as_str()).collect();
        let mut base = round.base(index)?;
        for part in 0..sealed.frame.n_parts() {
            let columns = columns(sealed, draw, part, &drawn, base.as_mut())?;
            let batch = RecordBatch::try_new(schema.clone(), columns);
            let batch = batch.map_err(|error: ArrowError| unwritable(&error))?;
            let written = writer.write(&batch);
            written.map_err(|error: ParquetError| unwritable(&error))?;
        }
    }
    let file = writer.into_inner().map_err(|error| unwritable(&error))?;
    file.sync_all().map_err(|error| unwritable(&error))
}

fn create(path: &Path, schema: SchemaRef) -> Result<ArrowWriter<File>, Error> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let file = File::create(path).map_err(|error| unwritable(&error))?;
    let writer = ArrowWriter::try_new_with_options(file, schema, options);
    writer.map_err(|error| unwritable(&error))
}

fn unwritable(error: &dyn std::fmt::Display) -> Error {
    Error::Unwritable {
        file: FILE.to_owned(),
        reason: error.to_string(),
    }
}

/// The columns of one stretch of a draw's frame.
fn columns(
    sealed: &SealedDraw,
    draw: &DrawSample,
    part: usize,
    drawn: &HashSet<&str>,
    base: Option<&mut BaseRows>,
) -> Result<Vec<ArrayRef>, Error> {
    let rows = sealed.frame.part(part);
    let rows = rows.map_err(|error| changed(sealed.frame.file(), &error))?;
    let ids = || (0..rows.ids.len()).map(|row| rows.ids.get(row));
    let q = targets(&sealed.plan.strata, &rows);
    let p = match base {
        None => q.clone(),
        Some(base) => ids().map(|id| base.target(id)).collect::<Result<_, _>>()?,
    };
    let is_drawn: Vec<bool> = ids().map(|id| drawn.contains(id)).collect();
    let names = ids().map(|_| draw.name.as_str());
    let label = |stratum: &u32| sealed.plan.strata[*stratum as usize].label.as_str();
    Ok(vec![
        Arc::new(StringArray::from_iter_values(ids())),
        Arc::new(StringArray::from_iter_values(names)),
        Arc::new(StringArray::from_iter_values(
            rows.stratum.iter().map(label),
        )),
        Arc::new(Float64Array::from(p)),
        Arc::new(Float64Array::from(q)),
        Arc::new(BooleanArray::from(is_drawn)),
    ])
}

/// Targets of the rows of a stretch.
fn targets(strata: &[StratumPlan], rows: &FramePart) -> Vec<f64> {
    let target = |(&stratum, &size): (&u32, &u32)| {
        let level = strata[stratum as usize].level(size);
        level.map_or(0.0, |level| level.target)
    };
    rows.stratum.iter().zip(&rows.size).map(target).collect()
}
