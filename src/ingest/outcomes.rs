//! Reading with blinders: only the rows of wanted objects or listed visits are made, at the evaluate door.

mod list;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;
use rayon::prelude::*;

use super::checks::Check;
use super::error::Error;
use super::files::{Located, locate};
use super::gather::Reader;
use super::keys::Keys;
use super::params::ValidTable;
use super::snapshot::Snapshot;
use super::source::Source;
use crate::units::Day;

use list::listed_ids;
pub use list::{ValidVisits, VisitParams};

/// 检查结果 of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Key of the object.
    pub object_key: u64,
    /// Day of the visit, where the source has it.
    pub inspected_on: Option<Day>,
    /// Whether the visit took place.
    pub visited: bool,
    /// Whether a problem was found.
    pub found: bool,
    /// Severity, 0 where the source has none.
    pub severity: f64,
    /// Result codes.
    pub result_codes: Vec<String>,
}

/// One past visit of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Identity of the visit.
    pub visit_id: String,
    /// Key of the object.
    pub object_key: u64,
    /// Day of the visit.
    pub inspected_on: Day,
    /// First of the visit's inspectors, if recorded.
    pub inspector: Option<String>,
    /// Whether a problem was found.
    pub found: bool,
}

/// Outcomes of the `wanted` objects (keys in ascending order), sorted by key; an object without a row is left out.
///
/// # Errors
/// Unreadable files; a wanted object's row that breaks a rule; two rows for one wanted object.
pub fn read_outcomes(
    table: &ValidTable,
    wanted: &[u64],
    snapshot: &Snapshot,
    work: &Path,
) -> Result<Vec<Outcome>, Error> {
    let wanted = Arc::new(wanted.to_vec());
    let is_wanted = col("object_key").map(
        move |column| {
            let mask: BooleanChunked = column
                .as_materialized_series()
                .u64()?
                .iter()
                .map(|key| Some(key.is_some_and(|key| wanted.binary_search(&key).is_ok())))
                .collect();
            Ok(mask
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    );
    let mut outcomes = Vec::new();
    select(table, snapshot, work, "outcomes", &is_wanted, |rows| {
        outcomes_of(rows, &mut outcomes)
    })?;
    outcomes.sort_by_key(|outcome| outcome.object_key);
    match outcomes
        .windows(2)
        .find(|pair| pair[0].object_key == pair[1].object_key)
    {
        Some(_) => Err(Error::Row(format!(
            "\"{}\" has more than one row for a drawn object (object_id 重复)",
            table.path
        ))),
        None => Ok(outcomes),
    }
}

/// The inspections whose `visit_id` stands in `list`, sorted by day and id; rows on or after the as-of day included.
///
/// # Errors
/// Unreadable files; a filter that does not fit; listed visits that are absent, break a rule or have no result.
pub fn read_visits(
    inspections: &ValidTable,
    list: &ValidVisits,
    snapshot: &Snapshot,
    work: &Path,
) -> Result<Vec<Visit>, Error> {
    let ids = Arc::new(listed_ids(list, work)?);
    let wanted = ids.clone();
    let is_listed = col("visit_id").map(
        move |column| {
            let mask: BooleanChunked = column
                .as_materialized_series()
                .str()?
                .iter()
                .map(|id| Some(id.is_some_and(|id| wanted.contains(id))))
                .collect();
            Ok(mask
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    );
    let mut visits = BTreeMap::new();
    select(inspections, snapshot, work, "visits", &is_listed, |rows| {
        visits_of(rows, &mut visits)
    })?;
    let mut absent = ids.iter().filter(|id| !visits.contains_key(*id));
    if let Some(first) = absent.next() {
        return Err(Error::VisitsAbsent {
            n: 1 + absent.count(),
            listed: ids.len(),
            list: list.params.path.clone(),
            file: inspections.path.clone(),
            first: first.clone(),
        });
    }
    let mut visits: Vec<Visit> = visits.into_values().collect();
    visits.sort_by(|left, right| {
        (left.inspected_on, &left.visit_id).cmp(&(right.inspected_on, &right.visit_id))
    });
    Ok(visits)
}

/// A folder for decoded text, gone when it is no longer needed.
struct Spool(std::path::PathBuf);

impl Spool {
    fn create(work: &Path, name: &str) -> Result<Self, Error> {
        let folder = work.join(format!("spool-{name}"));
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        Ok(Self(folder))
    }

    fn file(&self, index: usize) -> std::path::PathBuf {
        self.0.join(format!("source-{index:05}.parquet"))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads the rows `keep` selects, refusing none: a wanted row that breaks a rule stops the reading.
fn select(
    table: &ValidTable,
    snapshot: &Snapshot,
    work: &Path,
    name: &str,
    keep: &Expr,
    mut take: impl FnMut(&Rows) -> Result<(), Error>,
) -> Result<(), Error> {
    let spool = Spool::create(work, name)?;
    let files: Vec<Located> = locate(table)?;
    let keys: Keys = snapshot.keys();
    let reader = Reader::open(table, &files, snapshot.as_of(), keys, &spool.0)?;
    let rules = reader.rules();
    for source in &reader.sources {
        if let Some(row) = source.unread.iter().find(|row| row.may_be_record()) {
            return Err(Error::Row(format!(
                "{}, {} {}: {}",
                source.place(),
                source.line_word(),
                row.line,
                row.sentence(source.headers.len())
            )));
        }
    }
    let chunks = reader
        .sources
        .iter()
        .flat_map(|source| source.chunks.iter().map(move |&chunk| (source, chunk)));
    let chunks: Vec<_> = chunks.collect();
    for wave in chunks.chunks(rayon::current_num_threads()) {
        let frames = wave
            .par_iter()
            .map(|&(source, chunk)| reader.selected(source, chunk, keep));
        let frames: Vec<Result<DataFrame, Error>> = frames.collect();
        for (frame, (source, _)) in frames.into_iter().zip(wave) {
            let rows = Rows {
                frame: frame?,
                source,
                rules: &rules,
            };
            rows.unbroken()?;
            take(&rows)?;
        }
    }
    Ok(())
}

/// Selected rows of one chunk, with the columns of the table and `__code`.
struct Rows<'a> {
    frame: DataFrame,
    source: &'a Source,
    rules: &'a [Check],
}

impl Rows<'_> {
    fn column(&self, name: &str) -> Result<Option<&Series>, Error> {
        match self.frame.get_column_index(name) {
            Some(_) => Ok(Some(
                self.frame
                    .column(name)
                    .map_err(Error::engine("read selected rows"))?
                    .as_materialized_series(),
            )),
            None => Ok(None),
        }
    }

    fn unbroken(&self) -> Result<(), Error> {
        let Some(codes) = self.column(super::gather::CODE)? else {
            return Ok(());
        };
        let codes = codes.i32().map_err(Error::engine("read selected rows"))?;
        let broken = codes
            .iter()
            .flatten()
            .find(|code| *code > 0)
            .and_then(|code| usize::try_from(code - 1).ok());
        match broken.map(|rule| &self.rules[rule]) {
            Some(check) => Err(Error::Row(format!(
                "\"{}\": a row that is needed breaks the rule {} in column {}: a value {}",
                self.source.shown, check.rule, check.column, check.sentence
            ))),
            None => Ok(()),
        }
    }

    fn keys(&self) -> Result<Vec<u64>, Error> {
        let keys = self
            .column("object_key")?
            .and_then(|keys| keys.u64().ok().cloned());
        Ok(keys.map_or_else(Vec::new, |keys| {
            keys.iter().map(Option::unwrap_or_default).collect()
        }))
    }

    fn flags(&self, name: &str) -> Result<Vec<Option<bool>>, Error> {
        let flags = self
            .column(name)?
            .and_then(|flags| flags.bool().ok().cloned());
        Ok(flags.map_or_else(
            || vec![None; self.frame.height()],
            |flags| flags.iter().collect(),
        ))
    }

    fn lists(&self, name: &str) -> Result<Vec<Vec<String>>, Error> {
        let Some(lists) = self
            .column(name)?
            .and_then(|lists| lists.list().ok().cloned())
        else {
            return Ok(vec![Vec::new(); self.frame.height()]);
        };
        let texts = |list: Option<Series>| {
            let texts = list.and_then(|list| list.str().ok().cloned());
            texts.map_or_else(Vec::new, |texts| {
                texts.iter().flatten().map(str::to_owned).collect()
            })
        };
        Ok(lists.series_iter().map(texts).collect())
    }

    fn days(&self, name: &str) -> Result<Vec<Option<Day>>, Error> {
        let days = self
            .column(name)?
            .and_then(|days| days.cast(&DataType::Int32).ok());
        let days = days.and_then(|days| days.i32().ok().cloned());
        Ok(days.map_or_else(
            || vec![None; self.frame.height()],
            |days| days.iter().map(|day| day.map(Day::from_days)).collect(),
        ))
    }

    fn severities(&self) -> Result<Vec<f64>, Error> {
        let found = self
            .column("severity")?
            .and_then(|values| values.f64().ok().cloned());
        Ok(found.map_or_else(
            || vec![0.0; self.frame.height()],
            |values| values.iter().map(Option::unwrap_or_default).collect(),
        ))
    }
}

fn outcomes_of(rows: &Rows, outcomes: &mut Vec<Outcome>) -> Result<(), Error> {
    let (visited, found) = (rows.flags("visited")?, rows.flags("found")?);
    let (severity, codes) = (rows.severities()?, rows.lists("result_codes")?);
    let days = rows.days("inspected_on")?;
    for (row, object_key) in rows.keys()?.into_iter().enumerate() {
        outcomes.push(Outcome {
            object_key,
            inspected_on: days[row],
            visited: visited[row].unwrap_or(true),
            found: found[row].unwrap_or(false),
            severity: severity[row],
            result_codes: codes[row].clone(),
        });
    }
    Ok(())
}

fn visits_of(rows: &Rows, visits: &mut BTreeMap<String, Visit>) -> Result<(), Error> {
    let failed = || Error::engine("read selected rows");
    let ids = rows
        .frame
        .column("visit_id")
        .and_then(|ids| ids.str().cloned())
        .map_err(failed())?;
    let days = rows
        .frame
        .column("inspected_on")
        .and_then(|days| days.cast(&DataType::Int32))
        .map_err(failed())?;
    let days = days.i32().map_err(failed())?;
    let (found, inspectors) = (rows.flags("found")?, rows.lists("inspector_ids")?);
    for (row, object_key) in rows.keys()?.into_iter().enumerate() {
        let visit_id = ids.get(row).unwrap_or_default().to_owned();
        let Some(found) = found[row] else {
            return Err(Error::Row(format!(
                "\"{}\": visit \"{visit_id}\" is listed but has no result (found 是否发现问题)",
                rows.source.shown
            )));
        };
        let inspected_on = Day::from_days(days.get(row).unwrap_or_default());
        let visit = Visit {
            visit_id: visit_id.clone(),
            object_key,
            inspected_on,
            inspector: inspectors[row].first().cloned(),
            found,
        };
        if visits.insert(visit_id.clone(), visit).is_some() {
            return Err(Error::Row(format!(
                "\"{}\": visit \"{visit_id}\" stands in more than one row (重复)",
                rows.source.shown
            )));
        }
    }
    Ok(())
}
