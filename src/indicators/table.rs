//! One partition's rows: records folded, peers asked, attributes read, expressions evaluated, columns in order.

use std::collections::BTreeMap;

use polars::error::PolarsResult;
use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoColumn, IntoLazy, IntoSeries, JoinArgs, JoinType,
    SortMultipleOptions, col,
};
use rayon::prelude::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};

use super::bind::{BASE_RECORDS, Bound, Peer, Step};
use super::catalogue::Table;
use super::events::{self, Askers};
use super::fold::{Events, Fold, PriorOn, PriorValue, on_grid};
use super::panel::carried_name;
use super::params::ValidLabels;
use super::peers::{Asking, Gathering, Groups, Peers};
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

/// Groups of objects, and records by table.
type PeerRecords = (DataFrame, BTreeMap<Table, Events>);

impl House<'_> {
    /// Sums over peers, one for each gathering; `only` is the day that will be asked for, where there is just one.
    pub(super) fn peers(&self, only: Option<AsOf>) -> Result<Vec<Peers>, Error> {
        let only = only.map(|as_of| as_of.0.days());
        let gathered = &self.bound.gathered;
        let mut gatherings: Vec<_> = gathered
            .iter()
            .map(|gathered| Gathering::new(gathered, only))
            .collect();
        let n_parts = if gatherings.is_empty() {
            0
        } else {
            self.registers.n_parts()
        };
        let read = |part: usize| self.peer_records(part);
        in_waves(n_parts, read, |wave, done| {
            for (frame, events) in &wave {
                let groups = self
                    .groups(frame)
                    .expect("the columns of groups were asked for");
                let everyone = Groups::everyone(frame.height());
                gatherings
                    .par_iter_mut()
                    .zip(gathered)
                    .for_each(|(gathering, gathered)| {
                        let groups = gathered.grouping.map_or(&everyone, |index| &groups[index]);
                        gathering.add(&events[&gathered.table], groups);
                    });
            }
            self.meter.report("peers", done, n_parts as u64);
        })?;
        Ok(gatherings.into_iter().map(Gathering::finish).collect())
    }

    /// One partition as peers see it: the groups of its objects, and their records by table.
    fn peer_records(&self, part: usize) -> Result<PeerRecords, Error> {
        let frame = self.registers.objects(part)?.select(self.group_columns());
        let frame = frame.collect().map_err(during("peers"))?;
        let keys = keys_of(&frame).map_err(during("peers"))?;
        let events = self.events(part, &Askers::Objects(&keys, self.as_of), true)?;
        Ok((frame, events))
    }

    /// `object_key` and the group of every grouping.
    fn group_columns(&self) -> Vec<Expr> {
        let groupings = self.bound.groupings.iter().enumerate();
        let groups = groupings.map(|(index, grouping)| {
            grouping
                .key(&self.bound.schema)
                .alias(format!("by_{index}"))
        });
        std::iter::once(col("object_key")).chain(groups).collect()
    }

    /// The groups of a frame's rows, by grouping.
    fn groups<'f>(&self, frame: &'f DataFrame) -> PolarsResult<Vec<Groups<'f>>> {
        let groupings = 0..self.bound.groupings.len();
        let groups = groupings.map(|index| {
            let names = frame.column(&format!("by_{index}"))?.str()?;
            Ok(names.iter().collect())
        });
        groups.collect()
    }

    fn attribute_columns(&self) -> Vec<Expr> {
        let steps = self.bound.steps.iter().enumerate();
        let attributes = steps.filter_map(|(index, step)| match step {
            Step::Attribute(sql) => Some(sql.expr().alias(format!("attribute_{index}"))),
            _ => None,
        });
        attributes.collect()
    }

    /// What is folded of `table`: over all objects, or else for each row by itself.
    fn folds(&self, table: Table, for_peers: bool) -> Vec<&Fold> {
        if for_peers {
            let gathered = self.bound.gathered.iter();
            let asked = gathered.filter(|gathered| gathered.table == table);
            return asked.flat_map(|gathered| &gathered.asks).collect();
        }
        let own = self.bound.steps.iter().filter_map(|step| match step {
            Step::Own(other, fold) if *other == table => Some(fold),
            Step::Peers(peer)
                if peer.others && self.bound.gathered[peer.gathered].table == table =>
            {
                Some(self.bound.ask(peer))
            }
            _ => None,
        });
        own.collect()
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
            let folds = self.folds(*table, for_peers);
            if !folds.is_empty() {
                let records = self.snapshot.scan(table.name(), part)?;
                let wanted = wanted.of(folds.into_iter());
                let words = self.bound.words.as_ref();
                let events = events::read(*table, &wanted, records, words, askers)
                    .map_err(during(table.name()))?;
                all.insert(*table, events);
            }
        }
        Ok(all)
    }

    /// Rows of all objects of a partition, as of the job's day.
    pub(super) fn objects(&self, part: usize, peers: &[Peers]) -> Result<DataFrame, Error> {
        let mut objects = self.registers.objects(part)?;
        let schema = objects.collect_schema().map_err(during("objects"))?;
        let seen = seen_from(objects, &schema, day(self.as_of.0));
        let wanted = [
            vec![col("as_of")],
            self.group_columns(),
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
        peers: &[Peers],
    ) -> Result<DataFrame, Error> {
        let step = "labelled rows";
        let objects = self.registers.objects_as_given(part)?;
        let inspections = self.snapshot.scan(Table::Inspections.name(), part)?;
        let pairs =
            labels::pairs(labels, inspections, objects, self.as_of).map_err(during(step))?;
        let pairs = labels::frame_of(labels, &pairs).map_err(during(step))?;
        let keys = labels::keys_of(&pairs).map_err(during(step))?;
        let head = pairs.drop("__row").map_err(during(step))?;
        self.seen(part, &head, &keys, &[], peers)
    }

    /// Rows `head` of a partition, each object as its own day saw it, with the `carried` columns of the objects as text and
    /// one column per indicator; `keys` has object, day and row number of the same rows.
    pub(super) fn seen(
        &self,
        part: usize,
        head: &DataFrame,
        keys: &DataFrame,
        carried: &[String],
        peers: &[Peers],
    ) -> Result<DataFrame, Error> {
        let step = "rows of past days";
        let mut objects = self.registers.objects_as_given(part)?;
        let schema = objects.collect_schema().map_err(during(step))?;
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
        let texts = carried.iter().map(|column| {
            let text = col(column.as_str()).cast(DataType::String);
            text.alias(carried_name(column))
        });
        let names: Vec<String> = carried.iter().map(|column| carried_name(column)).collect();
        let wanted = [
            vec![col("as_of")],
            self.group_columns(),
            self.attribute_columns(),
            texts.collect(),
        ]
        .concat();
        let frame = seen.select(wanted).collect().map_err(during(step))?;
        let events = self.events(part, &Askers::Pairs(keys), false)?;
        let assemble = || {
            let carried = frame.select(names)?;
            let head = head.hstack(carried.columns())?;
            self.assemble(&head, &frame, &events, peers)
        };
        assemble().map_err(during(step))
    }

    /// `head` and one column per indicator; `frame` has the rows' groups and attributes.
    fn assemble(
        &self,
        head: &DataFrame,
        frame: &DataFrame,
        events: &BTreeMap<Table, Events>,
        peers: &[Peers],
    ) -> PolarsResult<DataFrame> {
        let days = frame.column("as_of")?.cast(&DataType::Int32)?;
        let days: Vec<i32> = days.i32()?.iter().flatten().collect();
        let groups = self.groups(frame)?;
        let priors = Priors::of(peers, &days);
        let steps: Vec<_> = self.bound.steps.iter().enumerate().collect();
        let computed = steps.par_iter().map(|(index, step)| {
            let name = self.bound.indicators[*index].name.as_str();
            let values = match step {
                Step::Own(table, fold) => fold.over(&events[table], &days, &*priors.of_fold(fold)),
                Step::Peers(peer) => self.over_peers(peer, &groups, &days, events, &priors),
                Step::Attribute(_) => {
                    return tidy(frame.column(&format!("attribute_{index}"))?, name).map(Some);
                }
                Step::Expression(_) => return Ok(None),
            };
            Ok(Some(Column::new(name.into(), values)))
        });
        let computed = computed.collect::<PolarsResult<Vec<_>>>()?;
        self.with_expressions(head, &computed)
    }

    fn over_peers(
        &self,
        peer: &Peer,
        groups: &[Groups<'_>],
        days: &[i32],
        events: &BTreeMap<Table, Events>,
        priors: &Priors<'_>,
    ) -> Vec<Option<f64>> {
        let gathered = &self.bound.gathered[peer.gathered];
        let grouping = gathered.grouping.expect("peers share a value");
        let asking = Asking {
            groups: &groups[grouping],
            days,
            own: peer.others.then(|| &events[&gathered.table]),
        };
        let prior = priors.of_fold(self.bound.ask(peer));
        priors.peers[peer.gathered].column(peer.ask, &asking, &*prior)
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
        let shown = self.bound.shown();
        let names = shown.iter().map(|indicator| indicator.name.as_str());
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

/// What stands for a row without records, on each of the days asked for.
struct Priors<'a> {
    peers: &'a [Peers],
    /// Ascending, each once.
    days: Vec<i32>,
}

impl<'a> Priors<'a> {
    fn of(peers: &'a [Peers], days: &[i32]) -> Self {
        let mut days = days.to_vec();
        days.sort_unstable();
        days.dedup();
        Self { peers, days }
    }

    fn of_fold(&self, fold: &Fold) -> Box<PriorOn<'_>> {
        match fold.prior.as_ref().map(|prior| prior.value) {
            None => Box::new(|_| None),
            Some(PriorValue::Given(number)) => Box::new(move |_| Some(number)),
            Some(PriorValue::Base(gathered)) => {
                let mean = |day: &i32| self.peers[gathered].mean(*day, BASE_RECORDS);
                let means: Vec<_> = self.days.iter().map(mean).collect();
                Box::new(move |day| means[self.days.binary_search(&day).ok()?])
            }
        }
    }
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
