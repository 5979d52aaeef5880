//! Rows of many past days for models that are tried out: every object with a labelled visit in the window after a day,
//! seen from that day, with the days on which the visit was made and became known.
//!
//! A row says of itself from when on it may be learnt from. An object has more than one row for a day only where its first
//! visit in the window became known later than a following one: from each cut-off the first visit known by then is the
//! label, so that nothing known later can push a row out or in.

mod each;
mod rows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, DataType, LazyFrame, col};

use super::params::{ValidLabels, ValidParams};
use super::table::House;
use super::visits::{Visit, visits};
use super::{Error, Indicator, bound, check_labels, during};
use crate::ingest::Snapshot;
use crate::registers::{Registers, RowSql, part_path, save, seen_schema};
use crate::units::{AsOf, Day, Meter, Problem, in_waves};

pub use each::{EachVisit, VisitRows};
pub use rows::{PanelColumn, PanelRows};

const STEP: &str = "rows of past days";
const ID: &str = "object_id";

/// Which rows a panel has.
#[derive(Clone, Debug)]
pub struct PanelAsk {
    /// Days that rows are seen from.
    pub days: Vec<Day>,
    /// Days after such a day in which an object's first visit is its label.
    pub window_days: i32,
    /// Objects seen from a day without a label.
    pub given: Vec<(u64, Day)>,
    /// SQL over a visit's columns: the probability with which it was drawn; none where it was not drawn.
    pub(crate) probability: Option<RowSql>,
    /// Columns of objects that rows carry as text.
    pub carried: Vec<String>,
    /// Visits of which each is seen from its own day as well; none where no such rows are asked for.
    pub each: Option<EachVisit>,
}

/// Rows of past days on disk, one file per partition.
#[derive(Clone, Debug)]
pub struct Panel {
    dir: PathBuf,
    n_parts: usize,
    indicators: Vec<Indicator>,
    carried: Vec<String>,
    /// Columns of visits that rows of their own day carry.
    numbers: Vec<String>,
}

/// A row before its indicators: the visit's place, or none for an object that was asked for without a label.
struct Row {
    object_key: u64,
    as_of: i32,
    visit: Option<usize>,
    /// Whether it is the visit as seen from its own day.
    own: bool,
}

/// Computes the rows that `ask` wants and writes them to `work/panel`.
///
/// # Errors
/// [`Error::Settings`] names every entry, label or carried column that does not fit the snapshot's columns.
#[allow(
    clippy::too_many_arguments,
    reason = "the arguments of compute_labelled and what is asked"
)]
pub fn compute_panel(
    params: &ValidParams,
    labels: &ValidLabels,
    ask: &PanelAsk,
    registers: &Registers,
    snapshot: &Snapshot,
    as_of: AsOf,
    work: &Path,
    meter: &Meter,
) -> Result<Panel, Error> {
    let bound = bound(params, registers, snapshot, as_of)?;
    check_labels(labels, snapshot)?;
    check_ask(ask, registers, snapshot)?;
    let house = House {
        bound: &bound,
        registers,
        snapshot,
        as_of,
        meter,
    };
    let peers = house.peers(None)?;
    let id = std::iter::once(ID.to_owned());
    let carried: Vec<String> = id.chain(ask.carried.iter().cloned()).collect();
    let dir = work.join("panel");
    let n_parts = registers.n_parts();
    let one = |part: usize| -> Result<(), Error> {
        let objects = registers.objects_as_given(part)?;
        let inspections = snapshot.scan("inspections", part)?;
        let visits = visits(labels, ask.wanted(), inspections, objects.clone(), as_of)
            .map_err(during(STEP))?;
        let keys = keys_of(objects).map_err(during(STEP))?;
        let rows = rows(ask, &visits, &keys);
        let head = head_of(ask, &rows, &visits).map_err(during(STEP))?;
        let asked = asked_of(&rows).map_err(during(STEP))?;
        let mut frame = house.seen(part, &head, &asked, &carried, &peers)?;
        save(&mut frame, &part_path(&dir, part)).map_err(during(STEP))
    };
    in_waves(n_parts, one, |_, done| {
        meter.report(STEP, done, n_parts as u64);
    })?;
    Ok(Panel {
        dir,
        n_parts,
        indicators: bound.shown(),
        carried: ask.carried.clone(),
        numbers: ask.numbers().to_vec(),
    })
}

fn check_ask(ask: &PanelAsk, registers: &Registers, snapshot: &Snapshot) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut objects = registers.objects_as_given(0)?;
    let schema = objects.collect_schema().map_err(during(STEP))?;
    for column in &ask.carried {
        if schema.get(column).is_none_or(DataType::is_nested) {
            let rule = "must be a column of objects that holds one value";
            problems.push(Problem::new("subsets", column, rule));
        }
    }
    if let Some(sql) = &ask.probability {
        let schema = snapshot
            .scan("inspections", 0)?
            .collect_schema()
            .map_err(during(STEP))?;
        let rule = match sql.dtype(&seen_schema(&schema)) {
            Ok(dtype) if dtype.is_primitive_numeric() => None,
            Ok(dtype) => Some(format!("must be a number, not a value of type {dtype}")),
            Err(rule) => Some(rule),
        };
        let broken = rule.map(|rule| Problem::new("probability", sql.text(), rule));
        problems.extend(broken);
    }
    problems.extend(ask.problems(snapshot)?);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Settings(problems))
    }
}

fn keys_of(objects: LazyFrame) -> PolarsResult<Vec<u64>> {
    let frame = objects.select([col("object_key")]).collect()?;
    let mut keys: Vec<u64> = frame
        .column("object_key")?
        .u64()?
        .iter()
        .flatten()
        .collect();
    keys.sort_unstable();
    Ok(keys)
}

/// Rows by day, object and visit; those without a label last.
fn rows(ask: &PanelAsk, visits: &[Visit], keys: &[u64]) -> Vec<Row> {
    let mut days: Vec<i32> = ask.days.iter().map(|day| day.days()).collect();
    days.sort_unstable();
    days.dedup();
    let first = visits
        .iter()
        .map(|visit| visit.day)
        .min()
        .unwrap_or(i32::MAX);
    days.retain(|day| day.saturating_add(ask.window_days) > first);
    let mut rows: Vec<Row> = Vec::new();
    for as_of in days {
        let window = as_of..as_of.saturating_add(ask.window_days);
        let mut last: Option<(u64, i32)> = None;
        for (place, visit) in visits.iter().enumerate() {
            if !window.contains(&visit.day) {
                continue;
            }
            let earlier = last.filter(|(key, _)| *key == visit.object_key);
            if earlier.is_none_or(|(_, visible)| visit.visible < visible) {
                last = Some((visit.object_key, visit.visible));
                rows.push(Row {
                    object_key: visit.object_key,
                    as_of,
                    visit: Some(place),
                    own: false,
                });
            }
        }
    }
    let given = ask
        .given
        .iter()
        .filter(|(key, _)| keys.binary_search(key).is_ok());
    let given: BTreeSet<(u64, i32)> = given.map(|(key, day)| (*key, day.days())).collect();
    rows.extend(given.into_iter().map(|(object_key, as_of)| Row {
        object_key,
        as_of,
        visit: None,
        own: false,
    }));
    rows.extend(ask.own_rows(visits));
    rows
}

fn head_of(ask: &PanelAsk, rows: &[Row], visits: &[Visit]) -> PolarsResult<DataFrame> {
    let of = |row: &Row| row.visit.map(|place| &visits[place]);
    let mut columns = vec![
        Column::new(
            "object_key".into(),
            rows.iter().map(|row| row.object_key).collect::<Vec<_>>(),
        ),
        Column::new(
            "as_of".into(),
            rows.iter().map(|row| row.as_of).collect::<Vec<_>>(),
        ),
        Column::new(
            "visit_day".into(),
            rows.iter()
                .map(|row| of(row).map(|v| v.day))
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "visible".into(),
            rows.iter()
                .map(|row| of(row).map(|v| v.visible))
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "label".into(),
            rows.iter()
                .map(|row| of(row).map(|v| v.found))
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "inspector".into(),
            rows.iter()
                .map(|row| of(row).and_then(|v| v.inspector.as_deref()))
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "pi".into(),
            rows.iter()
                .map(|row| of(row).and_then(|v| v.pi))
                .collect::<Vec<_>>(),
        ),
    ];
    columns.extend(each::head(ask.numbers(), rows, visits));
    DataFrame::new(rows.len(), columns)
}

/// What the joins need: object, day and row number.
fn asked_of(rows: &[Row]) -> PolarsResult<DataFrame> {
    let days: Vec<i32> = rows.iter().map(|row| row.as_of).collect();
    let columns = vec![
        Column::new(
            "object_key".into(),
            rows.iter().map(|row| row.object_key).collect::<Vec<_>>(),
        ),
        Column::new("as_of".into(), days).cast(&DataType::Date)?,
        Column::new("__row".into(), (0..rows.len() as u64).collect::<Vec<_>>()),
    ];
    DataFrame::new(rows.len(), columns)
}

/// Name of a carried column in a panel, which no indicator can have.
pub(super) fn carried_name(column: &str) -> String {
    format!("object:{column}")
}
