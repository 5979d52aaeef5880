//! Past visits, each seen from its own day: the rows of a population whose labels are all known.

use polars::error::PolarsResult;
use polars::prelude::{Column, DataType, col};

use super::rows::texts;
use super::{Panel, PanelAsk, PanelRows, Row, STEP, Visit};
use crate::indicators::visits::{Wanted, named};
use crate::indicators::{Error, during};
use crate::ingest::Snapshot;
use crate::units::{Day, Problem};

/// Whether a row is a visit seen from its own day.
pub(super) const OWN: &str = "own";
const VISIT: &str = "visit_id";

/// Which visits are seen from their own days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EachVisit {
    /// First day; absent: no limit.
    pub from: Option<Day>,
    /// The day after the last one.
    pub until: Day,
    /// Columns of visits that hold numbers known before the visit.
    pub columns: Vec<String>,
}

/// Visits seen from their own days, sorted by day, object and id; all lists of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisitRows {
    /// Objects, labels and indicators.
    pub rows: PanelRows,
    /// Ids of the visits.
    pub visit_id: Vec<String>,
    /// The day from which on each label is known.
    pub known_on: Vec<Day>,
    /// Columns of the visits, in the order asked; NaN where there is no number.
    pub numbers: Vec<Vec<f64>>,
}

impl Panel {
    /// Every visit that was asked for from its own day.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn each(&self) -> Result<VisitRows, Error> {
        let frame = self.read(&col(OWN), &["as_of", "object_key", VISIT])?;
        let rows = || -> PolarsResult<VisitRows> {
            let known = frame.column("visible")?.i32()?.iter().flatten();
            let numbers = self.numbers.iter().map(|name| {
                let values = frame.column(&named(name))?.f64()?.iter();
                Ok(values.map(|value| value.unwrap_or(f64::NAN)).collect())
            });
            Ok(VisitRows {
                rows: self.plain(&frame, true)?,
                visit_id: texts(&frame, VISIT)?.into_iter().flatten().collect(),
                known_on: known.map(Day::from_days).collect(),
                numbers: numbers.collect::<PolarsResult<_>>()?,
            })
        };
        rows().map_err(during(STEP))
    }
}

impl PanelAsk {
    /// What is read of visits.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            probability: self.probability.as_ref(),
            numbers: self.numbers(),
        }
    }

    /// Columns of visits that are carried.
    pub(super) fn numbers(&self) -> &[String] {
        self.each.as_ref().map_or(&[], |each| &each.columns)
    }

    pub(super) fn problems(&self, snapshot: &Snapshot) -> Result<Vec<Problem>, Error> {
        if self.numbers().is_empty() {
            return Ok(Vec::new());
        }
        let mut visits = snapshot.scan("inspections", 0)?;
        let schema = visits.collect_schema().map_err(during(STEP))?;
        let is_number = |name: &str| {
            schema
                .get(name)
                .is_some_and(|dtype| dtype.is_primitive_numeric() || *dtype == DataType::Boolean)
        };
        let unknown = self.numbers().iter().filter(|name| !is_number(name));
        let rule = "must be a column of inspections that holds numbers";
        let one = |name: &String| Problem::new("selective.columns", name, rule);
        Ok(unknown.map(one).collect())
    }

    /// The rows of the visits of a partition seen from their own days.
    pub(super) fn own_rows(&self, visits: &[Visit]) -> Vec<Row> {
        let Some(each) = &self.each else {
            return Vec::new();
        };
        let from = each.from.map_or(i32::MIN, Day::days);
        let asked = from..each.until.days();
        let own = visits.iter().enumerate();
        let own = own.filter(|(_, visit)| asked.contains(&visit.day));
        let row = |(place, visit): (usize, &Visit)| Row {
            object_key: visit.object_key,
            as_of: visit.day,
            visit: Some(place),
            own: true,
        };
        own.map(row).collect()
    }
}

/// What rows of visits say beside the rest: whether they are seen from their own day, which visit, its numbers.
pub(super) fn head(columns: &[String], rows: &[Row], visits: &[Visit]) -> Vec<Column> {
    let of = |row: &Row| row.visit.filter(|_| row.own).map(|place| &visits[place]);
    let own: Vec<bool> = rows.iter().map(|row| row.own).collect();
    let ids: Vec<Option<&str>> = rows.iter().map(|row| Some(of(row)?.id.as_str())).collect();
    let number = |(place, name): (usize, &String)| {
        let values = rows.iter().map(|row| of(row)?.numbers[place]);
        Column::new(named(name).into(), values.collect::<Vec<_>>())
    };
    let first = [Column::new(OWN.into(), own), Column::new(VISIT.into(), ids)];
    let numbers = columns.iter().enumerate().map(number);
    first.into_iter().chain(numbers).collect()
}
