//! The month's register as one file: every object with its columns and why it is left out of the frame, for the next month.

use std::fs::File;
use std::path::Path;

use polars::error::polars_ensure;
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, IntoSeries, ListChunked, ParquetCompression,
    ParquetWriter, PolarsResult, StringChunkedBuilder, col, lit,
};

use super::{Error, Registers, at, part_path, scan};

/// Joins the texts of a list.
pub(super) const JOIN: &str = "；";

impl Registers {
    /// Writes every object to one Parquet file at `path`, part after part: `object_key`, the columns of the snapshot (lists
    /// as one text, ascending, joined by `；`), `exclusion`.
    ///
    /// # Errors
    /// An unreadable part, a file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let mut writer = None;
        for part in 0..self.n_parts {
            let rows = month_part(self, part)?;
            let mut write = || -> PolarsResult<()> {
                let writer = if let Some(writer) = &mut writer {
                    writer
                } else {
                    let parquet = ParquetWriter::new(File::create(path)?)
                        .with_compression(ParquetCompression::Zstd(None));
                    writer.insert(parquet.batched(rows.schema())?)
                };
                writer.write_batch(&rows)
            };
            write().map_err(at(path))?;
        }
        match writer {
            Some(writer) => writer.finish().map(drop).map_err(at(path)),
            None => Ok(()),
        }
    }
}

/// The rows of partition `part` as [`Registers::save`] writes them.
pub(super) fn month_part(registers: &Registers, part: usize) -> Result<DataFrame, Error> {
    let objects = registers.objects(part)?;
    let read = || -> PolarsResult<DataFrame> {
        let flags = scan(&part_path(&registers.dir, part))?;
        let flags = flags.select([col("exclusion")]).collect()?;
        let mut rows = objects.collect()?;
        rows.with_column(flags.column("exclusion")?.clone())?;
        with_lists_as_texts(rows)
    };
    read().map_err(at(Path::new("objects")))
}

/// Rows of the register at `path` whose key falls into partition `part` of `n_parts`, every column but the key as text.
pub(super) fn past_part(path: &Path, part: usize, n_parts: usize) -> PolarsResult<DataFrame> {
    let mut rows = scan(path)?;
    let schema = rows.collect_schema()?;
    let texts = schema.iter_names().map(|name| match name.as_str() {
        "object_key" => col("object_key"),
        name => col(name).cast(DataType::String),
    });
    let texts: Vec<_> = texts.collect();
    if n_parts > 1 {
        let place = col("object_key") % lit(n_parts as u64);
        rows = rows.filter(place.eq(lit(part as u64)));
    }
    rows.select(texts).collect()
}

/// Refuses a register at `path` whose keys are not one for each row.
pub(super) fn past_keys(path: &Path) -> PolarsResult<()> {
    let rows = scan(path)?.select([col("object_key"), col("object_id")]);
    let rows = rows.collect()?;
    let keys = rows.column("object_key")?.u64()?;
    let mut found: Vec<u64> = keys.iter().flatten().collect();
    found.sort_unstable();
    polars_ensure!(
        found.len() == rows.height() && found.windows(2).all(|two| two[0] < two[1]),
        ComputeError: "a row without a key, or two with one key"
    );
    rows.column("object_id")?.str().map(drop)
}

fn with_lists_as_texts(mut rows: DataFrame) -> PolarsResult<DataFrame> {
    let lists = rows.columns().iter();
    let lists = lists.filter(|column| column.dtype().is_list());
    let texts: Vec<Column> = lists
        .map(|column| joined(column.as_materialized_series().list()?))
        .collect::<PolarsResult<_>>()?;
    for column in texts {
        rows.with_column(column)?;
    }
    Ok(rows)
}

fn joined(lists: &ListChunked) -> PolarsResult<Column> {
    let mut texts = StringChunkedBuilder::new(lists.name().clone(), lists.len());
    for list in lists.amortized_iter() {
        let Some(list) = list else {
            texts.append_null();
            continue;
        };
        let list = list.as_ref().cast(&DataType::String)?;
        let mut parts: Vec<&str> = list.str()?.iter().flatten().collect();
        parts.sort_unstable();
        match parts.as_slice() {
            [] => texts.append_null(),
            parts => texts.append_value(parts.join(JOIN)),
        }
    }
    Ok(texts.finish().into_series().into_column())
}
