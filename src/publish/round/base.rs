//! Targets before cool-down, one per object of a draw: a committed table, written and read in a stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use super::super::Error;
use super::super::folder::{Lines, shown};
use super::commit::Committer;
use super::table_file;
use super::write::{Base, DrawInput};
use crate::plan::field;
use crate::units::{
    Digest, DigestWriter, FrameSource, Unreadable, format_hex, in_waves, parse_hex,
};

/// Heading of the table.
const HEADING: &str = "object_id,p\n";

/// Name of the table of draw `index` (from 0).
pub(super) fn name(index: usize) -> String {
    format!("base-{}", index + 1)
}

/// Whether a table's name is one of these.
pub(super) fn is_base(name: &str) -> bool {
    name.starts_with("base-")
}

/// Writes the table of a draw that has targets before cool-down; what commits to it.
pub(super) fn write(
    draw: &DrawInput<'_>,
    index: usize,
    committer: &Committer,
    dir: &Path,
) -> Result<Option<Digest>, Error> {
    let Some(base) = draw.base else {
        return Ok(None);
    };
    let (name, n_parts) = (name(index), draw.frame.n_parts());
    let unwritable = |error: &Unreadable| Error::Unwritable {
        file: table_file(&name),
        reason: error.to_string(),
    };
    let io = |source| Error::Io {
        path: dir.join(table_file(&name)),
        source,
    };
    let spool = tempfile::tempdir_in(dir).map_err(io)?;
    let kept = |part: usize| {
        let lines = sorted_lines(draw.frame, base, part).map_err(|error| unwritable(&error))?;
        std::fs::write(part_file(spool.path(), part), lines).map_err(io)
    };
    in_waves(n_parts, kept, |_, _| ())?;
    let file = BufWriter::new(File::create(dir.join(table_file(&name))).map_err(io)?);
    let prefix = [name.as_bytes(), &[0], &committer.nonce(&name)].concat();
    let mut out = DigestWriter::with(committer.hash, file, &prefix);
    merge(spool.path(), n_parts, &mut out).map_err(io)?;
    spool.close().map_err(io)?;
    let (file, digest) = out.finish();
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    Ok(Some(digest))
}

fn part_file(spool: &Path, part: usize) -> std::path::PathBuf {
    spool.join(format!("base-{part:06}"))
}

/// `id TAB p` in the order of the ids: a tab sorts below every character of an id.
fn sorted_lines(
    frame: &dyn FrameSource,
    base: &Base<'_>,
    part: usize,
) -> Result<Vec<u8>, Unreadable> {
    let (rows, targets) = (frame.part(part)?, base(part)?);
    if targets.len() != rows.ids.len() {
        let (n, rows) = (targets.len(), rows.ids.len());
        return Err(format!("{n} targets for the {rows} rows of partition {part}").into());
    }
    let mut order: Vec<usize> = (0..rows.ids.len()).collect();
    order.sort_unstable_by(|&a, &b| rows.ids.bytes(a).cmp(rows.ids.bytes(b)));
    let mut lines = Vec::with_capacity(48 * order.len());
    for row in order {
        let (id, p) = (rows.ids.get(row), targets[row]);
        if !is_probability(p) {
            return Err(format!("object {id:?}: a target must lie in 0 < p <= 1, not {p}").into());
        }
        writeln!(lines, "{id}\t{}", format_hex(p))?;
    }
    Ok(lines)
}

fn is_probability(p: f64) -> bool {
    p > 0.0 && p <= 1.0
}

/// Merges sorted partitions into the table.
fn merge(spool: &Path, n_parts: usize, out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEADING.as_bytes())?;
    let lines = |part: usize| {
        let file = File::open(part_file(spool, part))?;
        Ok(BufReader::with_capacity(1 << 16, file).lines())
    };
    let mut parts = (0..n_parts).map(lines).collect::<io::Result<Vec<_>>>()?;
    let mut heads = BinaryHeap::new();
    for (part, lines) in parts.iter_mut().enumerate() {
        let first = lines.next().transpose()?;
        heads.extend(first.map(|line| Reverse((line, part))));
    }
    while let Some(Reverse((line, part))) = heads.pop() {
        let (id, p) = line.split_once('\t').unwrap_or((&line, ""));
        writeln!(out, "{},{p}", field(id))?;
        let next = parts[part].next().transpose()?;
        heads.extend(next.map(|line| Reverse((line, part))));
    }
    out.flush()
}

/// The targets of a table in their order, read beside the sorted frame they belong to.
pub(super) struct BaseRows {
    file: String,
    lines: Lines,
}

impl BaseRows {
    /// Opens the table of draw `index` in `dir`.
    pub(super) fn open(dir: &Path, index: usize) -> Result<Self, Error> {
        let file = table_file(&name(index));
        let mut lines = Lines::open(&dir.join(&file))?;
        let heading = lines.next_line()?.map(|(_, line)| line);
        if heading != Some(HEADING.as_bytes()) {
            let expected = shown(Some(HEADING.as_bytes()));
            return Err(Error::differs(&file, 1, expected, shown(heading)));
        }
        Ok(Self { file, lines })
    }

    /// The target of `id`, which must be the next object of the table.
    pub(super) fn target(&mut self, id: &str) -> Result<f64, Error> {
        let line = self.lines.next_line()?;
        let spelt = format!("{},", field(id));
        let text = line.and_then(|(_, line)| std::str::from_utf8(line).ok());
        let target = text
            .and_then(|text| text.strip_prefix(&spelt)?.strip_suffix('\n'))
            .and_then(parse_hex)
            .filter(|&p| is_probability(p));
        let number = line.map_or(0, |(number, _)| number);
        target.ok_or_else(|| {
            let expected = format!("{spelt}target, 0 < target <= 1, as in the frame of the draw");
            Error::differs(&self.file, number, expected, shown(line.map(|l| l.1)))
        })
    }

    /// Refuses rows beyond those of the frame.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        match self.lines.next_line()? {
            Some((number, line)) => Err(Error::differs(
                &self.file,
                number,
                "no line",
                shown(Some(line)),
            )),
            None => Ok(()),
        }
    }
}
