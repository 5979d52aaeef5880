//! What Parquet and Arrow files claim of their sizes, held against what they are before anything is reserved for it.
//!
//! Arrow columnar format, "Serialization and Interprocess Communication"; Parquet format, `FileMetaData`.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow::ipc::{Message, root_as_footer, root_as_message};

use super::super::error::Error;
use super::super::params::Format;
use super::super::spool::footer;
use super::limits::{Beyond, Budget, GROUP_MAX, ROWS_MAX, UNPACKED_MAX};

/// First bytes of an Arrow file; a stream begins otherwise.
const MAGIC: &[u8] = b"ARROW1";
/// Marks a message in Arrow IPC from 0.15 on.
const CONTINUES: [u8; 4] = [0xff; 4];

/// Refuses a Parquet or Arrow file that claims more than it can hold, or than is read.
pub(super) fn check(path: &Path, shown: &str, format: Format) -> Result<(), Error> {
    let checked = guarded(shown, format.name(), || match format {
        Format::Parquet => parquet(path, shown),
        _ => arrow(path, shown),
    });
    checked.map(drop)
}

/// Runs a reader that may meet a file it was not made for.
pub(in crate::ingest) fn guarded<T>(
    shown: &str,
    format: &'static str,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(damaged(shown, format, "its structure is broken")))
}

fn damaged(shown: &str, format: &'static str, reason: &str) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format,
        reason: reason.to_owned(),
    }
}

fn parquet(path: &Path, shown: &str) -> Result<(), Error> {
    let format = Format::Parquet.name();
    let reader = footer(path).map_err(|reason| damaged(shown, format, &reason))?;
    let (mut all, mut claims) = (0, Claims { shown, format });
    for group in parquet::file::reader::FileReader::metadata(&reader).row_groups() {
        all = claims.rows(group.num_rows(), all)?;
        for column in group.columns() {
            let bytes = claims.size(column.uncompressed_size())?;
            let packed = claims.size(column.compressed_size())?;
            claims.size(column.num_values())?;
            if bytes.max(packed) > UNPACKED_MAX {
                let what = "the size of a column of a row group in bytes";
                return Err(Error::beyond(shown, Beyond::new(what, UNPACKED_MAX)));
            }
        }
    }
    Ok(())
}

/// Numbers of a file that are checked.
struct Claims<'a> {
    shown: &'a str,
    format: &'static str,
}

impl Claims<'_> {
    fn size(&mut self, claimed: i64) -> Result<u64, Error> {
        let negative = || damaged(self.shown, self.format, "it claims a negative size");
        u64::try_from(claimed).map_err(|_| negative())
    }

    /// Adds the rows of a group to those `before` it.
    fn rows(&mut self, claimed: i64, before: u64) -> Result<u64, Error> {
        let beyond = |what, limit| Err(Error::beyond(self.shown, Beyond::new(what, limit)));
        let rows = self.size(claimed)?;
        if rows > GROUP_MAX {
            return beyond("the number of rows of a row group or batch", GROUP_MAX);
        }
        if before + rows > ROWS_MAX {
            return beyond("the number of rows", ROWS_MAX);
        }
        Ok(before + rows)
    }
}

fn arrow(path: &Path, shown: &str) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let length = file.metadata().map_err(Error::io(path))?.len();
    let mut ipc = Ipc {
        file: BufReader::new(file),
        length,
        packed: length,
        budget: Budget::FULL,
        rows: 0,
        claims: Claims {
            shown,
            format: Format::Arrow.name(),
        },
    };
    let mut magic = [0; MAGIC.len()];
    let is_file = ipc.file.read_exact(&mut magic).is_ok() && magic == MAGIC;
    if is_file {
        ipc.blocks()
    } else {
        ipc.messages()
    }
}

/// An Arrow file or stream whose messages are walked over without reading their bodies.
struct Ipc<'a> {
    file: BufReader<File>,
    length: u64,
    packed: u64,
    budget: Budget,
    rows: u64,
    claims: Claims<'a>,
}

impl Ipc<'_> {
    fn cut<T>(&self) -> Result<T, Error> {
        let reason = "a part of it lies beyond its end";
        Err(damaged(self.claims.shown, self.claims.format, reason))
    }

    fn bytes(&mut self, at: u64, n: u64) -> Result<Vec<u8>, Error> {
        if at.checked_add(n).is_none_or(|end| end > self.length) {
            return self.cut();
        }
        let mut bytes = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| (&mut self.file).take(n).read_to_end(&mut bytes));
        match read {
            Ok(read) if read as u64 == n => Ok(bytes),
            _ => self.cut(),
        }
    }

    /// A file lists its messages in its footer.
    fn blocks(&mut self) -> Result<(), Error> {
        let end = self.length.saturating_sub(10);
        let tail = self.bytes(end, self.length - end)?;
        let Some(claimed) = tail.first_chunk::<4>().filter(|_| tail.ends_with(MAGIC)) else {
            return self.cut();
        };
        let n = self.claims.size(i64::from(i32::from_le_bytes(*claimed)))?;
        let Some(start) = end.checked_sub(n) else {
            return self.cut();
        };
        let footer = self.bytes(start, n)?;
        let Ok(footer) = root_as_footer(&footer) else {
            return self.cut();
        };
        let batches = footer.recordBatches().into_iter().flatten();
        let all = batches.chain(footer.dictionaries().into_iter().flatten());
        for block in all {
            let at = self.claims.size(block.offset())?;
            let head = self.claims.size(i64::from(block.metaDataLength()))?;
            let body = self.claims.size(block.bodyLength())?;
            let message = self.bytes(at, head)?;
            let start = if message.starts_with(&CONTINUES) {
                8
            } else {
                4
            };
            let Some(Ok(message)) = message.get(start..).map(root_as_message) else {
                return self.cut();
            };
            self.body(&message, at + head, body)?;
        }
        Ok(())
    }

    /// A stream is its messages, one behind another.
    fn messages(&mut self) -> Result<(), Error> {
        let mut at = 0;
        while at + 4 <= self.length {
            let mut head = self.bytes(at, 4)?;
            at += 4;
            if head == CONTINUES {
                head = self.bytes(at, 4)?;
                at += 4;
            }
            let Some(claimed) = head.first_chunk::<4>() else {
                return self.cut();
            };
            let n = self.claims.size(i64::from(i32::from_le_bytes(*claimed)))?;
            if n == 0 {
                return Ok(());
            }
            let message = self.bytes(at, n)?;
            let Ok(message) = root_as_message(&message) else {
                return self.cut();
            };
            let body = self.claims.size(message.bodyLength())?;
            at += n;
            self.body(&message, at, body)?;
            at += body;
        }
        Ok(())
    }

    /// What a message claims of its body, which stands at `at`.
    fn body(&mut self, message: &Message, at: u64, length: u64) -> Result<(), Error> {
        if at.checked_add(length).is_none_or(|end| end > self.length) {
            return self.cut();
        }
        let dictionary = message.header_as_dictionary_batch();
        let batch = message.header_as_record_batch();
        let Some(batch) = batch.or_else(|| dictionary.and_then(|dictionary| dictionary.data()))
        else {
            return Ok(());
        };
        self.rows = self.claims.rows(batch.length(), self.rows)?;
        for node in batch.nodes().into_iter().flatten() {
            self.claims.size(node.length())?;
            self.claims.size(node.null_count())?;
        }
        for buffer in batch.buffers().into_iter().flatten() {
            let from = self.claims.size(buffer.offset())?;
            let n = self.claims.size(buffer.length())?;
            if from.checked_add(n).is_none_or(|end| end > length) {
                return self.cut();
            }
            if batch.compression().is_some() && n >= 8 {
                self.unpacked(at + from)?;
            }
        }
        Ok(())
    }

    /// A packed buffer begins with the length that it unpacks to; -1 where it is not packed.
    fn unpacked(&mut self, at: u64) -> Result<(), Error> {
        let claimed = self.bytes(at, 8)?;
        let claimed = claimed
            .first_chunk::<8>()
            .map_or(0, |bytes| i64::from_le_bytes(*bytes));
        let Some(claimed) = (claimed != -1).then_some(claimed) else {
            return Ok(());
        };
        let claimed = self.claims.size(claimed)?;
        let beyond = |beyond| Error::beyond(self.claims.shown, beyond);
        self.budget.check(self.packed, claimed).map_err(beyond)?;
        self.budget.left -= claimed;
        Ok(())
    }
}
