//! Definitions bound to the columns a snapshot really has: what to read of each table, and what to do with it.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Schema};

use super::catalogue::{Aggregate, Definition, Records, Source, Table};
use super::fold::Fold;
use super::{Indicator, IndicatorKind};
use crate::registers::{RowSql, seen_schema};
use crate::units::Problem;

/// Everything the computation needs to know.
pub(super) struct Bound {
    pub(super) indicators: Vec<Indicator>,
    pub(super) steps: Vec<Step>,
    pub(super) tables: BTreeMap<Table, Wanted>,
}

/// How one indicator is computed.
pub(super) enum Step {
    /// Over the object's own records.
    Own(Table, Fold),
    /// Over the records of all objects that share the value of an object column.
    Peers(Table, Fold, String),
    /// From the object's row of the register.
    Attribute(RowSql),
    /// From earlier indicators.
    Expression(RowSql),
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
}

/// Binds every definition and reports all that does not fit.
pub(super) fn bind(definitions: &[Definition], schemas: &Schemas) -> Result<Bound, Vec<Problem>> {
    let mut binder = Binder {
        bound: Bound {
            indicators: Vec::new(),
            steps: Vec::new(),
            tables: BTreeMap::new(),
        },
        earlier: Schema::default(),
        problems: Vec::new(),
        schemas,
    };
    for definition in definitions {
        binder.add(definition);
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
                let seen = seen_schema(&self.schemas.objects);
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
        self.bound.indicators.push(Indicator {
            name: definition.name.clone(),
            zh: definition.zh.clone(),
            en: definition.en.clone(),
            unit: definition.unit.clone(),
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
        let Some(schema) = self.schemas.tables.get(&records.table) else {
            self.refuse(
                definition,
                "table",
                records.table.name(),
                "must be a table the job reads",
            );
            return None;
        };
        let seen = seen_schema(schema);
        let before = self.problems.len();
        if let Some(filter) = &records.filter
            && let Err(rule) = filter.check_boolean(&seen)
        {
            self.refuse(definition, "where", filter.text(), rule);
        }
        if let Some(value) = &records.value {
            self.check_value(definition, records.aggregate, value, &seen);
        }
        if let Some(by) = &records.by {
            self.check_peers(definition, records, by);
        }
        let fold = self.fold(records);
        (self.problems.len() == before).then(|| match &records.by {
            Some(by) => Step::Peers(records.table, fold, by.clone()),
            None => Step::Own(records.table, fold),
        })
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

    fn check_peers(&mut self, definition: &Definition, records: &Records, by: &str) {
        if self.schemas.objects.get(by).is_none_or(DataType::is_nested) {
            self.refuse(
                definition,
                "by",
                by,
                "must be a column of objects that holds one value",
            );
        }
        for (key, sql) in [("where", &records.filter), ("value", &records.value)] {
            if let Some(sql) = sql.as_ref().filter(|sql| sql.depends_on_as_of()) {
                self.refuse(
                    definition,
                    key,
                    sql.text(),
                    "must not look at as_of or ended_on where peers are summed",
                );
            }
        }
    }

    fn fold(&mut self, records: &Records) -> Fold {
        let wanted = self.bound.tables.entry(records.table).or_default();
        Fold {
            aggregate: records.aggregate,
            flag: records
                .filter
                .as_ref()
                .map(|sql| index_of(&mut wanted.flags, sql)),
            value: records
                .value
                .as_ref()
                .map(|sql| index_of(&mut wanted.values, sql)),
            window_days: records.window_days,
            half_life_days: records.half_life_days,
            prior: records.prior,
            missing: records.missing,
            nth: records.nth,
        }
    }
}

fn index_of(known: &mut Vec<Option<RowSql>>, sql: &RowSql) -> usize {
    known
        .iter()
        .flatten()
        .position(|other| other.text() == sql.text())
        .unwrap_or_else(|| {
            known.push(Some(sql.clone()));
            known.len() - 1
        })
}
