//! Files to a snapshot: decode, map, check; every refused row is kept with its reason.
//!
//! Law: a row is accepted, refused with file, line, column, value and rule, or known only on or after the as-of day and
//! set aside; the three add up to the rows read. Nothing depends on row order, partitions or threads.
//!
//! - A row whose id is another identifier of an object that stands in its own row is refused as `object-alias`; facts that
//!   name such an identifier belong to the object.
//! - A cell that cannot be read refuses its row, or is read as empty and found, as its column declares.
//! - One refusal per row: the first broken rule in the order of the canonical columns, then `object-unknown`, then duplicates.
//! - Of rows with one id, the one is kept that comes first when they are sorted by all their columns (nulls last).
//!   Rows set aside and rows of unknown objects take no part in that.
//! - `ended_on`, `closed_on` and `published_on` on or after the as-of day become null: on that day the record is still open. A
//!   `follow_up`, which has no day of its own, goes with its `closed_on`.
//! - A day may carry a time of day, which is dropped; instants with a time zone become days of UTC+8.
//!
#![doc = include_str!("DESIGN.md")]

mod account;
mod across;
mod aliases;
mod alike;
mod amounts;
mod cells;
mod checks;
mod clean;
mod coded;
mod combine;
mod convert;
mod decode;
mod desk;
mod error;
mod files;
mod findings;
mod floats;
mod gather;
mod headings;
mod identity;
mod keys;
mod lists;
mod looks;
mod lookup;
mod mapping;
mod marks;
mod memo;
mod moments;
mod order;
mod outcomes;
mod params;
mod parts;
mod past_draws;
mod past_visits;
mod reading;
mod refusals;
mod results;
mod revisits;
mod row_list;
mod scalar;
mod sections;
mod settle;
mod several;
mod shape;
mod shapes;
mod snapshot;
mod source;
mod spool;
mod stopped;
mod tables;
mod texts;
mod told;
mod vocabulary;
mod words;

use std::fs;
use std::path::Path;

use crate::units::{AsOf, Day, Meter};
use desk::Desk;
use files::{Located, digests, locate};
use keys::Keys;
use refusals::Refusals;
use row_list::{Kind, RowList};

pub use account::{Looked, list_inputs, table_inputs};
pub use cells::empties_a_cell;
pub use decode::Encoding;
pub use error::Error;
pub use files::{InputFile, inputs};
pub use looks::{Look, looks};
pub use outcomes::{Outcome, ValidVisits, Visit, VisitParams, read_outcomes, read_visits};
pub use params::{Extra, Format, Params, TableParams, ValidParams, ValidTable, WithoutCode};
pub use past_draws::{DrawVisit, PastDraw, PastDraws, PastEvent};
pub use past_visits::{PastVisit, SAID_OF_VISITS};
pub use reading::{Combined, Headers};
pub(crate) use results::{CLEAN_CODES, HIT_CODES, UNREACHABLE_CODES, VOID_CODES};
pub use results::{HitCodes, Meaning, ResultForm};
pub use scalar::Unit;
pub use sections::Sections;
pub use shapes::{Fault, Kept, RefusedRow, RefusedShape};
pub use snapshot::{Snapshot, TableCounts};
pub use source::headers;
pub use stopped::Stopped;
pub use tables::{
    Column, ColumnType, Consequence, OUTCOME_TABLE, Presence, TABLES, Table, guess, guess_in,
    names_a_person, nearest, specificity, table,
};
pub use texts::{TextRow, TextTable, UnreadRow, read_texts};
pub use vocabulary::{FOLLOW_UPS, NONE_NEEDED, PENDING};
pub use words::{Proposal, Word, columns_with_words, propose as propose_words};

/// The day a text says, in every form a register writes days; none where it says none.
pub(crate) fn day_of(text: &str) -> Option<Day> {
    scalar::day(text).map(Day::from_days)
}

/// Reads all tables of a job into `work/snapshot`, cut at `as_of`, with `partitions` files per bulk table.
/// Refused rows go to `work/refused.parquet` and `work/refused.csv`, findings on accepted ones to `work/findings.*`.
///
/// # Errors
/// Files that cannot be read as the tables the job says they are; a register without a usable row.
pub fn read(
    params: &ValidParams,
    as_of: AsOf,
    partitions: usize,
    work: &Path,
    meter: &Meter,
) -> Result<Snapshot, Error> {
    read_with(params, as_of, partitions, work, meter, Keys::sha256())
}

fn read_with(
    params: &ValidParams,
    as_of: AsOf,
    partitions: usize,
    work: &Path,
    meter: &Meter,
    keys: Keys,
) -> Result<Snapshot, Error> {
    let spool = work.join("spool");
    fresh_folder(&spool)?;
    fresh_folder(&work.join("snapshot"))?;
    let located: Vec<Vec<Located>> = params.tables.iter().map(locate).collect::<Result<_, _>>()?;
    let inputs = digests(&located.concat())?;
    let mut desk = Desk {
        as_of,
        n_parts: partitions.max(1),
        spool,
        work,
        meter,
        keys,
        refusals: Refusals::create(work)?,
        findings: RowList::create(work, Kind::Findings)?,
        tables: Vec::new(),
        counts: Vec::new(),
        undated: Vec::new(),
        unsaid: Vec::new(),
        said: Vec::new(),
        told: Vec::new(),
        words: Vec::new(),
        choices: Vec::new(),
        decoded: Vec::new(),
        stops: Vec::new(),
    };
    let all_read = params
        .tables
        .iter()
        .zip(&located)
        .try_for_each(|(table, files)| desk.read_table(table, files));
    let (refused, shapes) = desk.refusals.finish()?; // also when reading stops: it shows why
    let finding_counts = desk.findings.counts();
    let findings = desk.findings.finish()?;
    all_read?;
    if !desk.stops.is_empty() {
        return Err(Error::Stopped(Box::new(Stopped {
            problems: desk.stops,
            refused,
            shapes,
        })));
    }
    fs::remove_dir_all(&desk.spool).map_err(Error::io(&desk.spool))?;
    Ok(Snapshot {
        n_parts: desk.n_parts,
        as_of,
        tables: desk.tables,
        counts: desk.counts,
        inputs,
        refused,
        shapes,
        findings,
        finding_counts,
        undated: desk.undated,
        unsaid: desk.unsaid,
        said: desk.said,
        told: desk.told,
        words: desk.words,
        choices: desk.choices,
        decoded: desk.decoded,
        moved: desk.keys.moved,
        aliases: desk.keys.aliases,
    })
}

fn fresh_folder(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io(folder))?;
    }
    fs::create_dir_all(folder).map_err(Error::io(folder))
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::{Keys, Params, read_with};
    use crate::units::{AsOf, Meter, ObjectKey};

    /// Every id that starts with `C` has the key 7.
    fn crowded() -> Keys {
        let first = |id: &str| {
            if id.starts_with('C') {
                7
            } else {
                ObjectKey::of(id).0
            }
        };
        Keys {
            first,
            ..Keys::sha256()
        }
    }

    fn keys_of(frame: &LazyFrame, column: &str) -> Vec<(String, u64)> {
        let frame = frame.clone().collect().unwrap();
        let (texts, keys) = (
            frame.column(column).unwrap().str().unwrap(),
            frame.column("object_key").unwrap().u64().unwrap(),
        );
        texts
            .iter()
            .zip(keys.iter())
            .map(|(text, key)| (text.unwrap().to_owned(), key.unwrap()))
            .collect()
    }

    #[test]
    fn of_two_ids_with_one_key_the_later_takes_its_second_key_and_its_facts_follow() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("o.csv"), "object_id\nC2\nA1\nC1\nC3\nC2\n").unwrap();
        std::fs::write(path("i.csv"), "visit_id,object_id,inspected_on\nv1,C1,2024-01-01\nv2,C2,2024-01-01\nv3,C3,2024-01-01\n").unwrap();
        let toml = "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'"
            .replace("DIR", &folder.path().display().to_string());
        let params: Params = toml::from_str(&toml).unwrap();
        for partitions in [1, 3] {
            let as_of = AsOf("2025-01-01".parse().unwrap());
            let snapshot = read_with(
                &params.check().unwrap(),
                as_of,
                partitions,
                folder.path(),
                &Meter::silent(),
                crowded(),
            )
            .unwrap();
            let all = |table: &str, column: &str| {
                let mut all: Vec<_> = (0..partitions)
                    .flat_map(|part| keys_of(&snapshot.scan(table, part).unwrap(), column))
                    .collect();
                all.sort();
                all
            };
            let second = |id: &str| ObjectKey::second(id).0;
            let key = |id: &str, key: u64| (id.to_owned(), key);
            assert_eq!(
                all("objects", "object_id"),
                [
                    key("A1", ObjectKey::of("A1").0),
                    key("C1", 7),
                    key("C2", second("C2")),
                    key("C3", second("C3"))
                ]
            );
            assert_eq!(
                all("inspections", "visit_id"),
                [
                    key("v1", 7),
                    key("v2", second("C2")),
                    key("v3", second("C3"))
                ]
            );
            assert_eq!(
                snapshot
                    .second_keys()
                    .iter()
                    .map(|(id, _)| id.as_str())
                    .collect::<Vec<_>>(),
                ["C2", "C3"]
            );
            assert_eq!(
                (snapshot.counts()[0].accepted, snapshot.counts()[0].refused),
                (4, 1)
            );
            let misplaced = (0..partitions).any(|part| {
                keys_of(&snapshot.scan("objects", part).unwrap(), "object_id")
                    .iter()
                    .any(|(_, key)| key % partitions as u64 != part as u64)
            });
            assert!(!misplaced);
        }
    }
}
