//! Labelled pairs: an object, the day it is seen from, and what a visit on or after that day found.
//!
//! A label counts only if its visit was known before the job's as-of day.

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataFrame, DataType, IntoLazy, JoinArgs, JoinType, LazyFrame, col, lit,
};

use super::params::{Each, ValidLabels};
use crate::registers::{day, seen_from, seen_schema};
use crate::units::{AsOf, Problem};

/// One labelled row, before its indicators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    object_key: u64,
    as_of: i32,
    visit_id: String,
    visit_on: i32,
    label: bool,
}

struct Visit {
    object_key: u64,
    day: i32,
    id: String,
    found: bool,
}

/// Checks that the labels' SQL fits the columns of the visits.
pub(super) fn check(labels: &ValidLabels, schema: &polars::prelude::Schema) -> Vec<Problem> {
    let seen = seen_schema(schema);
    let outcome = [
        ("outcome", Some(&labels.outcome)),
        ("filter", labels.filter.as_ref()),
    ];
    let broken = outcome.into_iter().filter_map(|(key, sql)| {
        let sql = sql?;
        Some(Problem::new(
            key,
            sql.text(),
            sql.check_boolean(&seen).err()?,
        ))
    });
    broken.collect()
}

/// Pairs of one partition, sorted by object, day and visit; visits of objects outside the register are passed over.
pub(super) fn pairs(
    labels: &ValidLabels,
    inspections: LazyFrame,
    objects: LazyFrame,
    as_of: AsOf,
) -> PolarsResult<Vec<Pair>> {
    let visits = visits(labels, inspections, objects, as_of)?;
    let mut pairs: Vec<Pair> = match labels.each {
        Each::Visit => visits
            .into_iter()
            .map(|visit| visit.seen_on(None))
            .collect(),
        Each::Cutoffs { every_days, n, cut } => {
            let first = if cut { every_days } else { labels.window_days };
            let days = (0..i32::try_from(n).unwrap_or(i32::MAX)).map(|back| {
                as_of
                    .0
                    .days()
                    .saturating_sub(first)
                    .saturating_sub(back.saturating_mul(every_days))
            });
            days.flat_map(|cutoff| first_visits(&visits, cutoff, labels.window_days))
                .collect()
        }
    };
    pairs.retain(|pair| labels.from.is_none_or(|from| pair.as_of >= from.days()));
    pairs.retain(|pair| labels.until.is_none_or(|until| pair.as_of < until.days()));
    pairs.sort_unstable();
    Ok(pairs)
}

impl Visit {
    fn seen_on(&self, cutoff: Option<i32>) -> Pair {
        Pair {
            object_key: self.object_key,
            as_of: cutoff.unwrap_or(self.day),
            visit_id: self.id.clone(),
            visit_on: self.day,
            label: self.found,
        }
    }
}

/// Qualifying visits sorted by object, day and id.
fn visits(
    labels: &ValidLabels,
    mut inspections: LazyFrame,
    objects: LazyFrame,
    as_of: AsOf,
) -> PolarsResult<Vec<Visit>> {
    let schema = inspections.collect_schema()?.as_ref().clone();
    let today = day(as_of.0);
    let known = col("known_on")
        .fill_null(col("inspected_on"))
        .lt(today.clone());
    let known = inspections.filter(known.and(col("inspected_on").lt(today.clone())));
    let mut seen = seen_from(known, &schema, today);
    if let Some(filter) = &labels.filter {
        seen = seen.filter(filter.expr().fill_null(lit(false)));
    }
    let visits = seen.select([
        col("object_key"),
        col("inspected_on").cast(DataType::Int32),
        col("visit_id"),
        labels.outcome.expr().alias("outcome"),
    ]);
    let keys = objects.select([col("object_key")]);
    let join = JoinArgs::new(JoinType::Semi);
    let frame = visits
        .join(keys, [col("object_key")], [col("object_key")], join)
        .collect()?;
    plain(&frame)
}

fn plain(frame: &DataFrame) -> PolarsResult<Vec<Visit>> {
    let (keys, days) = (
        frame.column("object_key")?.u64()?,
        frame.column("inspected_on")?.i32()?,
    );
    let (ids, outcomes) = (
        frame.column("visit_id")?.str()?,
        frame.column("outcome")?.bool()?,
    );
    let rows = keys
        .iter()
        .zip(days.iter())
        .zip(ids.iter().zip(outcomes.iter()));
    let visits = rows.filter_map(|((key, day), (id, found))| {
        Some(Visit {
            object_key: key?,
            day: day?,
            id: id?.to_owned(),
            found: found?,
        })
    });
    let mut visits: Vec<_> = visits.collect();
    visits.sort_unstable_by(|a, b| (a.object_key, a.day, &a.id).cmp(&(b.object_key, b.day, &b.id)));
    Ok(visits)
}

/// The first visit of every object in the window that starts at `cutoff`.
fn first_visits(visits: &[Visit], cutoff: i32, window_days: i32) -> Vec<Pair> {
    let window = cutoff..cutoff.saturating_add(window_days);
    let mut pairs: Vec<Pair> = Vec::new();
    for visit in visits.iter().filter(|visit| window.contains(&visit.day)) {
        if pairs
            .last()
            .is_none_or(|pair| pair.object_key != visit.object_key)
        {
            pairs.push(visit.seen_on(Some(cutoff)));
        }
    }
    pairs
}

/// Pairs as a frame with `object_key`, `as_of`, `label`, `visit_id`, the day of the visit and the row number `__row`.
pub(super) fn frame_of(pairs: &[Pair]) -> PolarsResult<DataFrame> {
    let days: Vec<_> = pairs.iter().map(|pair| pair.as_of).collect();
    let visits: Vec<_> = pairs.iter().map(|pair| pair.visit_on).collect();
    let columns = vec![
        Column::new(
            "object_key".into(),
            pairs.iter().map(|pair| pair.object_key).collect::<Vec<_>>(),
        ),
        Column::new("as_of".into(), days).cast(&DataType::Date)?,
        Column::new(
            "label".into(),
            pairs.iter().map(|pair| pair.label).collect::<Vec<_>>(),
        ),
        Column::new(
            "visit_id".into(),
            pairs
                .iter()
                .map(|pair| pair.visit_id.as_str())
                .collect::<Vec<_>>(),
        ),
        Column::new("visit_on".into(), visits).cast(&DataType::Date)?,
        Column::new("__row".into(), (0..pairs.len() as u64).collect::<Vec<_>>()),
    ];
    DataFrame::new(pairs.len(), columns)
}

/// Only what a join needs.
pub(super) fn keys_of(pairs: &DataFrame) -> PolarsResult<DataFrame> {
    pairs
        .clone()
        .lazy()
        .select([col("object_key"), col("as_of"), col("__row")])
        .collect()
}
