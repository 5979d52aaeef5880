//! The labelled rows as learned models take them: columns, findings, weights, who went and when, and from when on a row was
//! known.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, PolarsResult, SortMultipleOptions};

use super::Error;
use crate::indicators::{
    Indicator, IndicatorKind, LABEL_INSPECTOR, LABEL_PI, LABEL_VISIBLE, LabelledTable, PanelColumn,
};
use crate::risk::learn::{self, Design, Idle, Importance, Labels};
use crate::risk::penalty::Past;
use crate::risk::recipes::{Made, Named, Nuisance};
use crate::risk::rows::{Codes, labels, with_nuisances};
use crate::units::Day;

/// Column of the day of the visit.
const VISITED: &str = "visit_on";

/// Labelled rows, sorted by object, day and visit.
pub(super) struct Training {
    pub(super) codes: Codes,
    /// The indicators.
    pub(super) plain: Design,
    /// Indicators that teach nothing, and why.
    pub(super) idle: BTreeMap<String, Idle>,
    /// The indicators and these nuisances, for every list of them that a model names.
    pub(super) widened: BTreeMap<Vec<Nuisance>, Design>,
    pub(super) labels: Labels,
    /// What weighting by 1/π did, where probabilities are known.
    pub(super) importance: Option<Importance>,
    /// Different inspectors.
    pub(super) n_inspectors: u64,
    /// The object of each row.
    pub(super) groups: Vec<u64>,
    /// The day each row is seen from, in days since 1970.
    pub(super) as_of: Vec<i32>,
    /// The day from which on each label was known.
    pub(super) visible: Vec<i32>,
}

impl Training {
    /// Reads the rows for these models; no visit weighs more than `cap` times the median.
    pub(super) fn read(
        labelled: &LabelledTable,
        indicators: &[Indicator],
        models: &[Named],
        cap: f64,
    ) -> Result<Self, Error> {
        let order = SortMultipleOptions::default().with_maintain_order(true);
        let by = ["object_key", "as_of", "visit_id"];
        let frame = labelled.scan()?.sort(by, order).collect()?;
        let columns = columns_of(&frame, indicators)?;
        let codes = Codes::learn(&columns);
        let refused = |source| Error::of("(rows)", source);
        let plain = codes.design(columns, indicators).map_err(refused)?;
        let inspectors = texts(&frame, LABEL_INSPECTOR)?;
        let found = frame.column("label")?.bool()?.iter();
        let found = found.map(|found| found == Some(true)).collect();
        let (labels, importance) = labels(found, &probabilities(&frame)?, cap).map_err(refused)?;
        let as_of = days(&frame, "as_of")?;
        let or_seen = |name: &str| match frame.column(name) {
            Ok(_) => days(&frame, name),
            Err(_) => Ok(as_of.clone()),
        };
        let visible = or_seen(LABEL_VISIBLE)?;
        let visited: Vec<Day> = or_seen(VISITED)?.into_iter().map(Day::from_days).collect();
        let mut widened = BTreeMap::new();
        for nuisances in models.iter().filter_map(nuisances) {
            let design = with_nuisances(&plain, nuisances, &inspectors, &visited);
            widened.insert(nuisances.to_vec(), design.map_err(refused)?);
        }
        let different: std::collections::BTreeSet<&String> = inspectors.iter().flatten().collect();
        Ok(Self {
            idle: plain.idle(),
            codes,
            n_inspectors: different.len() as u64,
            plain,
            widened,
            labels,
            importance,
            groups: frame
                .column("object_key")?
                .u64()?
                .into_no_null_iter()
                .collect(),
            as_of,
            visible,
        })
    }

    /// What a recipe is fitted on.
    pub(super) fn design(&self, nuisances: &[Nuisance]) -> &Design {
        self.widened.get(nuisances).unwrap_or(&self.plain)
    }

    /// The rows that a penalty is chosen on.
    pub(super) fn past(&self, nuisances: &[Nuisance]) -> Past<'_> {
        Past {
            design: self.design(nuisances),
            labels: &self.labels,
            as_of: &self.as_of,
            visible: &self.visible,
        }
    }

    pub(super) fn n(&self) -> u64 {
        self.labels.rows() as u64
    }

    pub(super) fn n_positive(&self) -> u64 {
        n_found(&self.labels)
    }

    /// Refuses rows no model can learn from.
    pub(super) fn check(&self) -> Result<(), learn::Error> {
        let rows = self.labels.rows();
        match self.n_positive() {
            0 => Err(learn::Error::NoPositives { rows }),
            all if all == self.n() => Err(learn::Error::OnlyPositives { rows }),
            _ if self
                .plain
                .columns()
                .iter()
                .any(|column| varies(&column.values)) =>
            {
                Ok(())
            }
            _ => {
                let columns = self.plain.columns().len();
                Err(learn::Error::NothingVaries { columns, rows })
            }
        }
    }
}

/// What a model fits beside the indicators; none where it is nothing.
fn nuisances(model: &Named) -> Option<&[Nuisance]> {
    match &model.made {
        Made::Fitted { nuisances, .. } => Some(&nuisances[..]).filter(|own| !own.is_empty()),
        Made::Blend(_) => None,
    }
}

/// Rows with a finding.
pub(super) fn n_found(labels: &Labels) -> u64 {
    labels.found().iter().filter(|found| **found).count() as u64
}

fn varies(values: &[f64]) -> bool {
    let differs = |pair: &[f64]| {
        let both_none = pair[0].is_nan() && pair[1].is_nan();
        !both_none && pair[0].to_bits() != pair[1].to_bits()
    };
    values.windows(2).any(differs)
}

/// The indicators of a frame's rows.
pub(super) fn columns_of(
    frame: &DataFrame,
    indicators: &[Indicator],
) -> PolarsResult<Vec<PanelColumn>> {
    let one = |indicator: &Indicator| match indicator.kind {
        IndicatorKind::Text => texts(frame, &indicator.name).map(PanelColumn::Text),
        IndicatorKind::Number => {
            let values = frame.column(&indicator.name)?.f64()?.iter();
            let values = values.map(|value| value.unwrap_or(f64::NAN));
            Ok(PanelColumn::Number(values.collect()))
        }
    };
    indicators.iter().map(one).collect()
}

/// The texts of a column; none where there is no such column.
fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let Ok(column) = frame.column(name) else {
        return Ok(vec![None; frame.height()]);
    };
    let texts = column.str()?.iter();
    Ok(texts.map(|text| text.map(str::to_owned)).collect())
}

fn probabilities(frame: &DataFrame) -> PolarsResult<Vec<Option<f64>>> {
    match frame.column(LABEL_PI) {
        Ok(column) => Ok(column.f64()?.iter().collect()),
        Err(_) => Ok(vec![None; frame.height()]),
    }
}

fn days(frame: &DataFrame, name: &str) -> PolarsResult<Vec<i32>> {
    let days = frame.column(name)?.cast(&DataType::Int32)?;
    Ok(days
        .i32()?
        .iter()
        .map(|day| day.unwrap_or(i32::MAX))
        .collect())
}
