//! The public frame: which objects stand in which draw, and in which public stratum; no level, no class.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::folder::{Lines, shown};
use super::super::frame::field_of;
use super::super::{Error, FRAME};
use super::seal::PublicSeal;
use crate::plan::field;
use crate::units::{Digest, DigestWriter, ObjectId};

/// What a line must be.
const ROW: &str = "object_id in normal form, and per draw nothing or one of its public strata, at least one of them";

/// `frame.csv` of a round, checked when opened.
#[derive(Clone, Debug)]
pub(super) struct PublicFrame {
    path: PathBuf,
    /// Labels of the public strata of each draw, ascending.
    labels: Vec<Vec<String>>,
    /// Rows.
    pub(super) n_units: u64,
}

/// A row: an object, and per draw the index of its public stratum.
pub(super) struct PublicRow<'a> {
    pub(super) line: u64,
    pub(super) id: Cow<'a, str>,
    pub(super) cells: &'a [Option<usize>],
}

/// The heading for `n` draws.
fn heading(n: usize) -> String {
    let names = std::iter::once("object_id".to_owned());
    let names: Vec<String> = names
        .chain((1..=n).map(|draw| format!("draw-{draw}")))
        .collect();
    names.join(",") + "\n"
}

/// Writes the public frame row by row; it is given labels, and nothing else of a stratum.
pub(super) struct PublicFrameWriter {
    path: PathBuf,
    out: DigestWriter<BufWriter<File>>,
}

impl PublicFrameWriter {
    pub(super) fn create(dir: &Path, n_draws: usize) -> Result<Self, Error> {
        let path = dir.join(FRAME);
        let io = |source| Error::Io {
            path: path.clone(),
            source,
        };
        let file = File::create(&path).map_err(io)?;
        let mut out = DigestWriter::new(BufWriter::with_capacity(1 << 16, file));
        out.write_all(heading(n_draws).as_bytes()).map_err(io)?;
        Ok(Self { path, out })
    }

    pub(super) fn row(&mut self, id: &str, labels: &[Option<&str>]) -> Result<(), Error> {
        let mut line = field(id).into_owned();
        for label in labels {
            line.push(',');
            line.push_str(&label.map(field).unwrap_or_default());
        }
        line.push('\n');
        let written = self.out.write_all(line.as_bytes());
        written.map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })
    }

    /// Syncs the file; its SHA-256.
    pub(super) fn finish(self) -> Result<Digest, Error> {
        let (out, digest) = self.out.finish();
        let synced = out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all());
        let path = self.path;
        synced
            .map(|()| digest)
            .map_err(|source| Error::Io { path, source })
    }
}

impl PublicFrame {
    /// Opens `frame.csv` in `dir` and checks spelling, order, and the counts that `seal` gives.
    pub(super) fn open(dir: &Path, seal: &PublicSeal) -> Result<Self, Error> {
        let labels: Vec<Vec<String>> = seal
            .draws
            .iter()
            .map(|draw| draw.strata.iter().map(|s| s.label.clone()).collect())
            .collect();
        let mut frame = Self {
            path: dir.join(FRAME),
            labels,
            n_units: 0,
        };
        let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        let mut last = String::new();
        let mut rows = frame.rows()?;
        while let Some(row) = rows.next_row()? {
            if *row.id <= *last {
                let expected = format!("an object_id above {last:?}");
                let found = format!("{:?}", row.id);
                return Err(Error::differs(FRAME, row.line, expected, found));
            }
            for (draw, label) in row.cells.iter().enumerate() {
                if let Some(label) = *label {
                    *counts.entry((draw, label)).or_default() += 1;
                }
            }
            last.clear();
            last.push_str(&row.id);
        }
        frame.n_units = rows.n_rows;
        check_counts(seal, &counts)?;
        Ok(frame)
    }

    /// Its rows, one at a time.
    pub(super) fn rows(&self) -> Result<PublicRows, Error> {
        let mut lines = Lines::open(&self.path)?;
        let (heading, found) = (heading(self.labels.len()), lines.next_line()?);
        if found.is_none_or(|(_, line)| line != heading.as_bytes()) {
            let found = shown(found.map(|(_, line)| line));
            let expected = shown(Some(heading.as_bytes()));
            return Err(Error::differs(FRAME, 1, expected, found));
        }
        Ok(PublicRows {
            labels: self.labels.clone(),
            lines,
            cells: Vec::new(),
            n_rows: 0,
        })
    }
}

fn check_counts(seal: &PublicSeal, counts: &BTreeMap<(usize, usize), u64>) -> Result<(), Error> {
    for (index, draw) in seal.draws.iter().enumerate() {
        let mut n_lines = 0;
        for (at, stratum) in draw.strata.iter().enumerate() {
            let n_units = counts.get(&(index, at)).copied().unwrap_or_default();
            n_lines += n_units;
            if n_units != stratum.n_units || n_units == 0 {
                let place = format!("draws[{index}].strata[{at}].n_units");
                let expected = format!("{n_units}, the objects of {:?} in {FRAME}", stratum.label);
                return Err(Error::says(super::SEAL, place, expected, stratum.n_units));
            }
        }
        if n_lines != draw.n_lines {
            let place = format!("draws[{index}].n_lines");
            let expected = format!("{n_lines}, the objects of the draw in {FRAME}");
            return Err(Error::says(super::SEAL, place, expected, draw.n_lines));
        }
    }
    Ok(())
}

/// The rows of a public frame in their order.
pub(super) struct PublicRows {
    labels: Vec<Vec<String>>,
    lines: Lines,
    cells: Vec<Option<usize>>,
    n_rows: u64,
}

impl PublicRows {
    /// The next row.
    pub(super) fn next_row(&mut self) -> Result<Option<PublicRow<'_>>, Error> {
        let Some((number, line)) = self.lines.next_line()? else {
            return Ok(None);
        };
        self.n_rows += 1;
        let id = std::str::from_utf8(line)
            .ok()
            .and_then(|text| parse(text, &self.labels, &mut self.cells));
        match id {
            Some(id) => Ok(Some(PublicRow {
                line: number,
                id,
                cells: &self.cells,
            })),
            None => Err(Error::differs(FRAME, number, ROW, shown(Some(line)))),
        }
    }
}

/// A line in its one spelling: the id, and the strata into `cells`.
fn parse<'a>(
    line: &'a str,
    labels: &[Vec<String>],
    cells: &mut Vec<Option<usize>>,
) -> Option<Cow<'a, str>> {
    let (id, mut rest) = field_of(line.strip_suffix('\n')?)?;
    cells.clear();
    for labels in labels {
        let (label, after) = field_of(rest?)?;
        let place = || labels.binary_search_by(|known| known.as_str().cmp(&label));
        cells.push(if label.is_empty() {
            None
        } else {
            Some(place().ok()?)
        });
        rest = after;
    }
    let whole = rest.is_none() && cells.iter().any(Option::is_some);
    (whole && ObjectId::is_normal(&id)).then_some(id)
}
