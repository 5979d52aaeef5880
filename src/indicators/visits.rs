//! Visits that can be labels: what each found, on which day, and from when on that is known.

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataFrame, DataType, Expr, JoinArgs, JoinType, LazyFrame, NULL, col, lit, when,
};

use super::params::ValidLabels;
use crate::registers::{RowSql, day, seen_from};
use crate::units::AsOf;

/// What is read of a visit beside its label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// SQL over a visit's columns: the probability with which it was drawn.
    pub(super) probability: Option<&'a RowSql>,
    /// Columns of visits that hold numbers.
    pub(super) numbers: &'a [String],
}

/// A visit that can be a label.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) object_key: u64,
    pub(super) day: i32,
    pub(super) visible: i32,
    pub(super) id: String,
    pub(super) found: bool,
    pub(super) inspector: Option<String>,
    pub(super) pi: Option<f64>,
    pub(super) numbers: Vec<Option<f64>>,
}

/// Label visits of a partition known before `as_of`, sorted by object, day and id.
pub(super) fn visits(
    labels: &ValidLabels,
    wanted: Wanted,
    mut inspections: LazyFrame,
    objects: LazyFrame,
    as_of: AsOf,
) -> PolarsResult<Vec<Visit>> {
    let schema = inspections.collect_schema()?.as_ref().clone();
    let today = day(as_of.0);
    let visible = later_of(
        col("inspected_on"),
        col("known_on").fill_null(col("inspected_on")),
    );
    let known = inspections.filter(visible.clone().lt(today.clone()));
    let mut seen = seen_from(known, &schema, today);
    if let Some(filter) = &labels.filter {
        seen = seen.filter(filter.expr().fill_null(lit(false)));
    }
    let has_inspectors = schema.contains("inspector_ids");
    let inspectors = has_inspectors.then(|| col("inspector_ids"));
    let pi = wanted.probability.map(RowSql::expr);
    let pi = pi.unwrap_or_else(|| lit(NULL)).cast(DataType::Float64);
    let columns = [
        col("object_key"),
        col("inspected_on").cast(DataType::Int32).alias("day"),
        visible.cast(DataType::Int32).alias("visible"),
        col("visit_id"),
        labels.outcome.expr().alias("outcome"),
        pi.alias("pi"),
    ];
    let numbers = wanted.numbers.iter().map(|name| number(name));
    let columns: Vec<Expr> = columns
        .into_iter()
        .chain(inspectors)
        .chain(numbers)
        .collect();
    let keys = objects.select([col("object_key")]);
    let on = [col("object_key")];
    let join = JoinArgs::new(JoinType::Semi);
    let frame = seen
        .select(columns)
        .join(keys, on.clone(), on, join)
        .collect()?;
    plain(&frame, has_inspectors, wanted.numbers)
}

/// The later of two days.
fn later_of(one: Expr, other: Expr) -> Expr {
    when(other.clone().gt(one.clone()))
        .then(other)
        .otherwise(one)
}

fn plain(frame: &DataFrame, has_inspectors: bool, numbers: &[String]) -> PolarsResult<Vec<Visit>> {
    let (keys, ids) = (
        frame.column("object_key")?.u64()?,
        frame.column("visit_id")?.str()?,
    );
    let (days, visible) = (frame.column("day")?.i32()?, frame.column("visible")?.i32()?);
    let (outcomes, pi) = (frame.column("outcome")?.bool()?, frame.column("pi")?.f64()?);
    let leads = if has_inspectors {
        leads(frame.column("inspector_ids")?)?
    } else {
        vec![None; frame.height()]
    };
    let numbers = read(frame, numbers)?;
    let visit = |(row, inspector): (usize, Option<String>)| {
        Some(Visit {
            object_key: keys.get(row)?,
            day: days.get(row)?,
            visible: visible.get(row)?,
            id: ids.get(row)?.to_owned(),
            found: outcomes.get(row)?,
            inspector,
            pi: pi.get(row),
            numbers: numbers.iter().map(|values| values[row]).collect(),
        })
    };
    let mut visits: Vec<Visit> = leads.into_iter().enumerate().filter_map(visit).collect();
    visits.sort_unstable_by(|a, b| (a.object_key, a.day, &a.id).cmp(&(b.object_key, b.day, &b.id)));
    Ok(visits)
}

/// The first text of every list.
fn leads(lists: &Column) -> PolarsResult<Vec<Option<String>>> {
    let first = |list: Option<polars::prelude::Series>| {
        let list = list?;
        list.str().ok()?.get(0).map(str::to_owned)
    };
    Ok(lists.list()?.series_iter().map(first).collect())
}

pub(super) fn named(column: &str) -> String {
    format!("visit:{column}")
}

/// A column of visits as it is carried.
fn number(column: &str) -> Expr {
    col(column).cast(DataType::Float64).alias(named(column))
}

/// Values of the carried columns; none where there is no finite number.
fn read(frame: &DataFrame, columns: &[String]) -> PolarsResult<Vec<Vec<Option<f64>>>> {
    let one = |name: &String| -> PolarsResult<Vec<Option<f64>>> {
        let values = frame.column(&named(name))?.f64()?.iter();
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        Ok(values.map(finite).collect())
    };
    columns.iter().map(one).collect()
}
