//! The sorted frame: every partition checked, counted, sorted and kept by the caller, then merged into one table.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, BufRead, Cursor, Write};
use std::sync::Mutex;

use rayon::prelude::*;

use super::Error;
use crate::units::{Digest, DigestWriter, FramePart, FrameSource, Meter};

/// Heading of the sorted frame.
pub(crate) const HEADING: &str = "object_id,stratum,level\n";

/// Where sorted partitions wait for the merge: files, or memory.
pub trait Spool: Sync {
    /// Keeps the lines of a partition.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn put(&self, part: usize, lines: Vec<u8>) -> io::Result<()>;

    /// The lines of a partition again, once.
    ///
    /// # Errors
    /// When they cannot be read.
    fn take(&self, part: usize) -> io::Result<Box<dyn BufRead>>;
}

/// A spool in memory, for frames that fit.
#[derive(Default)]
pub struct MemorySpool(Mutex<BTreeMap<usize, Vec<u8>>>);

impl Spool for MemorySpool {
    fn put(&self, part: usize, lines: Vec<u8>) -> io::Result<()> {
        self.0
            .lock()
            .map_err(|_| io::Error::other("a partition failed"))?
            .insert(part, lines);
        Ok(())
    }

    fn take(&self, part: usize) -> io::Result<Box<dyn BufRead>> {
        let lines = self
            .0
            .lock()
            .map_err(|_| io::Error::other("a partition failed"))?
            .remove(&part);
        Ok(Box::new(Cursor::new(lines.unwrap_or_default())))
    }
}

/// Units per (stratum of the source, size).
pub(super) type Counts = BTreeMap<(u32, u32), u64>;

/// Counts every partition and keeps it, sorted, in `spool`; one partition per thread is in memory.
pub(super) fn count(
    frame: &dyn FrameSource,
    spool: &dyn Spool,
    meter: &Meter,
) -> Result<Counts, Error> {
    let mut counts = Counts::new();
    let parts: Vec<usize> = (0..frame.n_parts()).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let counted: Result<Vec<Counts>, Error> = wave
            .par_iter()
            .map(|&part| count_part(frame, spool, part))
            .collect();
        for (level, n_units) in counted?.into_iter().flatten() {
            *counts.entry(level).or_default() += n_units;
        }
        meter.report("seal", wave[wave.len() - 1] as u64 + 1, parts.len() as u64);
    }
    Ok(counts)
}

fn count_part(frame: &dyn FrameSource, spool: &dyn Spool, part: usize) -> Result<Counts, Error> {
    let rows = frame
        .part(part)
        .map_err(|source| Error::Unreadable { part, source })?;
    let mut counts = Counts::new();
    for row in 0..rows.ids.len() {
        check_row(&rows, row, frame.strata())?;
        *counts
            .entry((rows.stratum[row], rows.size[row]))
            .or_default() += 1;
    }
    spool.put(part, sorted_lines(&rows)?)?;
    Ok(counts)
}

fn check_row(rows: &FramePart, row: usize, strata: &[String]) -> Result<(), Error> {
    let id = rows.ids.get(row);
    let stratum = strata.get(rows.stratum[row] as usize);
    match (plain(id), rows.size[row], stratum) {
        (false, ..) => Err(Error::UnusableText {
            text: id.to_owned(),
        }),
        (_, 0, _) => Err(Error::NoSize { id: id.to_owned() }),
        (.., None) => Err(Error::NoStratum { id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Whether a text can be one field of one line.
pub(super) fn plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// `id TAB stratum TAB size` in the order of the ids: a tab sorts below every character of an id.
fn sorted_lines(rows: &FramePart) -> io::Result<Vec<u8>> {
    let mut order: Vec<usize> = (0..rows.ids.len()).collect();
    order.sort_unstable_by(|&a, &b| rows.ids.bytes(a).cmp(rows.ids.bytes(b)));
    let mut lines = Vec::with_capacity(32 * order.len());
    for row in order {
        lines.extend_from_slice(rows.ids.bytes(row));
        writeln!(lines, "\t{}\t{}", rows.stratum[row], rows.size[row])?;
    }
    Ok(lines)
}

/// Merges what [`count`] kept into `out` as `object_id,stratum,level`, ids strictly ascending by their bytes.
pub(super) fn merge(
    frame: &dyn FrameSource,
    spool: &dyn Spool,
    out: &mut dyn Write,
) -> Result<Digest, Error> {
    let mut out = DigestWriter::new(out);
    out.write_all(HEADING.as_bytes())?;
    let labels: Vec<String> = frame
        .strata()
        .iter()
        .map(|label| field(label).into_owned())
        .collect();
    let mut readers = (0..frame.n_parts())
        .map(|part| spool.take(part))
        .collect::<io::Result<Vec<_>>>()?;
    let mut heads = BinaryHeap::new();
    for (part, reader) in readers.iter_mut().enumerate() {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? > 0 {
            heads.push(Reverse((line, part)));
        }
    }
    let (mut last, mut written) = (Vec::new(), Vec::new());
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((line, part)) = &mut *head;
        written.clear();
        frame_line(line, &labels, &mut last, &mut written)?;
        out.write_all(&written)?;
        line.clear();
        if readers[*part].read_until(b'\n', line)? == 0 {
            std::collections::binary_heap::PeekMut::pop(head);
        }
    }
    out.flush()?;
    Ok(out.finish().1)
}

fn frame_line(
    line: &[u8],
    labels: &[String],
    last: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    let mut fields = text.trim_end_matches('\n').split('\t');
    let mut next = || {
        fields
            .next()
            .ok_or_else(|| io::Error::other("a kept line is cut short"))
    };
    let (id, stratum, size) = (next()?, next()?, next()?);
    if id.as_bytes() == last.as_slice() {
        return Err(Error::Duplicate { id: id.to_owned() });
    }
    last.clear();
    last.extend_from_slice(id.as_bytes());
    let label = stratum
        .parse()
        .ok()
        .and_then(|index: usize| labels.get(index));
    let label = label.ok_or_else(|| io::Error::other("a kept line is changed"))?;
    Ok(writeln!(out, "{},{label},{size}", field(id))?)
}

/// A field as RFC 4180 writes it: quoted only where it holds a comma or a quote.
pub(crate) fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}
