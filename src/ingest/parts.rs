//! Accepted rows on their way to pass two: one spool file per partition.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use polars::prelude::*;

use super::error::Error;
use super::gather::{POS, Reader};
use super::lists;

const PART: &str = "__part";

/// One open spool file per partition.
pub(super) struct Writers {
    paths: Vec<PathBuf>,
    files: Vec<Mutex<polars::io::parquet::write::BatchedWriter<File>>>,
    by_key: bool,
}

impl Writers {
    pub(super) fn create(reader: &Reader, n_parts: usize, spool: &Path) -> Result<Self, Error> {
        let name = reader.table.table.name;
        let n_parts = if reader.table.table.bulk { n_parts } else { 1 };
        let paths: Vec<PathBuf> = (0..n_parts)
            .map(|part| spool.join(format!("{name}-part-{part:05}.parquet")))
            .collect();
        let mut schema: Schema = reader
            .spooled()
            .into_iter()
            .map(|(name, dtype)| (PlSmallStr::from(name), lists::spooled(dtype)))
            .collect();
        schema.with_column(POS.into(), DataType::UInt64);
        let open = |path: &PathBuf| {
            let file = File::create(path).map_err(Error::io(path))?;
            let writer = ParquetWriter::new(file)
                .with_compression(ParquetCompression::Snappy)
                .with_statistics(StatisticsOptions::empty())
                .set_parallel(false) // a thread that waits inside would start the next chunk and meet its own lock
                .batched(&schema);
            writer
                .map(Mutex::new)
                .map_err(Error::engine("open the spool"))
        };
        let files = paths.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self {
            paths,
            files,
            by_key: reader.table.table.bulk,
        })
    }

    pub(super) fn write(&self, frame: DataFrame) -> Result<(), Error> {
        if !self.by_key || self.files.len() == 1 {
            return self.append(0, frame);
        }
        let part = (col("object_key") % lit(self.files.len() as u64)).alias(PART);
        let split = frame
            .lazy()
            .with_column(part)
            .collect()
            .and_then(|frame| frame.partition_by_stable([PART], true));
        for frame in split.map_err(Error::engine("split rows by key"))? {
            let part = frame
                .column(PART)
                .and_then(|part| part.u64())
                .map_err(Error::engine("split rows by key"))?
                .get(0);
            let part = usize::try_from(part.unwrap_or(0)).expect("a partition number is small");
            self.append(
                part,
                frame
                    .drop(PART)
                    .map_err(Error::engine("split rows by key"))?,
            )?;
        }
        Ok(())
    }

    fn append(&self, part: usize, mut frame: DataFrame) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        frame.rechunk_mut();
        let mut writer = self.files[part].lock().expect("no writer panics");
        writer
            .write_batch(&frame)
            .map_err(Error::engine("write the spool"))
    }

    pub(super) fn finish(self) -> Result<Vec<PathBuf>, Error> {
        for file in &self.files {
            file.lock()
                .expect("no writer panics")
                .finish()
                .map_err(Error::engine("close the spool"))?;
        }
        Ok(self.paths)
    }
}
