//! One Parquet file of a table: frames become row groups, bytes are counted and digested on their way.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{DataFrame, KeyValueMetadata, ParquetCompression, ParquetWriter};

use crate::simulate::world::World;
use crate::simulate::{Error, MadeFile, write_error};
use crate::units::DigestWriter;

/// Appends frames to one Parquet file, each as a row group.
pub(super) struct TableWriter<'a> {
    table: &'static str,
    writer: BatchedWriter<&'a mut Sink>,
}

impl<'a> TableWriter<'a> {
    /// A writer for frames shaped like `shape`; the file says the world's title.
    pub(super) fn open(
        world: &World,
        table: &'static str,
        sink: &'a mut Sink,
        shape: &DataFrame,
    ) -> Result<Self, Error> {
        let label = vec![("choucha.synthetic".to_owned(), world.title().to_owned())];
        let writer = ParquetWriter::new(sink)
            .with_compression(ParquetCompression::Zstd(None))
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(label)))
            .set_parallel(false)
            .batched(shape.schema())
            .map_err(|source| encode_error(table, source))?;
        Ok(Self { table, writer })
    }

    pub(super) fn append(&mut self, frame: &DataFrame) -> Result<(), Error> {
        self.writer
            .write_batch(frame)
            .map_err(|source| encode_error(self.table, source))
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.writer
            .finish()
            .map(drop)
            .map_err(|source| encode_error(self.table, source))
    }
}

pub(super) fn encode_error(
    table: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::Table {
        table,
        source: Box::new(source),
    }
}

/// Counts and digests the bytes on their way to a file.
pub(super) struct Sink {
    inner: DigestWriter<BufWriter<File>>,
    bytes: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += u64::try_from(written).expect("fits");
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A table's file while it is written.
pub(super) struct TableFile {
    pub(super) table: &'static str,
    path: String,
    pub(super) sink: Sink,
}

impl TableFile {
    pub(super) fn create(
        dir: &Path,
        table: &'static str,
        part: Option<u64>,
    ) -> Result<Self, Error> {
        let path = part.map_or(format!("{table}.parquet"), |part| {
            format!("{table}/part-{part:03}.parquet")
        });
        let full = dir.join(&path);
        let folder = full.parent().expect("a file below a folder");
        fs::create_dir_all(folder).map_err(|source| write_error(folder, source))?;
        let file = File::create(&full).map_err(|source| write_error(&full, source))?;
        Ok(Self {
            table,
            path,
            sink: Sink {
                inner: DigestWriter::new(BufWriter::new(file)),
                bytes: 0,
            },
        })
    }

    pub(super) fn finish(self, rows: u64) -> Result<(&'static str, MadeFile), Error> {
        let failed = |source| Error::Write {
            path: self.path.clone(),
            source,
        };
        let (buffered, digest) = self.sink.inner.finish();
        let file = buffered
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok((
            self.table,
            MadeFile {
                bytes: self.sink.bytes,
                digest,
                rows,
                path: self.path,
            },
        ))
    }
}
