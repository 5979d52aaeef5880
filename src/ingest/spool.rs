//! Arrow sources on their way to the one path every table takes: a Parquet file in the work folder.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::error::Error;
use super::params::Format;

/// Rows per row group, which is what a chunk of pass one reads.
const ROW_GROUP: usize = 262_144;

/// A Parquet file being written in batches.
pub(super) struct Spool {
    path: PathBuf,
    writer: ArrowWriter<File>,
}

impl Spool {
    pub(super) fn create(path: &Path, schema: SchemaRef) -> Result<Self, Error> {
        let file = File::create(path).map_err(Error::io(path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema, options)
            .map_err(|error| spooling(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer
            .write(batch)
            .map_err(|error| spooling(&self.path, &error))
    }

    pub(super) fn close(self) -> Result<(), Error> {
        self.writer
            .close()
            .map(drop)
            .map_err(|error| spooling(&self.path, &error))
    }
}

fn spooling(path: &Path, error: &ParquetError) -> Error {
    if let ParquetError::External(source) = error
        && let Some(source) = source.downcast_ref::<io::Error>()
    {
        return Error::io(path)(io::Error::new(source.kind(), source.to_string()));
    }
    Error::Engine {
        step: format!("spool \"{}\"", path.display()),
        reason: error.to_string(),
    }
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// Column names of a Parquet or Arrow IPC file, each once.
pub(super) fn headers(path: &Path, shown: &str, format: Format) -> Result<Vec<String>, Error> {
    let headers: Vec<String> = if format == Format::Parquet {
        parquet_headers(path, shown)?
    } else {
        let (schema, _) = arrow_batches(path, shown)?;
        let names = schema.fields().iter().map(|field| field.name().clone());
        names.collect()
    };
    Ok(headers)
}

fn parquet_headers(path: &Path, shown: &str) -> Result<Vec<String>, Error> {
    let reader = footer(path).map_err(|reason| Error::Unreadable {
        file: shown.to_owned(),
        format: Format::Parquet.name(),
        reason,
    })?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let fields = schema.root_schema().get_fields().iter();
    Ok(fields.map(|field| field.name().to_owned()).collect())
}

/// A Parquet file by its footer.
pub(super) fn footer(path: &Path) -> Result<SerializedFileReader<File>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    SerializedFileReader::new(file).map_err(|error| error.to_string())
}

/// Writes the columns `wanted` of an Arrow IPC file or stream to `to`.
pub(super) fn spool_arrow(
    path: &Path,
    shown: &str,
    header: &[String],
    wanted: &[String],
    to: &Path,
) -> Result<(), Error> {
    let columns: Vec<usize> = wanted
        .iter()
        .filter_map(|name| header.iter().position(|found| found == name))
        .collect();
    let (schema, batches) = arrow_batches(path, shown)?;
    let schema = schema
        .project(&columns)
        .map_err(|error| damaged(shown, &error))?;
    let unusable = |error| no_spool(shown, error);
    let mut spool = Spool::create(to, Arc::new(schema)).map_err(unusable)?;
    for batch in batches {
        let batch = batch
            .and_then(|batch| batch.project(&columns))
            .map_err(|error| damaged(shown, &error))?;
        spool.write(&batch).map_err(unusable)?;
    }
    spool.close()
}

/// A type or value that Parquet cannot hold is the file's.
fn no_spool(shown: &str, error: Error) -> Error {
    match error {
        Error::Engine { reason, .. } => Error::Unreadable {
            file: shown.to_owned(),
            format: Format::Arrow.name(),
            reason,
        },
        error => error,
    }
}

fn arrow_batches(path: &Path, shown: &str) -> Result<(SchemaRef, Batches), Error> {
    let handle = File::open(path).map_err(Error::io(path))?;
    if is_arrow_file(path)? {
        let reader = FileReader::try_new(BufReader::new(handle), None)
            .map_err(|error| damaged(shown, &error))?;
        return Ok((reader.schema(), Box::new(reader)));
    }
    let reader = StreamReader::try_new(BufReader::new(handle), None)
        .map_err(|error| damaged(shown, &error))?;
    Ok((reader.schema(), Box::new(reader)))
}

fn is_arrow_file(path: &Path) -> Result<bool, Error> {
    let mut magic = Vec::new();
    File::open(path)
        .and_then(|file| file.take(6).read_to_end(&mut magic))
        .map_err(Error::io(path))?;
    Ok(magic == b"ARROW1")
}

fn damaged(shown: &str, error: &ArrowError) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: "Arrow IPC",
        reason: error.to_string(),
    }
}
