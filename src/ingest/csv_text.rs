//! CSV as text columns: checks encoding, header and field counts, and spools the sound rows to Parquet with their line numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::error::Error;
use super::files::Located;
use super::source::{LINE, Ragged};
use super::spool::Spool;

/// Rows per batch.
const BATCH: usize = 65_536;

type Reader = csv::Reader<PlainLines<BufReader<File>>>;

fn open(file: &Located) -> Result<Reader, Error> {
    let handle = File::open(&file.path).map_err(Error::io(&file.path))?;
    let reader = BufReader::with_capacity(1 << 20, handle);
    Ok(csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(PlainLines::new(reader)))
}

/// The header, trimmed; a nameless column gets the name `column N`.
pub(super) fn headers(file: &Located) -> Result<Vec<String>, Error> {
    header_of(&mut open(file)?, file)
}

fn header_of(reader: &mut Reader, file: &Located) -> Result<Vec<String>, Error> {
    let mut record = csv::StringRecord::new();
    let some = reader
        .read_record(&mut record)
        .map_err(|error| unreadable(file, &error))?;
    if !some {
        return Err(Error::EmptyFile { file: file.shown() });
    }
    let named = |(index, name): (usize, &str)| match name.trim().trim_start_matches('\u{feff}') {
        "" => format!("column {}", index + 1),
        name => name.to_owned(),
    };
    Ok(record.iter().enumerate().map(named).collect())
}

/// Writes the columns `wanted` of the sound rows to `to`; returns the rows whose field count is not the header's.
pub(super) fn spool(
    file: &Located,
    header: &[String],
    wanted: &[String],
    to: &Path,
) -> Result<Vec<Ragged>, Error> {
    let columns: Vec<usize> = wanted
        .iter()
        .filter_map(|name| header.iter().position(|found| found == name))
        .collect();
    let mut fields: Vec<Field> = columns
        .iter()
        .map(|&at| Field::new(&header[at], DataType::Utf8, true))
        .collect();
    fields.push(Field::new(LINE, DataType::Int64, false));
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let mut spool = Spool::create(to, schema.clone())?;
    let (sender, receiver) = sync_channel::<RecordBatch>(2);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<(), Error> {
            receiver
                .into_iter()
                .try_for_each(|batch| spool.write(&batch))?;
            spool.close()
        });
        let ragged = read(file, header.len(), &columns, &schema, &sender);
        drop(sender);
        writer.join().expect("the spool writer does not panic")?;
        ragged
    })
}

fn read(
    file: &Located,
    width: usize,
    columns: &[usize],
    schema: &SchemaRef,
    sender: &SyncSender<RecordBatch>,
) -> Result<Vec<Ragged>, Error> {
    let mut reader = open(file)?;
    header_of(&mut reader, file)?;
    let mut batch = Batch::new(columns);
    let mut ragged = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut runs_on = None;
    while reader
        .read_record(&mut record)
        .map_err(|error| unreadable(file, &error))?
    {
        let line = line_of(&reader, &record);
        let last = record.get(record.len().saturating_sub(1));
        runs_on = last.is_some_and(|last| last.contains('\n')).then_some(line);
        if record.len() != width {
            ragged.push(Ragged {
                line,
                fields: record.len(),
            });
            continue;
        }
        batch.push(&record, line);
        if batch.rows == BATCH && sender.send(batch.take(schema)).is_err() {
            return Ok(ragged); // the writer failed and says why
        }
    }
    if let Some(line) = runs_on.filter(|_| reader.get_ref().last_letter != b'"') {
        let line = line + 1; // no newline ends that row
        return Err(Error::OpenQuote {
            file: file.shown(),
            line,
        });
    }
    if batch.rows > 0 {
        let _ = sender.send(batch.take(schema));
    }
    Ok(ragged)
}

/// Line a record starts at: the reader stands behind its newline, and quoted newlines lie between.
fn line_of(reader: &Reader, record: &csv::StringRecord) -> u64 {
    let quoted = record
        .as_slice()
        .bytes()
        .filter(|byte| *byte == b'\n')
        .count() as u64;
    reader.position().line().saturating_sub(1 + quoted)
}

/// Text whose every line, the last one too, ends in a single `\n`, so that lines can be counted.
struct PlainLines<R> {
    inner: R,
    after_return: bool,
    last: u8,
    /// Last byte that is no newline: a quoted field at the end of the text ends in `"`.
    last_letter: u8,
}

impl<R: BufRead> PlainLines<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            after_return: false,
            last: b'\n',
            last_letter: b'\n',
        }
    }
}

impl<R: BufRead> Read for PlainLines<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            let bytes = self.inner.fill_buf()?;
            if bytes.is_empty() && self.last != b'\n' && !target.is_empty() {
                (target[0], self.last) = (b'\n', b'\n');
                return Ok(1);
            }
            let taken = bytes.len().min(target.len());
            let bytes = &bytes[..taken];
            let written = if self.after_return || bytes.contains(&b'\r') {
                unreturned(bytes, &mut self.after_return, target)
            } else {
                target[..taken].copy_from_slice(bytes);
                taken
            };
            self.inner.consume(taken);
            if written > 0 {
                self.last = target[written - 1];
                let letter = target[..written].iter().rfind(|byte| **byte != b'\n');
                self.last_letter = letter.copied().unwrap_or(self.last_letter);
            }
            if written > 0 || taken == 0 {
                return Ok(written);
            }
        }
    }
}

/// Copies `bytes` with `\r\n` and `\r` written as `\n`; `after_return` carries a `\r` over to the next bytes.
fn unreturned(bytes: &[u8], after_return: &mut bool, target: &mut [u8]) -> usize {
    let mut written = 0;
    for &byte in bytes {
        let second_half = *after_return && byte == b'\n';
        *after_return = byte == b'\r';
        if !second_half {
            target[written] = if byte == b'\r' { b'\n' } else { byte };
            written += 1;
        }
    }
    written
}

/// Rows on their way to the spool.
struct Batch<'a> {
    columns: &'a [usize],
    texts: Vec<StringBuilder>,
    lines: Int64Builder,
    rows: usize,
}

impl<'a> Batch<'a> {
    fn new(columns: &'a [usize]) -> Self {
        Self {
            columns,
            texts: columns.iter().map(|_| StringBuilder::new()).collect(),
            lines: Int64Builder::new(),
            rows: 0,
        }
    }

    fn push(&mut self, record: &csv::StringRecord, line: u64) {
        for (text, &at) in self.texts.iter_mut().zip(self.columns) {
            text.append_value(&record[at]);
        }
        self.lines
            .append_value(i64::try_from(line).unwrap_or(i64::MAX));
        self.rows += 1;
    }

    fn take(&mut self, schema: &SchemaRef) -> RecordBatch {
        self.rows = 0;
        let mut arrays: Vec<ArrayRef> = self
            .texts
            .iter_mut()
            .map(|text| Arc::new(text.finish()) as ArrayRef)
            .collect();
        arrays.push(Arc::new(self.lines.finish()));
        RecordBatch::try_new(schema.clone(), arrays).expect("the builders follow the schema")
    }
}

fn unreadable(file: &Located, error: &csv::Error) -> Error {
    if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) {
        return not_utf8(file);
    }
    Error::Unreadable {
        file: file.shown(),
        format: "CSV",
        reason: error.to_string(),
    }
}

/// Finds the first byte that is not UTF-8.
fn not_utf8(file: &Located) -> Error {
    let handle = match File::open(&file.path) {
        Ok(handle) => handle,
        Err(error) => return Error::io(&file.path)(error),
    };
    let mut reader = BufReader::new(handle);
    let (mut line, mut before, mut bytes) = (0, 0, Vec::new());
    loop {
        line += 1;
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes).unwrap_or(0);
        let bad = std::str::from_utf8(&bytes)
            .err()
            .map(|error| error.valid_up_to());
        if read == 0 || bad.is_some() {
            let byte = before + bad.unwrap_or(0) as u64 + 1;
            return Error::NotUtf8 {
                file: file.shown(),
                line,
                byte,
            };
        }
        before += read as u64;
    }
}
