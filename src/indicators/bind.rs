//! Definitions bound to the columns a snapshot really has: what to read of each table, and what to do with it.

mod gather;
mod order;

use std::collections::BTreeMap;

use polars::prelude::{DataType, Schema};

pub(super) use gather::BASE_RECORDS;

use super::catalogue::{self, Aggregate, Definition, Records, Source, Table};
use super::fold::Fold;
use super::groupings::Grouping;
use super::words::{Words, with_words};
use super::{Indicator, IndicatorKind};
use crate::registers::{RowSql, seen_schema};
use crate::units::Problem;

/// Everything the computation needs to know.
pub(super) struct Bound {
    pub(super) indicators: Vec<Indicator>,
    pub(super) steps: Vec<Step>,
    /// Steps whose values are for expressions only.
    pub(super) helpers: Vec<bool>,
    pub(super) tables: BTreeMap<Table, Wanted>,
    pub(super) groupings: Vec<Grouping>,
    pub(super) gathered: Vec<Gathered>,
    pub(super) schema: Schema,
    pub(super) words: Option<Words>,
}

/// Records that are summed over groups of objects, and everything that is asked of them.
pub(super) struct Gathered {
    pub(super) table: Table,
    /// Index of the grouping; `None` for everybody together.
    pub(super) grouping: Option<usize>,
    /// What is asked: aggregates over the same records that differ in window, half-life and what they make of sums.
    pub(super) asks: Vec<Fold>,
}

/// How one indicator is computed.
pub(super) enum Step {
    /// Over the object's own records.
    Own(Table, Fold),
    /// Over the records of all objects that share a value.
    Peers(Peer),
    /// From the object's row of the register.
    Attribute(RowSql),
    /// From earlier indicators.
    Expression(RowSql),
}

/// One question to gathered records.
pub(super) struct Peer {
    pub(super) gathered: usize,
    pub(super) ask: usize,
    /// Whether the object's own records are left out.
    pub(super) others: bool,
}

impl Bound {
    /// The indicators that have a column.
    pub(super) fn shown(&self) -> Vec<Indicator> {
        let all = self.indicators.iter().zip(&self.helpers);
        let shown = all.filter(|(_, is_helper)| !**is_helper);
        shown.map(|(indicator, _)| indicator.clone()).collect()
    }

    /// What a peer step asks.
    pub(super) fn ask(&self, peer: &Peer) -> &Fold {
        &self.gathered[peer.gathered].asks[peer.ask]
    }
}

/// Columns to read of one table: each distinct filter and value once, none where nobody looks at it now.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) flags: Vec<Option<RowSql>>,
    pub(super) values: Vec<Option<RowSql>>,
}

impl Wanted {
    /// What `folds` look at, in the same places.
    pub(super) fn of<'a>(&self, folds: impl Iterator<Item = &'a Fold>) -> Self {
        let mut used = Self {
            flags: vec![None; self.flags.len()],
            values: vec![None; self.values.len()],
        };
        for fold in folds {
            if let Some(flag) = fold.flag {
                used.flags[flag].clone_from(&self.flags[flag]);
            }
            if let Some(value) = fold.value {
                used.values[value].clone_from(&self.values[value]);
            }
        }
        used
    }
}

/// Schemas of the tables a snapshot has; `None` where a table is absent.
pub(super) struct Schemas {
    pub(super) objects: Schema,
    pub(super) tables: BTreeMap<Table, Schema>,
    pub(super) words: Option<Words>,
}

impl Schemas {
    /// Columns an attribute may look at.
    pub(super) fn seen_objects(&self) -> Schema {
        seen_schema(&self.objects)
    }

    /// Columns a condition over records of `table` may look at.
    pub(super) fn seen(&self, table: Table) -> Option<Schema> {
        let mut seen = seen_schema(self.tables.get(&table)?);
        with_words(table, &mut seen, self.words.as_ref());
        Some(seen)
    }
}

/// Binds every definition and reports all that does not fit.
pub(super) fn bind(definitions: &[Definition], schemas: &Schemas) -> Result<Bound, Vec<Problem>> {
    let mut binder = Binder {
        bound: Bound {
            indicators: Vec::new(),
            steps: Vec::new(),
            helpers: Vec::new(),
            tables: BTreeMap::new(),
            groupings: Vec::new(),
            gathered: Vec::new(),
            schema: schemas.objects.clone(),
            words: schemas.words.clone(),
        },
        earlier: Schema::default(),
        problems: Vec::new(),
        schemas,
    };
    for (place, definition) in definitions.iter().enumerate() {
        let before = binder.problems.len();
        binder.add(definition);
        if let (Some(problem), Some(rule)) = (
            binder.problems.get_mut(before),
            order::out_of_order(definitions, place),
        ) {
            problem.rule = rule;
        }
    }
    if binder.problems.is_empty() {
        Ok(binder.bound)
    } else {
        Err(binder.problems)
    }
}

struct Binder<'a> {
    bound: Bound,
    /// Indicators so far, for expressions.
    earlier: Schema,
    problems: Vec<Problem>,
    schemas: &'a Schemas,
}

impl Binder<'_> {
    fn add(&mut self, definition: &Definition) {
        let bound = match &definition.source {
            Source::Records(records) => self
                .records(definition, records)
                .map(|step| (step, IndicatorKind::Number)),
            Source::Attribute(sql) => {
                let seen = self.schemas.seen_objects();
                self.kind(definition, "attribute", sql, &seen)
                    .map(|kind| (Step::Attribute(sql.clone()), kind))
            }
            Source::Expression(sql) => {
                let earlier = self.earlier.clone();
                self.kind(definition, "expression", sql, &earlier)
                    .map(|kind| (Step::Expression(sql.clone()), kind))
            }
        };
        // A broken indicator still counts as a name, so that one mistake is reported once.
        let kind = bound
            .as_ref()
            .map_or(IndicatorKind::Number, |(_, kind)| *kind);
        self.earlier
            .with_column(definition.name.as_str().into(), kind.dtype());
        let Some((step, kind)) = bound else { return };
        self.bound.steps.push(step);
        self.bound.helpers.push(definition.is_helper);
        self.bound.indicators.push(Indicator {
            name: definition.name.clone(),
            zh: definition.zh.clone(),
            en: definition.en.clone(),
            unit: definition.unit.clone(),
            source: definition.from.clone().unwrap_or_default(),
            kind,
        });
    }

    fn refuse(&mut self, definition: &Definition, key: &str, value: &str, rule: impl Into<String>) {
        self.problems.push(definition.problem(key, value, rule));
    }

    fn kind(
        &mut self,
        definition: &Definition,
        key: &str,
        sql: &RowSql,
        schema: &Schema,
    ) -> Option<IndicatorKind> {
        let kind = sql.dtype(schema).and_then(|dtype| match dtype {
            DataType::String => Ok(IndicatorKind::Text),
            dtype if dtype.is_primitive_numeric() || dtype == DataType::Boolean => {
                Ok(IndicatorKind::Number)
            }
            dtype => Err(format!(
                "must be a number, a text or true or false, not a value of type {dtype}"
            )),
        });
        kind.map_err(|rule| self.refuse(definition, key, sql.text(), rule))
            .ok()
    }

    fn records(&mut self, definition: &Definition, records: &Records) -> Option<Step> {
        let Some(seen) = self.schemas.seen(records.table) else {
            self.refuse(
                definition,
                "table",
                records.table.name(),
                "must be a table the job reads",
            );
            return None;
        };
        let before = self.problems.len();
        self.check_filters(definition, records, &seen);
        if let Some(value) = &records.value {
            self.check_value(definition, records.aggregate, value, &seen);
        }
        if let Some(column) = &records.each_value_of {
            let rule = "must be a column of texts in the table";
            self.refuse(definition, "each_value_of", column, rule);
        }
        let grouping = self.check_peers(definition, records);
        let fold = self.fold(records);
        (self.problems.len() == before).then(|| match grouping {
            Some(grouping) => {
                let grouping = Some(index_of(&mut self.bound.groupings, grouping));
                let (gathered, ask) = self.gathered(records.table, grouping, fold);
                Step::Peers(Peer {
                    gathered,
                    ask,
                    others: records.others,
                })
            }
            None => Step::Own(records.table, fold),
        })
    }

    fn check_filters(&mut self, definition: &Definition, records: &Records, seen: &Schema) {
        let base = match records.prior.as_ref().map(|prior| &prior.value) {
            Some(catalogue::PriorValue::Base(filter)) => filter.as_ref(),
            _ => None,
        };
        let filters = [("where", records.filter.as_ref()), ("prior_where", base)];
        for (key, filter) in filters {
            if let Some(filter) = filter
                && let Err(rule) = filter.check_boolean(seen)
            {
                self.refuse(definition, key, filter.text(), rule);
            }
        }
    }

    fn check_value(
        &mut self,
        definition: &Definition,
        aggregate: Aggregate,
        value: &RowSql,
        seen: &Schema,
    ) {
        let key = if aggregate == Aggregate::Rate {
            "hit"
        } else {
            "value"
        };
        let rule = value
            .dtype(seen)
            .and_then(|dtype| match (aggregate, dtype) {
                (_, DataType::Boolean)
                | (Aggregate::Distinct, DataType::String | DataType::Date) => Ok(()),
                (Aggregate::Rate, other) => Err(format!(
                    "must be true or false, not a value of type {other}"
                )),
                (_, dtype) if dtype.is_primitive_numeric() => Ok(()),
                (_, other) => Err(format!("must be a number, not a value of type {other}")),
            });
        if let Err(rule) = rule {
            self.refuse(definition, key, value.text(), rule);
        }
    }

    /// The grouping of an entry over peers. What peers and bases sum must not move with the as-of day.
    fn check_peers(&mut self, definition: &Definition, records: &Records) -> Option<Grouping> {
        let base = match records.prior.as_ref().map(|prior| &prior.value) {
            Some(catalogue::PriorValue::Base(filter)) => Some(filter),
            _ => None,
        };
        if base.is_none() && records.by.is_empty() {
            return None;
        }
        let summed = [
            ("where", records.filter.as_ref()),
            ("value", records.value.as_ref()),
            ("prior_where", base.and_then(Option::as_ref)),
        ];
        for (key, sql) in summed {
            if let Some(sql) = sql.filter(|sql| self.moves(sql)) {
                let rule = "must not look at as_of or ended_on where many objects are summed";
                self.refuse(definition, key, sql.text(), rule);
            }
        }
        if records.by.is_empty() {
            return None;
        }
        Grouping::new(&records.by, &self.schemas.objects)
            .map_err(|rule| self.refuse(definition, "by", &records.by.join(", "), rule))
            .ok()
    }

    fn moves(&self, sql: &RowSql) -> bool {
        let words = self.schemas.words.as_ref();
        sql.depends_on_as_of() || (Words::are_in(sql) && words.is_some_and(Words::depend_on_as_of))
    }
}

fn index_of<T: PartialEq>(known: &mut Vec<T>, new: T) -> usize {
    let at = known.iter().position(|other| *other == new);
    at.unwrap_or_else(|| {
        known.push(new);
        known.len() - 1
    })
}
