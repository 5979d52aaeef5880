//! The tables on their way into the snapshot, one after the other, with what there is to say of each.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cells::{self, Emptied};
use super::error::Error;
use super::files::Located;
use super::fresh_folder;
use super::gather::{Pos, Reader, Refused};
use super::keys::Keys;
use super::params::ValidTable;
use super::past_visits::SAID_OF_VISITS;
use super::refusals::{self, Refusals, add_findings};
use super::row_list::RowList;
use super::settle::{Settled, part_path, scan_part, second_keys, settle_facts, settle_unique};
use super::snapshot::{Stored, TableCounts};
use super::source::Source;
use super::tables::{Presence, Table};
use super::told::Told;
use super::words::{self, Word, columns_with_words};
use super::{lookup, shape};
use crate::units::{AsOf, Meter};

/// A table of so few rows may be refused to any share: nothing can be read from the share.
const FEW_ROWS: u64 = 100;

/// The tables on their way into the snapshot.
pub(super) struct Desk<'a> {
    pub(super) as_of: AsOf,
    pub(super) n_parts: usize,
    pub(super) spool: PathBuf,
    pub(super) work: &'a Path,
    pub(super) meter: &'a Meter,
    pub(super) keys: Keys,
    pub(super) refusals: Refusals,
    pub(super) findings: RowList,
    pub(super) tables: Vec<Stored>,
    pub(super) counts: Vec<TableCounts>,
    pub(super) undated: Vec<String>,
    pub(super) unsaid: Vec<&'static str>,
    pub(super) said: Vec<String>,
    pub(super) told: Vec<String>,
    pub(super) words: Vec<Word>,
    pub(super) choices: Vec<String>,
    pub(super) decoded: Vec<String>,
    /// Tables of which too many rows are refused.
    pub(super) stops: Vec<Error>,
}

impl Desk<'_> {
    pub(super) fn read_table(
        &mut self,
        valid: &ValidTable,
        files: &[Located],
    ) -> Result<(), Error> {
        let table = valid.table;
        let reader = Reader::open(valid, files, self.as_of, self.keys.clone(), &self.spool)?;
        if table.name == "objects" && reader.rows() == 0 {
            let key = format!("{}.path", valid.key);
            return Err(Error::NoRows {
                key,
                path: valid.path.clone(),
                table: table.name,
                header: table.header,
            });
        }
        self.undated.extend(reader.undated());
        if table.name == "inspections" {
            let unsaid = SAID_OF_VISITS.iter().copied();
            self.unsaid
                .extend(unsaid.filter(|column| reader.without(column).next().is_some()));
        }
        self.tell_headers(&reader)?;
        self.tell_defaults(&reader);
        let notes = reader.sources.iter().flat_map(|source| &source.notes);
        self.decoded.extend(notes.cloned());
        let unread = reader.sources.iter().flat_map(|source| &source.unread);
        let n_furniture = unread.filter(|row| row.is_furniture()).count() as u64;
        let gathered = reader.gather(self.n_parts, &self.spool, self.meter)?;
        self.said.extend(reader.notes()?);
        let folder = self.work.join("snapshot").join(table.name);
        let settled = if table.is_fact() {
            settle_facts(
                &reader,
                &gathered,
                &self.tables[0].paths,
                &folder,
                self.meter,
            )?
        } else {
            let unique = settle_unique(&reader, &gathered, &self.keys, &folder, self.meter)?;
            if table.name == "objects" {
                self.keys.moved = Arc::new(second_keys(&unique.moved));
                self.keys.aliases = Arc::new(unique.aliases);
            }
            unique.settled
        };
        let found = self.list_findings(&reader, gathered.found, &settled)?;
        let emptied = cells::emptied(&reader.findings(), &found);
        let n_refused = self.list_refusals(&reader, gathered.refused, &settled)?;
        let counts = TableCounts {
            table: table.name.to_owned(),
            read: reader.rows(),
            accepted: settled.accepted,
            refused: n_refused,
            later: gathered.later,
        };
        self.counts.push(counts.checked()?);
        self.store(table, gathered.parts.len(), &folder);
        self.count_words(&reader)?;
        let stop = match self.too_few_accepted(valid, n_furniture) {
            None => self.too_few_read(&reader, &emptied)?,
            stop => stop,
        };
        self.stops.extend(stop);
        self.clear_spool()
    }

    /// Which words of the table that was stored last are in no vocabulary.
    fn count_words(&mut self, reader: &Reader) -> Result<(), Error> {
        let (valid, found) = (reader.table, self.findings.counts());
        let mut counts = words::Counts::default();
        let given = columns_with_words(valid.table.name).filter(|name| reader.reads(name));
        for column in given.filter(|name| words::is_worth(valid.table, name, &found)) {
            for path in &self.tables[self.tables.len() - 1].paths {
                counts.add_part(valid, column, scan_part(path)?)?;
            }
        }
        self.words.extend(counts.words(valid));
        Ok(())
    }

    /// Which columns nobody gives although something is decided by them.
    fn tell_defaults(&mut self, reader: &Reader) {
        let table = reader.table.table;
        let absent = table
            .columns
            .iter()
            .filter(|column| !reader.is_given(column.name));
        self.said.extend(absent.filter_map(|column| {
            let Presence::WhenAbsent(text) = column.presence else {
                return None;
            };
            Some(format!(
                "{}: no header says {} ({}), so every row counts as \"{text}\"",
                table.name, column.name, column.header
            ))
        }));
    }

    /// Which headers were recognised, and which are not used.
    fn tell_headers(&mut self, reader: &Reader) -> Result<(), Error> {
        for section in reader.table.sections() {
            let mut told = Told::of(section);
            let own = |source: &&Source| source.section == section.section;
            for source in reader.sources.iter().filter(own) {
                let cells = shape::sample(source, &source.mapping.unmapped)?;
                told.add(&source.mapping, &cells);
            }
            self.told.extend(told.lines());
            self.choices.extend(told.notes());
        }
        Ok(())
    }

    /// Writes findings; a row that was refused across rows has none.
    fn list_findings(
        &mut self,
        reader: &Reader,
        mut found: Vec<Refused>,
        settled: &Settled,
    ) -> Result<Vec<Refused>, Error> {
        let gone: HashSet<Pos> = settled.refused.iter().map(|(pos, _)| *pos).collect();
        found.extend(&settled.found);
        found.retain(|(pos, _)| !gone.contains(pos));
        found.sort_unstable();
        add_findings(&mut self.findings, reader, &found, &settled.found_names)?;
        Ok(found)
    }

    fn list_refusals(
        &mut self,
        reader: &Reader,
        mut refused: Vec<Refused>,
        settled: &Settled,
    ) -> Result<u64, Error> {
        refused.extend(&settled.refused);
        refused.sort_unstable();
        let kept = lookup::kept_rows(reader, &settled.kept)?;
        self.refusals
            .add(reader, &refused, &settled.refused_names, &kept)
    }

    fn store(&mut self, table: &'static Table, n_parts: usize, folder: &Path) {
        let paths: Vec<PathBuf> = (0..n_parts)
            .map(|part| part_path(folder, table.bulk, part))
            .collect();
        self.tables.push(Stored {
            name: table.name,
            paths,
        });
    }

    fn clear_spool(&self) -> Result<(), Error> {
        fresh_folder(&self.spool)
    }

    /// A register of which nothing is left stops the job, and so does a table of which too much is refused.
    /// Example rows and footers, `n_furniture` of them, are no sign of a wrong mapping, nor are records of objects that are
    /// unknown because the register itself is.
    fn too_few_accepted(&self, valid: &ValidTable, n_furniture: u64) -> Option<Error> {
        let counts = &self.counts[self.counts.len() - 1];
        let (table, header) = (valid.table.name, valid.table.header);
        if table == "objects" && counts.accepted == 0 {
            return Some(Error::NothingAccepted {
                table,
                header,
                n: counts.read,
                first: self.refusals.first(),
            });
        }
        let is_known = self.stops.iter().all(|stop| !stop.is_of("objects"));
        let n_unknown = if is_known {
            0
        } else {
            self.refusals.latest("object-unknown")
        };
        #[allow(clippy::cast_precision_loss, reason = "rows of a table lie below 2^53")]
        let share = counts.refused.saturating_sub(n_furniture + n_unknown) as f64
            / counts.read.max(1) as f64;
        if counts.read <= FEW_ROWS || share <= valid.refused_share_max {
            return None;
        }
        Some(Error::TooManyRefused {
            key: format!("{}.refused_share_max", valid.key),
            limit: valid.refused_share_max,
            table,
            header,
            refused: counts.refused,
            read: counts.read,
            rules: self.refusals.rules(),
            example: self.refusals.example(),
        })
    }

    /// A column of which too many cells cannot be read stops the job.
    fn too_few_read(&self, reader: &Reader, emptied: &[Emptied]) -> Result<Option<Error>, Error> {
        let valid = reader.table;
        let (table, limit) = (valid.table, valid.unread_share_max);
        let stored = &self.tables[self.tables.len() - 1];
        let Some((cells, filled)) = cells::too_many(emptied, &stored.paths, limit)? else {
            return Ok(None);
        };
        let field = valid.field(&cells.column);
        Ok(Some(Error::TooManyUnread {
            key: format!("{}.unread_share_max", valid.key),
            limit,
            table: table.name,
            header: table.header,
            column: cells.column.clone(),
            column_header: field.map_or("", |field| field.header),
            mapping: field.map_or_else(String::new, |field| field.key.clone()),
            unread: cells.n,
            filled,
            share: cells::share(cells.n, filled),
            example: refusals::message_of(reader, cells.first)?,
        }))
    }
}
