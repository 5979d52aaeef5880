//! Parts of a table as Parquet files, written by the middle rooms into a run's work folder and removed with it: written fast
//! rather than small.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::error::PolarsResult;
use polars::prelude::{
    DataFrame, LazyFrame, ParquetCompression, ParquetWriter, PlRefPath, ScanArgsParquet,
    StatisticsOptions,
};

/// File of partition `part` in `dir`.
pub(crate) fn part_path(dir: &Path, part: usize) -> PathBuf {
    dir.join(format!("part-{part:03}.parquet"))
}

/// Writes `frame` to `path`, making its folder.
pub(crate) fn save(frame: &mut DataFrame, path: &Path) -> PolarsResult<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let file = File::create(path)?;
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Snappy)
        .with_statistics(StatisticsOptions::empty())
        .finish(frame)?;
    Ok(())
}

/// Opens the Parquet file at `path`.
pub(crate) fn scan(path: &Path) -> PolarsResult<LazyFrame> {
    LazyFrame::scan_parquet(
        PlRefPath::new(path.to_string_lossy().as_ref()),
        ScanArgsParquet::default(),
    )
}
