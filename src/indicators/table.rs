//! One partition's rows: records folded, peers asked, attributes read, expressions evaluated, columns in order.

use std::collections::BTreeMap;

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoColumn, IntoLazy, IntoSeries, JoinArgs, JoinType,
    SortMultipleOptions, col,
};
use rayon::prelude::{IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::bind::{Bound, Step};
use super::catalogue::Table;
use super::events::{self, Askers};
use super::fold::{Events, Fold, on_grid};
use super::params::ValidLabels;
use super::peers::{Gathering, Groups, Peers};
use super::{Error, during, labels};
use crate::ingest::Snapshot;
use crate::registers::{Registers, day, seen_from};
use crate::units::in_waves;
use crate::units::{AsOf, Meter};

/// Everything a partition is computed from.
pub(super) struct House<'a> {
    pub(super) bound: &'a Bound,
    pub(super) registers: &'a Registers,
    pub(super) snapshot: &'a Snapshot,
    pub(super) as_of: AsOf,
    pub(super) meter: &'a Meter,
}

/// Groups of objects by peer step, and records by table.
type PeerRecords = (DataFrame, BTreeMap<Table, Events>);

impl House<'_> {
    /// Sums over peers, by step; `only` is the day that will be asked for, where there is just one.
    pub(super) fn peers(&self, only: Option<AsOf>) -> Result<BTreeMap<usize, Peers>, Error> {
        let only = only.map(|as_of| as_of.0.days());
        let steps = self.bound.steps.iter().enumerate();
        let gatherings = steps.filter_map(|(index, step)| match step {
            Step::Peers(table, fold, _) => Some((index, *table, Gathering::new(fold, only))),
            _ => None,
        });
        let mut gatherings: Vec<_> = gatherings.collect();
        let n_parts = if gatherings.is_empty() {
            0
        } else {
            self.registers.n_parts()
        };
        let read = |part: usize| self.peer_records(part);
        in_waves(n_parts, read, |wave, done| {
            for (frame, events) in &wave {
                gatherings
                    .par_iter_mut()
                    .for_each(|(index, table, gathering)| {
                        let groups =
                            groups_of(frame, *index).expect("it is one of the columns asked for");
                        gathering.add(&events[table], &groups);
                    });
            }
            self.meter.report("peers", done, n_parts as u64);
        })?;
        Ok(gatherings
            .into_iter()
            .map(|(index, _, gathering)| (index, gathering.finish()))
            .collect())
    }

    /// One partition as peers see it: the groups of its objects by step, and their records by table.
    fn peer_records(&self, part: usize) -> Result<PeerRecords, Error> {
        let frame = self
            .registers
            .objects(part)?
            .select(self.group_columns(true));
        let frame = frame.collect().map_err(during("peers"))?;
        let keys = keys_of(&frame).map_err(during("peers"))?;
        let events = self.events(part, &Askers::Objects(&keys, self.as_of), true)?;
        Ok((frame, events))
    }

    /// `object_key` and the group of every peer step.
    fn group_columns(&self, with_key: bool) -> Vec<Expr> {
        let steps = self.bound.steps.iter().enumerate();
        let groups = steps.filter_map(|(index, step)| match step {
            Step::Peers(_, _, by) => Some(
                col(by.as_str())
                    .cast(DataType::String)
                    .alias(format!("by_{index}")),
            ),
            _ => None,
        });
        with_key
            .then(|| col("object_key"))
            .into_iter()
            .chain(groups)
            .collect()
    }

    fn attribute_columns(&self) -> Vec<Expr> {
        let steps = self.bound.steps.iter().enumerate();
        let attributes = steps.filter_map(|(index, step)| match step {
            Step::Attribute(sql) => Some(sql.expr().alias(format!("attribute_{index}"))),
            _ => None,
        });
        attributes.collect()
    }

    fn folds(&self, table: Table, for_peers: bool) -> impl Iterator<Item = &Fold> {
        self.bound.steps.iter().filter_map(move |step| match step {
            Step::Own(other, fold) if !for_peers && *other == table => Some(fold),
            Step::Peers(other, fold, _) if for_peers && *other == table => Some(fold),
            _ => None,
        })
    }

    /// Records of the tables that own indicators, or else peers, look at.
    fn events(
        &self,
        part: usize,
        askers: &Askers<'_>,
        for_peers: bool,
    ) -> Result<BTreeMap<Table, Events>, Error> {
        let mut all = BTreeMap::new();
        for (table, wanted) in &self.bound.tables {
            let looked_at = self.folds(*table, for_peers).next().is_some();
            if looked_at {
                let records = self.snapshot.scan(table.name(), part)?;
                let wanted = wanted.of(self.folds(*table, for_peers));
                let events =
                    events::read(*table, &wanted, records, askers).map_err(during(table.name()))?;
                all.insert(*table, events);
            }
        }
        Ok(all)
    }

    /// Rows of all objects of a partition, as of the job's day.
    pub(super) fn objects(
        &self,
        part: usize,
        peers: &BTreeMap<usize, Peers>,
    ) -> Result<DataFrame, Error> {
        let mut objects = self.registers.objects(part)?;
        let schema = objects.collect_schema().map_err(during("objects"))?;
        let seen = seen_from(objects, &schema, day(self.as_of.0));
        let wanted = [
            vec![col("as_of")],
            self.group_columns(true),
            self.attribute_columns(),
        ]
        .concat();
        let frame = seen.select(wanted).collect().map_err(during("objects"))?;
        let keys = keys_of(&frame).map_err(during("objects"))?;
        let events = self.events(part, &Askers::Objects(&keys, self.as_of), false)?;
        let mut head = frame
            .select(["object_key", "as_of"])
            .map_err(during("objects"))?;
        let eligible = self.registers.eligible(part)?.into_series();
        head.with_column(eligible.with_name("eligible".into()).into_column())
            .map_err(during("objects"))?;
        self.assemble(&head, &frame, &events, peers)
            .map_err(during("indicators"))
    }

    /// Labelled rows of a partition.
    pub(super) fn labelled(
        &self,
        part: usize,
        labels: &ValidLabels,
        peers: &BTreeMap<usize, Peers>,
    ) -> Result<DataFrame, Error> {
        let step = "labelled rows";
        let mut objects = self.registers.objects_as_given(part)?;
        let schema = objects.collect_schema().map_err(during(step))?;
        let inspections = self.snapshot.scan(Table::Inspections.name(), part)?;
        let pairs = labels::pairs(labels, inspections, objects.clone(), self.as_of)
            .map_err(during(step))?;
        let pairs = labels::frame_of(&pairs).map_err(during(step))?;
        let keys = labels::keys_of(&pairs).map_err(during(step))?;
        let on = [col("object_key")];
        let joined = objects.join(
            keys.clone().lazy(),
            on.clone(),
            on,
            JoinArgs::new(JoinType::Inner),
        );
        let seen = seen_from(
            joined.sort(["__row"], SortMultipleOptions::default()),
            &schema,
            col("as_of"),
        );
        let wanted = [
            vec![col("as_of")],
            self.group_columns(true),
            self.attribute_columns(),
        ]
        .concat();
        let frame = seen.select(wanted).collect().map_err(during(step))?;
        let events = self.events(part, &Askers::Pairs(&keys), false)?;
        let head = pairs.drop("__row").map_err(during(step))?;
        self.assemble(&head, &frame, &events, peers)
            .map_err(during(step))
    }

    /// `head` and one column per indicator; `frame` has the rows' groups and attributes.
    fn assemble(
        &self,
        head: &DataFrame,
        frame: &DataFrame,
        events: &BTreeMap<Table, Events>,
        peers: &BTreeMap<usize, Peers>,
    ) -> PolarsResult<DataFrame> {
        let days = frame.column("as_of")?.cast(&DataType::Int32)?;
        let days: Vec<i32> = days.i32()?.iter().flatten().collect();
        let steps: Vec<_> = self.bound.steps.iter().enumerate().collect();
        let computed = steps.par_iter().map(|(index, step)| {
            let name = self.bound.indicators[*index].name.as_str();
            match step {
                Step::Own(table, fold) => Ok(Some(Column::new(
                    name.into(),
                    fold.over(&events[table], &days),
                ))),
                Step::Peers(..) => {
                    let groups = groups_of(frame, *index)?;
                    let values = peers[index].column(&groups, &days);
                    Ok(Some(Column::new(name.into(), values)))
                }
                Step::Attribute(_) => {
                    tidy(frame.column(&format!("attribute_{index}"))?, name).map(Some)
                }
                Step::Expression(_) => Ok(None),
            }
        });
        let computed = computed.collect::<PolarsResult<Vec<_>>>()?;
        self.with_expressions(head, &computed)
    }

    fn with_expressions(
        &self,
        head: &DataFrame,
        computed: &[Option<Column>],
    ) -> PolarsResult<DataFrame> {
        let mut rows = DataFrame::new(head.height(), computed.iter().flatten().cloned().collect())?;
        for (indicator, step) in self.bound.indicators.iter().zip(&self.bound.steps) {
            if let Step::Expression(sql) = step {
                let name = indicator.name.as_str();
                let value = rows
                    .clone()
                    .lazy()
                    .with_columns([sql.expr().alias(name)])
                    .collect()?;
                rows.with_column(tidy(value.column(name)?, name)?)?;
            }
        }
        let names = self
            .bound
            .indicators
            .iter()
            .map(|indicator| indicator.name.as_str());
        let ordered = rows.select(names.collect::<Vec<_>>())?;
        head.hstack(ordered.columns())
    }
}

fn keys_of(frame: &DataFrame) -> PolarsResult<Vec<u64>> {
    Ok(frame
        .column("object_key")?
        .u64()?
        .iter()
        .flatten()
        .collect())
}

fn groups_of(frame: &DataFrame, step: usize) -> PolarsResult<Groups<'_>> {
    Ok(frame.column(&format!("by_{step}"))?.str()?.iter().collect())
}

/// Text as it is; a number as f64 on the grid of 2^-20, null where it is not finite.
fn tidy(column: &Column, name: &str) -> PolarsResult<Column> {
    if *column.dtype() == DataType::String {
        return Ok(column.clone().with_name(name.into()));
    }
    let numbers = column.cast(&DataType::Float64)?;
    let on_grid = numbers
        .f64()?
        .iter()
        .map(|value| value.filter(|value| value.is_finite()).map(on_grid));
    Ok(Column::new(name.into(), on_grid.collect::<Vec<_>>()))
}
