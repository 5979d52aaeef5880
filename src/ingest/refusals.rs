//! The refusal table and the findings: every refused row with its file, line, column, value and rule, and what there is to
//! say of accepted ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::units::in_waves;

use super::checks::Check;
use super::convert;
use super::decode::Unread;
use super::error::Error;
use super::gather::{Reader, Refused};
use super::lookup::{Asked, Found, Want};
use super::row_list::{Entry, Kind, RowList};
use super::settle::{KeptRows, Names};
use super::shapes::{self, Stored, Writer};
use super::source::Source;

/// Rows looked up at once.
const BATCH: usize = 100_000;

/// The refusal table while it is written, and the refused rows in the shape of their sources.
pub(super) struct Refusals {
    list: RowList,
    folder: PathBuf,
    shapes: Vec<Stored>,
    /// Counts by rule of the tables before the latest.
    earlier: BTreeMap<String, u64>,
}

impl Refusals {
    /// Opens `refused.parquet` and `refused.csv` in `work`; rows in their shape go to `work/shapes`.
    pub(super) fn create(work: &Path) -> Result<Self, Error> {
        let folder = work.join("shapes");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
        }
        Ok(Self {
            list: RowList::create(work, Kind::Refused)?,
            folder,
            shapes: Vec::new(),
            earlier: BTreeMap::new(),
        })
    }

    /// Adds the refusals of a table (sorted by place) and its rows that are no records; returns how many there are.
    pub(super) fn add(
        &mut self,
        reader: &Reader,
        refused: &[Refused],
        names: &Names,
        kept_rows: &KeptRows,
    ) -> Result<u64, Error> {
        let before = self.list.written();
        self.earlier = self.list.counts().into_iter().collect();
        self.list.begin_table();
        let rules = reader.rules();
        for (source, refused) in by_source(reader, refused) {
            if refused.is_empty() && source.unread.is_empty() {
                continue;
            }
            let kept = shapes::kept(source, &mapped(reader, source));
            let table = reader.table.table.name;
            let shape = Writer::create(&self.folder, self.shapes.len(), table, source, &kept)?;
            let mut file = OneFile {
                list: &mut self.list,
                shape,
                source,
                unread: &source.unread,
            };
            let asked = asked(reader, &rules, (names, kept_rows), source, refused);
            look_up(&asked, Want::Cells(&kept), |found| file.write(found))?;
            self.shapes.push(file.finish()?);
        }
        Ok(self.list.written() - before)
    }

    /// Message of the first refusal.
    pub(super) fn first(&self) -> String {
        self.list.first()
    }

    /// A refusal that is not of an example or a total row, if there is one.
    pub(super) fn example(&self) -> String {
        self.list.example()
    }

    /// How many of the latest table break `rule`.
    pub(super) fn latest(&self, rule: &str) -> u64 {
        let counts = self.list.counts().into_iter();
        let of_rule = counts.filter(|(name, _)| name == rule).map(|(_, n)| n);
        let earlier = self.earlier.get(rule).copied().unwrap_or_default();
        of_rule.sum::<u64>() - earlier
    }

    /// How many of the latest table by rule, the most first.
    pub(super) fn rules(&self) -> String {
        let earlier = |rule: &str| self.earlier.get(rule).copied().unwrap_or_default();
        let counts = self.list.counts().into_iter();
        let counts = counts.map(|(rule, n)| (n - earlier(&rule), rule));
        let mut counts: Vec<(u64, String)> = counts.filter(|(n, _)| *n > 0).collect();
        counts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let counts = counts.iter().map(|(n, rule)| format!("{n} {rule}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Closes all files.
    pub(super) fn finish(self) -> Result<(PathBuf, Vec<Stored>), Error> {
        Ok((self.list.finish()?, self.shapes))
    }
}

/// Adds the findings of a table (sorted by place) to their list.
pub(super) fn add_findings(
    list: &mut RowList,
    reader: &Reader,
    found: &[Refused],
    names: &Names,
) -> Result<(), Error> {
    let (rules, kept) = (reader.findings(), KeptRows::new());
    for (source, found) in by_source(reader, found) {
        let asked = asked(reader, &rules, (names, &kept), source, found);
        look_up(&asked, Want::Id, |(entries, _)| list.write(&entries))?;
    }
    Ok(())
}

/// What there is to say of one row with a finding.
pub(super) fn message_of(reader: &Reader, found: Refused) -> Result<String, Error> {
    let (rules, names, kept) = (reader.findings(), Names::new(), KeptRows::new());
    let mut message = String::new();
    for (source, found) in by_source(reader, &[found]) {
        let asked = asked(reader, &rules, (&names, &kept), source, found);
        look_up(&asked, Want::Id, |(entries, _)| {
            message.extend(entries.into_iter().map(|entry| entry.message));
            Ok(())
        })?;
    }
    Ok(message)
}

/// The source headers a table is read from.
fn mapped(reader: &Reader, source: &Source) -> Vec<String> {
    let fields = reader.section(source).fields.iter();
    fields
        .flat_map(|field| convert::origin(field, source))
        .collect()
}

fn by_source<'a>(
    reader: &'a Reader,
    rows: &'a [Refused],
) -> impl Iterator<Item = (&'a Source, &'a [Refused])> {
    let mut rest = rows;
    reader
        .sources
        .iter()
        .enumerate()
        .map(move |(index, source)| {
            let (here, after) = rest.split_at(rest.partition_point(|(pos, _)| pos.file() <= index));
            rest = after;
            (source, here)
        })
}

/// Rows of one source, cut where its chunks are cut.
fn asked<'a>(
    reader: &'a Reader<'a>,
    rules: &'a [Check],
    (names, kept): (&'a Names, &'a KeptRows),
    source: &'a Source,
    rows: &'a [Refused],
) -> Vec<Asked<'a>> {
    let mut rest = rows;
    let mut asked = Vec::new();
    for &chunk in &source.chunks {
        let n = rest.partition_point(|(pos, _)| pos.row() < chunk.0 + chunk.1);
        let (here, after) = rest.split_at(n);
        rest = after;
        asked.extend(here.chunks(BATCH).map(|rows| Asked {
            reader,
            rules,
            names,
            kept,
            source,
            chunk,
            rows,
        }));
    }
    asked
}

/// Looks rows up, several chunks at a time, and hands them on in order.
fn look_up<'a>(
    asked: &[Asked<'a>],
    want: Want,
    mut each: impl FnMut(Found<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut written = Ok(());
    in_waves(
        asked.len(),
        |at| asked[at].find(want),
        |wave, _| {
            for found in wave {
                if written.is_ok() {
                    written = each(found);
                }
            }
        },
    )?;
    written
}

/// The refusals of one file on their way to disk, rows that are no records between the others.
struct OneFile<'a> {
    list: &'a mut RowList,
    shape: Writer,
    source: &'a Source,
    unread: &'a [Unread],
}

type Shaped<'a> = (Entry<'a>, Option<Vec<Option<String>>>);

impl<'a> OneFile<'a> {
    fn write(&mut self, (entries, cells): Found<'a>) -> Result<(), Error> {
        let last = entries.last().map_or(0, |entry| entry.line);
        let n = self.unread.partition_point(|row| row.line <= last);
        let (between, after) = self.unread.split_at(n);
        self.unread = after;
        let mut rows: Vec<Shaped<'a>> = entries
            .into_iter()
            .zip(cells.into_iter().map(Some))
            .collect();
        rows.extend(
            between
                .iter()
                .map(|row| (no_record(self.source, row), Some(self.shape.cells_of(row)))),
        );
        rows.sort_by_key(|(entry, _)| entry.line);
        self.put(rows)
    }

    fn put(&mut self, rows: Vec<Shaped<'a>>) -> Result<(), Error> {
        let (entries, cells): (Vec<Entry>, Vec<_>) = rows.into_iter().unzip();
        self.shape
            .write(&entries.iter().zip(cells).collect::<Vec<_>>())?;
        self.list.write(&entries)
    }

    fn finish(mut self) -> Result<Stored, Error> {
        for rows in self.unread.chunks(BATCH) {
            let rows = rows
                .iter()
                .map(|row| (no_record(self.source, row), Some(self.shape.cells_of(row))));
            self.put(rows.collect())?;
        }
        self.shape.finish()
    }
}

/// A row that is no record of its table.
fn no_record<'a>(source: &'a Source, row: &Unread) -> Entry<'a> {
    let (line, sentence) = (row.line, row.sentence(source.headers.len()));
    let message = format!(
        "{}, {} {line}: {sentence}",
        source.place(),
        source.line_word()
    );
    Entry {
        source: &source.shown,
        sheet: source.sheet.as_deref(),
        line,
        column: String::new(),
        value: Some(row.value.clone()),
        rule: row.rule(),
        message,
        object_id: None,
        more: Vec::new(),
        kept: None,
    }
}
