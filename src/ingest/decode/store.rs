//! Columns of text to one Parquet file: row groups in order, the column chunks of a group encoded side by side.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::super::error::Error;
use super::super::source::LINE;

/// Rows per row group, which is what a chunk of pass one reads.
const ROW_GROUP: usize = 262_144;
/// Bytes of text that end a row group early.
const ROW_GROUP_BYTES: usize = 96 << 20;
/// Rows from which the repetition of a column's values is told.
const SAMPLE: usize = 8_192;

/// A Parquet file being written.
pub(super) struct Store {
    path: PathBuf,
    schema: SchemaRef,
    open: Option<Open>,
    pending: Vec<Vec<ArrayRef>>,
    rows: usize,
    bytes: usize,
}

/// The file once its first rows are known.
struct Open {
    writer: SerializedFileWriter<File>,
    factory: ArrowRowGroupWriterFactory,
    n_groups: usize,
}

impl Store {
    /// A file of the columns `names`, all text, and of lines.
    pub(super) fn new(path: &Path, names: &[&str]) -> Self {
        let text = |name: &&str| Field::new(*name, DataType::Utf8, false); // an absent text is an empty one
        let mut fields: Vec<Field> = names.iter().map(text).collect();
        fields.push(Field::new(LINE, DataType::Int64, false));
        Self {
            path: path.to_owned(),
            schema: Arc::new(Schema::new(fields)),
            open: None,
            pending: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Adds rows as columns with their lines.
    pub(super) fn push(
        &mut self,
        mut texts: Vec<ArrayRef>,
        lines: Vec<i64>,
        bytes: usize,
    ) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        self.rows += lines.len();
        self.bytes += bytes;
        texts.push(Arc::new(Int64Array::from(lines)));
        self.pending.push(texts);
        if self.rows >= ROW_GROUP || self.bytes >= ROW_GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the rest and the footer.
    pub(super) fn close(mut self) -> Result<(), Error> {
        self.flush()?;
        let path = self.path;
        let open = self.open.expect("a flush opens the file");
        open.writer
            .close()
            .map(drop)
            .map_err(|error| failed(&path, &error))
    }

    fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        (self.rows, self.bytes) = (0, 0);
        let open = match self.open.take() {
            Some(open) => open,
            None => create(&self.path, &self.schema, pending.first())
                .map_err(|error| failed(&self.path, &error))?,
        };
        let open = self.open.insert(open);
        if pending.is_empty() {
            return Ok(());
        }
        write_group(open, &self.schema, &pending).map_err(|error| failed(&self.path, &error))
    }
}

fn create(
    path: &Path,
    schema: &SchemaRef,
    first: Option<&Vec<ArrayRef>>,
) -> Result<Open, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_data_page_row_count_limit(usize::MAX)
        .set_write_batch_size(8_192);
    for (field, array) in schema.fields().iter().zip(first.into_iter().flatten()) {
        let path = ColumnPath::from(field.name().as_str());
        properties = properties.set_column_dictionary_enabled(path, repeats(array));
    }
    let properties = Arc::new(properties.build());
    let parquet = ArrowSchemaConverter::new().convert(schema)?;
    let file = File::create(path)?;
    let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), properties)?;
    let factory = ArrowRowGroupWriterFactory::new(&writer, schema.clone());
    Ok(Open {
        writer,
        factory,
        n_groups: 0,
    })
}

/// Whether a column's first values repeat so much that a dictionary saves work.
fn repeats(array: &ArrayRef) -> bool {
    let Some(texts) = array.as_any().downcast_ref::<StringArray>() else {
        return false;
    };
    let n = texts.len().min(SAMPLE);
    let distinct: HashSet<&str> = texts.iter().take(n).flatten().collect();
    2 * distinct.len() <= n
}

fn write_group(
    open: &mut Open,
    schema: &SchemaRef,
    pending: &[Vec<ArrayRef>],
) -> Result<(), ParquetError> {
    let writers = open.factory.create_column_writers(open.n_groups)?;
    open.n_groups += 1;
    let encode = |(column, writer): (usize, ArrowColumnWriter)| {
        encoded(schema.field(column), writer, column, pending)
    };
    let chunks: Vec<Result<ArrowColumnChunk, ParquetError>> = writers
        .into_par_iter()
        .enumerate()
        .with_max_len(1)
        .map(encode)
        .collect();
    let mut group = open.writer.next_row_group()?;
    for chunk in chunks {
        chunk?.append_to_row_group(&mut group)?;
    }
    group.close().map(drop)
}

fn encoded(
    field: &Field,
    mut writer: ArrowColumnWriter,
    column: usize,
    pending: &[Vec<ArrayRef>],
) -> Result<ArrowColumnChunk, ParquetError> {
    for batch in pending {
        for leaf in compute_leaves(field, &batch[column])? {
            writer.write(&leaf)?;
        }
    }
    writer.close()
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::Engine {
        step: format!("write \"{}\"", path.display()),
        reason: error.to_string(),
    }
}
