//! Past visits of a span of days as plain rows: whom, under which item, by how many inspectors, and what became of the result.

use std::collections::BTreeSet;

use polars::prelude::{Column, DataFrame, DataType, Expr, PolarsResult, col, lit};

use super::error::Error;
use super::snapshot::Snapshot;
use crate::units::Day;

/// One past visit, as far as it was known before the as-of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVisit {
    /// Key of the object.
    pub object_key: u64,
    /// 抽查事项; empty where the record names none.
    pub item_id: String,
    /// Day of the visit.
    pub inspected_on: Day,
    /// Day the result was entered, or published where the source has no other day (录入日期).
    pub known_on: Day,
    /// Day the result was published (公示日期), if that was before the as-of day.
    pub published_on: Option<Day>,
    /// 后续处置, one of [`super::FOLLOW_UPS`].
    pub follow_up: Option<String>,
    /// Day the follow-up was closed (处置办结日期), if that was before the as-of day.
    pub closed_on: Option<Day>,
    /// Whether the object was met.
    pub visited: bool,
    /// Whether a problem was found, where the record says it.
    pub found: Option<bool>,
    /// Inspectors named; 0 where none is.
    pub n_inspectors: u32,
    /// Whether a random draw caused the visit.
    pub by_draw: bool,
}

/// Columns of visits of which a source may say nothing at all: an indicator that needs one has no data then.
pub const SAID_OF_VISITS: [&str; 4] = ["known_on", "published_on", "follow_up", "closed_on"];

impl Snapshot {
    /// The visits of partition `part` made from `from` on and before the as-of day, in the order of object, day, item.
    /// All visits of an object lie in one partition. Empty where the job reads no inspections.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn past_visits(&self, part: usize, from: Day) -> Result<Vec<PastVisit>, Error> {
        if !self.has("inspections") {
            return Ok(Vec::new());
        }
        let day = |day: Day| lit(day.days()).cast(DataType::Date);
        let made = col("inspected_on")
            .gt_eq(day(from))
            .and(col("inspected_on").lt(day(self.as_of().0)));
        let rows = self
            .scan("inspections", part)?
            .filter(made)
            .select(columns())
            .collect()
            .map_err(Error::engine("read past visits"))?;
        let mut visits = plain(&rows).map_err(Error::engine("read past visits"))?;
        visits.sort_by(|a, b| {
            let key = |visit: &PastVisit| (visit.object_key, visit.inspected_on, visit.known_on);
            (key(a), &a.item_id, a.by_draw).cmp(&(key(b), &b.item_id, b.by_draw))
        });
        Ok(visits)
    }

    /// Which of [`SAID_OF_VISITS`] every source of past visits has.
    #[must_use]
    pub fn said_of_visits(&self) -> BTreeSet<&'static str> {
        let said = |column: &&'static str| self.has("inspections") && !self.unsaid.contains(column);
        SAID_OF_VISITS.into_iter().filter(said).collect()
    }
}

fn columns() -> [Expr; 11] {
    let days = |name: &str| col(name).cast(DataType::Int32);
    [
        col("object_key"),
        col("item_id").fill_null(lit("")),
        days("inspected_on"),
        days("known_on").fill_null(days("inspected_on")),
        col("visited").fill_null(lit(true)),
        col("found"),
        col("inspector_ids")
            .list()
            .len()
            .cast(DataType::UInt32)
            .fill_null(lit(0))
            .alias("n_inspectors"),
        col("channel")
            .eq(lit("draw"))
            .fill_null(lit(false))
            .alias("by_draw"),
        days("published_on"),
        col("follow_up"),
        days("closed_on"),
    ]
}

fn plain(rows: &DataFrame) -> PolarsResult<Vec<PastVisit>> {
    let column = |name: &str| rows.column(name).map(Column::as_materialized_series);
    let (keys, items) = (column("object_key")?.u64()?, column("item_id")?.str()?);
    let (inspected, known) = (column("inspected_on")?.i32()?, column("known_on")?.i32()?);
    let (visited, found) = (column("visited")?.bool()?, column("found")?.bool()?);
    let teams = column("n_inspectors")?.u32()?;
    let by_draw = column("by_draw")?.bool()?;
    let (published, closed) = (column("published_on")?.i32()?, column("closed_on")?.i32()?);
    let follow_ups = column("follow_up")?.str()?;
    let row = |at: usize| {
        Some(PastVisit {
            object_key: keys.get(at)?,
            item_id: items.get(at)?.to_owned(),
            inspected_on: Day::from_days(inspected.get(at)?),
            known_on: Day::from_days(known.get(at)?),
            published_on: published.get(at).map(Day::from_days),
            follow_up: follow_ups.get(at).map(str::to_owned),
            closed_on: closed.get(at).map(Day::from_days),
            visited: visited.get(at)?,
            found: found.get(at),
            n_inspectors: teams.get(at)?,
            by_draw: by_draw.get(at)?,
        })
    };
    Ok((0..rows.height()).filter_map(row).collect())
}
