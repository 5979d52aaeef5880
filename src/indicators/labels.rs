//! Labelled pairs: an object, the day it is seen from, and what a visit on or after that day found.
//!
//! A label counts only if its visit was known before the job's as-of day.

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, DataType, IntoLazy, LazyFrame, col};

use super::params::{Each, ValidLabels};
use super::visits::{Visit, Wanted, visits};
use crate::registers::seen_schema;
use crate::units::{AsOf, Problem};

/// The day from which on a label may be learnt from; no indicator's name holds a colon.
pub(crate) const LABEL_VISIBLE: &str = "label:visible";
/// Who led the visit.
pub(crate) const LABEL_INSPECTOR: &str = "label:inspector";
/// The probability with which the visit was drawn.
pub(crate) const LABEL_PI: &str = "label:pi";

/// One labelled row, before its indicators.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    as_of: i32,
    visit: Visit,
}

/// Checks that the labels' SQL fits the columns of the visits.
pub(super) fn check(labels: &ValidLabels, schema: &polars::prelude::Schema) -> Vec<Problem> {
    let seen = seen_schema(schema);
    let probability = labels.probability.as_ref().and_then(|sql| {
        let rule = match sql.dtype(&seen) {
            Ok(dtype) if dtype.is_primitive_numeric() => return None,
            Ok(dtype) => format!("must be a number, not a value of type {dtype}"),
            Err(rule) => rule,
        };
        Some(Problem::new("probability", sql.text(), rule))
    });
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
    broken.chain(probability).collect()
}

/// Pairs of one partition, sorted by object, day and visit; visits of objects outside the register are passed over.
pub(super) fn pairs(
    labels: &ValidLabels,
    inspections: LazyFrame,
    objects: LazyFrame,
    as_of: AsOf,
) -> PolarsResult<Vec<Pair>> {
    let wanted = Wanted {
        probability: labels.probability.as_ref(),
        numbers: &[],
    };
    let visits = visits(labels, wanted, inspections, objects, as_of)?;
    let mut pairs: Vec<Pair> = match labels.each {
        Each::Visit => visits
            .into_iter()
            .map(|visit| seen_on(&visit, None))
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
    pairs.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
    Ok(pairs)
}

impl Pair {
    /// What rows are ordered by.
    fn place(&self) -> (u64, i32, &str, i32, bool) {
        let visit = &self.visit;
        (
            visit.object_key,
            self.as_of,
            &visit.id,
            visit.day,
            visit.found,
        )
    }
}

fn seen_on(visit: &Visit, cutoff: Option<i32>) -> Pair {
    Pair {
        as_of: cutoff.unwrap_or(visit.day),
        visit: visit.clone(),
    }
}

/// The first visit of every object in the window that starts at `cutoff`.
fn first_visits(visits: &[Visit], cutoff: i32, window_days: i32) -> Vec<Pair> {
    let window = cutoff..cutoff.saturating_add(window_days);
    let mut pairs: Vec<Pair> = Vec::new();
    for visit in visits.iter().filter(|visit| window.contains(&visit.day)) {
        if pairs
            .last()
            .is_none_or(|pair| pair.visit.object_key != visit.object_key)
        {
            pairs.push(seen_on(visit, Some(cutoff)));
        }
    }
    pairs
}

/// Pairs as a frame with `object_key`, `as_of`, `label`, `visit_id`, the day of the visit, what learning asks of it, and
/// the row number `__row`; probabilities where the labels ask for them.
pub(super) fn frame_of(labels: &ValidLabels, pairs: &[Pair]) -> PolarsResult<DataFrame> {
    let visits = || pairs.iter().map(|pair| &pair.visit);
    let days: Vec<i32> = pairs.iter().map(|pair| pair.as_of).collect();
    let keys: Vec<u64> = visits().map(|visit| visit.object_key).collect();
    let found: Vec<bool> = visits().map(|visit| visit.found).collect();
    let ids: Vec<&str> = visits().map(|visit| visit.id.as_str()).collect();
    let on: Vec<i32> = visits().map(|visit| visit.day).collect();
    let visible: Vec<i32> = visits().map(|visit| visit.visible).collect();
    let leads: Vec<Option<&str>> = visits().map(|visit| visit.inspector.as_deref()).collect();
    let pi: Vec<Option<f64>> = visits().map(|visit| visit.pi).collect();
    let mut columns = vec![
        Column::new("object_key".into(), keys),
        Column::new("as_of".into(), days).cast(&DataType::Date)?,
        Column::new("label".into(), found),
        Column::new("visit_id".into(), ids),
        Column::new("visit_on".into(), on).cast(&DataType::Date)?,
        Column::new(LABEL_VISIBLE.into(), visible),
        Column::new(LABEL_INSPECTOR.into(), leads),
        Column::new("__row".into(), (0..pairs.len() as u64).collect::<Vec<_>>()),
    ];
    if labels.probability.is_some() {
        columns.push(Column::new(LABEL_PI.into(), pi));
    }
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
