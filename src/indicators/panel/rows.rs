//! Rows of a panel as plain values: what may be learnt from at a cut-off, what is ranked after it.

use std::collections::BTreeMap;

use polars::error::PolarsResult;
use polars::prelude::{
    BooleanChunked, DataFrame, Expr, IntoLazy, SortMultipleOptions, UnionArgs, col, concat, lit,
};

use super::each::OWN;
use super::{ID, Panel, STEP, carried_name};
use crate::indicators::{Error, Indicator, IndicatorKind, during};
use crate::registers::{part_path, scan};
use crate::units::Day;

/// Values of one indicator.
#[derive(Clone, Debug, PartialEq)]
pub enum PanelColumn {
    /// Numbers; NaN where there is none.
    Number(Vec<f64>),
    /// Texts.
    Text(Vec<Option<String>>),
}

/// Rows of a panel as plain values, all lists of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PanelRows {
    /// The object.
    pub object_key: Vec<u64>,
    /// Its normalised id.
    pub object_id: Vec<String>,
    /// The day the row is seen from.
    pub as_of: Vec<Day>,
    /// Whether the visit found something.
    pub found: Vec<bool>,
    /// The day of the visit; of a row without one, the day it is seen from.
    pub visited: Vec<Day>,
    /// The day from which on the label was known, in days since 1970; of a row without a visit, the day it is seen from.
    pub visible: Vec<i32>,
    /// Lead inspector of the visit.
    pub inspector: Vec<Option<String>>,
    /// Probability with which the visit was drawn.
    pub pi: Vec<Option<f64>>,
    /// Values of the carried columns, in their order.
    pub carried: Vec<Vec<Option<String>>>,
    /// Indicators, in their order.
    pub columns: Vec<PanelColumn>,
}

impl Panel {
    /// Indicators in the order of their columns.
    #[must_use]
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// Rows to learn from at `cutoff`: days `cutoff` − k·`every_days` (k ≥ 1) from `from` on, labels known before `until`
    /// (at most `cutoff`), days with fewer than `rows_min` rows left out; sorted by day and object.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn training(
        &self,
        cutoff: Day,
        until: Day,
        every_days: i32,
        from: Option<Day>,
        rows_min: u64,
    ) -> Result<PanelRows, Error> {
        let back = lit(cutoff.days()) - col("as_of");
        let mut wanted = back
            .clone()
            .gt_eq(lit(1))
            .and((back % lit(every_days)).eq(lit(0)))
            .and(col("visible").lt(lit(until.min(cutoff).days())));
        if let Some(from) = from {
            wanted = wanted.and(col("as_of").gt_eq(lit(from.days())));
        }
        let wanted = wanted.and(col(OWN).not());
        let frame = self.read(&wanted, &["as_of", "object_key", "visit_day"])?;
        let frame = first_of_each(&frame).and_then(|rows| with_enough(&rows, rows_min));
        frame
            .and_then(|frame| self.plain(&frame, false))
            .map_err(during(STEP))
    }

    /// The rows of the window after `cutoff`, in the order of their ids (shorter first, then by bytes).
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn evaluated(&self, cutoff: Day) -> Result<PanelRows, Error> {
        let wanted = col("as_of")
            .eq(lit(cutoff.days()))
            .and(col("label").is_not_null())
            .and(col(OWN).not());
        let frame = self.read(&wanted, &["as_of", "object_key", "visit_day"])?;
        self.whole(first_of_each(&frame))
    }

    /// The objects that were asked for without a label, in the order of their ids.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn given(&self) -> Result<PanelRows, Error> {
        let frame = self.read(&col("label").is_null(), &["as_of", "object_key"])?;
        self.whole(Ok(frame))
    }

    fn whole(&self, frame: PolarsResult<DataFrame>) -> Result<PanelRows, Error> {
        let by_id = |frame: DataFrame| {
            let length = col(carried_name(ID)).str().len_bytes().alias("id_length");
            let by = ["id_length".to_owned(), carried_name(ID)];
            let frame = frame.lazy().with_columns([length]);
            let sorted = frame.sort(by, SortMultipleOptions::default()).collect()?;
            self.plain(&sorted, true)
        };
        frame.and_then(by_id).map_err(during(STEP))
    }

    pub(super) fn read(&self, wanted: &Expr, by: &[&str]) -> Result<DataFrame, Error> {
        let parts = (0..self.n_parts).map(|part| {
            let rows = scan(&part_path(&self.dir, part)).map_err(during(STEP))?;
            Ok(rows.filter(wanted.clone()))
        });
        let parts = parts.collect::<Result<Vec<_>, Error>>()?;
        let order = SortMultipleOptions::default().with_maintain_order(true);
        let read = || {
            let all = concat(parts, UnionArgs::default())?;
            all.sort(by.iter().copied(), order).collect()
        };
        read().map_err(during(STEP))
    }

    pub(super) fn plain(&self, frame: &DataFrame, with_texts: bool) -> PolarsResult<PanelRows> {
        let whole = |name: &str| -> PolarsResult<Vec<i32>> {
            Ok(frame.column(name)?.i32()?.iter().flatten().collect())
        };
        let mut rows = PanelRows {
            object_key: frame
                .column("object_key")?
                .u64()?
                .iter()
                .flatten()
                .collect(),
            as_of: whole("as_of")?.into_iter().map(Day::from_days).collect(),
            visited: or_seen(frame, "visit_day")?
                .into_iter()
                .map(Day::from_days)
                .collect(),
            visible: or_seen(frame, "visible")?,
            found: frame
                .column("label")?
                .bool()?
                .iter()
                .map(|found| found == Some(true))
                .collect(),
            inspector: texts(frame, "inspector")?,
            pi: frame.column("pi")?.f64()?.iter().collect(),
            ..PanelRows::default()
        };
        if with_texts {
            rows.object_id = texts(frame, &carried_name(ID))?
                .into_iter()
                .flatten()
                .collect();
            let carried = self.carried.iter();
            rows.carried = carried
                .map(|column| texts(frame, &carried_name(column)))
                .collect::<PolarsResult<_>>()?;
        }
        let columns = self
            .indicators
            .iter()
            .map(|indicator| match indicator.kind {
                IndicatorKind::Text => texts(frame, &indicator.name).map(PanelColumn::Text),
                IndicatorKind::Number => {
                    let values = frame.column(&indicator.name)?.f64()?.iter();
                    let values = values.map(|value| value.unwrap_or(f64::NAN));
                    Ok(PanelColumn::Number(values.collect()))
                }
            });
        rows.columns = columns.collect::<PolarsResult<_>>()?;
        Ok(rows)
    }
}

/// A day of every row's visit, or that it is seen from.
fn or_seen(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i32>> {
    let (days, seen) = (frame.column(name)?.i32()?, frame.column("as_of")?.i32()?);
    let days = days.iter().zip(seen.iter());
    Ok(days.filter_map(|(day, seen)| day.or(seen)).collect())
}

pub(super) fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let texts = frame.column(name)?.str()?.iter();
    Ok(texts.map(|text| text.map(str::to_owned)).collect())
}

/// The first row of every day and object of rows sorted by them.
fn first_of_each(frame: &DataFrame) -> PolarsResult<DataFrame> {
    let (days, keys) = (
        frame.column("as_of")?.i32()?,
        frame.column("object_key")?.u64()?,
    );
    let mut last = None;
    let first: BooleanChunked = days
        .iter()
        .zip(keys.iter())
        .map(|pair| Some(last.replace(pair) != Some(pair)))
        .collect();
    frame.filter(&first)
}

/// Without the days that have fewer than `rows_min` rows.
fn with_enough(frame: &DataFrame, rows_min: u64) -> PolarsResult<DataFrame> {
    let mut counts: BTreeMap<Option<i32>, u64> = BTreeMap::new();
    let days = frame.column("as_of")?.i32()?;
    days.iter()
        .for_each(|day| *counts.entry(day).or_default() += 1);
    let enough: BooleanChunked = days
        .iter()
        .map(|day| Some(counts[&day] >= rows_min))
        .collect();
    frame.filter(&enough)
}
