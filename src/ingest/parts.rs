//! Accepted rows on their way to pass two: held by partition while they fit, else one spool file per partition.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use polars::prelude::*;

use super::error::Error;
use super::gather::{POS, Reader};
use super::lists;
use super::settle::scan;

const PART: &str = "__part";
/// Bytes of a table that are held; a larger one goes to files whole.
const HELD_MAX: usize = 512 << 20;

type Writer = Mutex<polars::io::parquet::write::BatchedWriter<File>>;

/// The accepted rows of one partition.
pub(super) enum Spooled {
    /// In memory.
    Held(DataFrame),
    /// In a Parquet file.
    File(PathBuf),
}

impl Spooled {
    /// The rows, in any order.
    pub(super) fn scan(&self) -> Result<LazyFrame, Error> {
        match self {
            Self::Held(frame) => Ok(frame.clone().lazy()),
            Self::File(path) => scan(path),
        }
    }
}

/// Where rows go, partition by partition.
pub(super) struct Writers {
    to: Mutex<To>,
    schema: Schema,
    folder: PathBuf,
    table: &'static str,
    n_parts: usize,
    held_max: usize,
}

/// Frames by partition, until the files are opened.
struct To {
    held: Vec<Vec<DataFrame>>,
    bytes: usize,
    files: Option<Arc<Files>>,
}

impl Writers {
    pub(super) fn create(reader: &Reader, n_parts: usize, folder: &Path) -> Self {
        let table = reader.table.table;
        let n_parts = if table.bulk { n_parts } else { 1 };
        let mut schema: Schema = reader
            .spooled()
            .into_iter()
            .map(|(name, dtype)| (PlSmallStr::from(name), lists::spooled(dtype)))
            .collect();
        schema.with_column(POS.into(), DataType::UInt64);
        Self::with_room(schema, table.name, n_parts, folder, HELD_MAX)
    }

    fn with_room(
        schema: Schema,
        table: &'static str,
        n_parts: usize,
        folder: &Path,
        held_max: usize,
    ) -> Self {
        Self {
            to: Mutex::new(To {
                held: vec![Vec::new(); n_parts],
                bytes: 0,
                files: None,
            }),
            schema,
            folder: folder.to_owned(),
            table,
            n_parts,
            held_max,
        }
    }

    pub(super) fn write(&self, frame: DataFrame) -> Result<(), Error> {
        let bytes = frame.estimated_size();
        let mut split = self.split(frame)?;
        let files = {
            let mut to = self.to.lock().expect("no writer panics");
            if to.files.is_none() && to.bytes + bytes <= self.held_max {
                to.bytes += bytes;
                for (part, frame) in split {
                    to.held[part].push(frame);
                }
                return Ok(());
            }
            if to.files.is_none() {
                let opened = Files::create(&self.folder, self.table, self.n_parts, &self.schema)?;
                to.files = Some(Arc::new(opened));
                let held = to.held.iter_mut().enumerate();
                split.extend(held.flat_map(|(part, frames)| {
                    std::mem::take(frames)
                        .into_iter()
                        .map(move |frame| (part, frame))
                }));
            }
            to.files.clone().expect("the files are open")
        };
        split
            .into_iter()
            .try_for_each(|(part, frame)| files.append(part, frame))
    }

    /// The rows of a frame by partition.
    fn split(&self, frame: DataFrame) -> Result<Vec<(usize, DataFrame)>, Error> {
        if self.n_parts == 1 {
            return Ok(vec![(0, frame)]);
        }
        let failed = || Error::engine("split rows by key");
        let part = (col("object_key") % lit(self.n_parts as u64)).alias(PART);
        let split = frame
            .lazy()
            .with_column(part)
            .collect()
            .and_then(|frame| frame.partition_by_stable([PART], true));
        let number = |frame: DataFrame| {
            let part = frame.column(PART).and_then(|part| part.u64());
            let part = part.map_err(failed())?.get(0).unwrap_or(0);
            let part = usize::try_from(part).expect("a partition number is small");
            Ok((part, frame.drop(PART).map_err(failed())?))
        };
        split.map_err(failed())?.into_iter().map(number).collect()
    }

    pub(super) fn finish(self) -> Result<Vec<Spooled>, Error> {
        let to = self.to.into_inner().expect("no writer panics");
        if let Some(files) = to.files {
            return files.close();
        }
        let whole = |frames: Vec<DataFrame>| {
            let mut all = DataFrame::empty_with_schema(&self.schema);
            for frame in &frames {
                all.vstack_mut(frame).map_err(Error::engine("hold rows"))?;
            }
            all.rechunk_mut();
            Ok(Spooled::Held(all))
        };
        to.held.into_iter().map(whole).collect()
    }
}

/// One open spool file per partition.
struct Files {
    paths: Vec<PathBuf>,
    writers: Vec<Writer>,
}

impl Files {
    fn create(folder: &Path, table: &str, n_parts: usize, schema: &Schema) -> Result<Self, Error> {
        let path = |part| folder.join(format!("{table}-part-{part:05}.parquet"));
        let paths: Vec<PathBuf> = (0..n_parts).map(path).collect();
        let open = |path: &PathBuf| {
            let file = File::create(path).map_err(Error::io(path))?;
            let writer = ParquetWriter::new(file)
                .with_compression(ParquetCompression::Snappy)
                .with_statistics(StatisticsOptions::empty())
                .set_parallel(false) // a thread that waits inside would start the next chunk and meet its own lock
                .batched(schema);
            writer
                .map(Mutex::new)
                .map_err(Error::engine("open the spool"))
        };
        let writers = paths.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { paths, writers })
    }

    fn append(&self, part: usize, mut frame: DataFrame) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        frame.rechunk_mut();
        let mut writer = self.writers[part].lock().expect("no writer panics");
        writer
            .write_batch(&frame)
            .map_err(Error::engine("write the spool"))
    }

    fn close(self: Arc<Self>) -> Result<Vec<Spooled>, Error> {
        for writer in &self.writers {
            let writer = writer.lock().expect("no writer panics");
            writer.finish().map_err(Error::engine("close the spool"))?;
        }
        Ok(self.paths.iter().cloned().map(Spooled::File).collect())
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;
    use tempfile::TempDir;

    use super::super::settle::collect;
    use super::{Spooled, Writers};

    /// The parts of 900 rows that come in three frames, with room for `held_max` bytes.
    fn parts(held_max: usize) -> (Vec<DataFrame>, bool) {
        let folder = TempDir::new().unwrap();
        let frame = |from: u64| {
            let keys: Vec<u64> = (from..from + 300).collect();
            let names: Vec<String> = keys.iter().map(|key| format!("第{key}号商行")).collect();
            df!("object_key" => keys, "name" => names).unwrap()
        };
        let schema = frame(0).schema().as_ref().clone();
        let writers = Writers::with_room(schema, "objects", 4, folder.path(), held_max);
        for from in [0, 300, 600] {
            writers.write(frame(from)).unwrap();
        }
        let parts = writers.finish().unwrap();
        let is_held = parts.iter().all(|part| matches!(part, Spooled::Held(_)));
        let sorted = |part: &Spooled| {
            let rows = part.scan().unwrap();
            collect(rows.sort(["object_key"], SortMultipleOptions::default())).unwrap()
        };
        (parts.iter().map(sorted).collect(), is_held)
    }

    #[test]
    fn parts_are_the_same_whether_their_rows_are_held_or_go_to_files_half_way() {
        let (held, is_held) = parts(1 << 20);
        assert!(is_held && held.iter().map(DataFrame::height).sum::<usize>() == 900);
        for room in [0, 20_000] {
            let (filed, is_held) = parts(room);
            assert!(!is_held && held == filed, "{room}");
        }
    }
}
