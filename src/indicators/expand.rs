//! What a catalogue comes to on a snapshot: entries whose columns are absent left out where they allow it, and one
//! indicator per value where an entry asks for it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataType, Schema, col};

use super::bind::Schemas;
use super::catalogue::{Definition, Records, Source, Table};
use super::groupings::read_column;
use super::{Error, during, entry};
use crate::ingest::Snapshot;
use crate::registers::{RowSql, day};
use crate::units::{AsOf, Problem};

/// Most values a column may have where each gives an indicator.
const VALUES_MAX: usize = 64;

/// The definitions to compute, in order.
pub(super) fn expand(
    definitions: &[Definition],
    schemas: &Schemas,
    snapshot: &Snapshot,
    as_of: AsOf,
) -> Result<Vec<Definition>, Error> {
    let mut known = BTreeMap::new();
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for definition in definitions {
        if definition.is_optional && !is_there(definition, schemas, &names) {
            continue;
        }
        let new = match each_value_of(definition, schemas) {
            Some((records, column)) => {
                let values = match known.entry((records.table, column)) {
                    Entry::Occupied(found) => found.into_mut(),
                    Entry::Vacant(new) => {
                        new.insert(values(snapshot, records.table, column, as_of)?)
                    }
                };
                one_each(definition, records, column, values, &mut problems)
            }
            None => vec![definition.clone()],
        };
        names.extend(new.iter().map(|definition| definition.name.clone()));
        all.extend(new);
    }
    entry::check_names(&all, &mut problems);
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(Error::Settings(problems))
    }
}

/// The records and the column of an entry that stands for several, if the column is there.
fn each_value_of<'a>(
    definition: &'a Definition,
    schemas: &Schemas,
) -> Option<(&'a Records, &'a str)> {
    let Source::Records(records) = &definition.source else {
        return None;
    };
    let column = records.each_value_of.as_deref()?;
    let schema = schemas.tables.get(&records.table)?;
    (schema.get(column) == Some(&DataType::String)).then_some((records.as_ref(), column))
}

/// Whether every column the entry looks at is there.
fn is_there(definition: &Definition, schemas: &Schemas, earlier: &BTreeSet<String>) -> bool {
    let all_in = |sql: &RowSql, schema: &Schema| sql.columns().iter().all(|c| schema.contains(c));
    match &definition.source {
        Source::Attribute(sql) => all_in(sql, &schemas.seen_objects()),
        Source::Expression(sql) => sql.columns().iter().all(|name| earlier.contains(name)),
        Source::Records(records) => schemas.seen(records.table).is_some_and(|seen| {
            let sqls = [&records.filter, &records.value];
            let objects = &schemas.objects;
            sqls.into_iter().flatten().all(|sql| all_in(sql, &seen))
                && records.each_value_of.iter().all(|c| seen.contains(c))
                && records
                    .by
                    .iter()
                    .all(|column| objects.contains(read_column(column, objects)))
        }),
    }
}

/// Values of `column` in records known before `as_of`, ascending.
fn values(
    snapshot: &Snapshot,
    table: Table,
    column: &str,
    as_of: AsOf,
) -> Result<BTreeSet<String>, Error> {
    let mut values = BTreeSet::new();
    for part in 0..snapshot.n_parts() {
        let day = day(as_of.0);
        let event = col(table.event_day());
        let known = col("known_on").fill_null(event.clone());
        let records = snapshot
            .scan(table.name(), part)?
            .filter(event.lt(day.clone()).and(known.lt(day)))
            .select([col(column).unique()]);
        let frame = records.collect().map_err(during(table.name()))?;
        let texts = frame.columns()[0].str().map_err(during(table.name()))?;
        values.extend(texts.iter().flatten().map(str::to_owned));
    }
    Ok(values)
}

/// One definition per value, named after it.
fn one_each(
    definition: &Definition,
    records: &Records,
    column: &str,
    values: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) -> Vec<Definition> {
    if values.len() > VALUES_MAX {
        let rule = format!(
            "must be a column with at most {VALUES_MAX} values, not {}",
            values.len()
        );
        problems.push(definition.problem("each_value_of", column, rule));
        return Vec::new();
    }
    let one = |value: &String| {
        let is_value = format!("{column} = '{}'", value.replace('\'', "''"));
        let both = match &records.filter {
            Some(filter) => format!("({}) AND {is_value}", filter.text()),
            None => is_value,
        };
        let filter = RowSql::parse(&both)
            .map_err(|rule| problems.push(definition.problem("each_value_of", value, rule)))
            .ok()?;
        Some(Definition {
            name: format!("{}_{}", definition.name, plain(value)),
            zh: format!("{}：{value}", definition.zh),
            en: format!("{}: {value}", definition.en),
            source: Source::Records(Box::new(Records {
                filter: Some(filter),
                each_value_of: None,
                ..records.clone()
            })),
            ..definition.clone()
        })
    };
    values.iter().filter_map(one).collect()
}

/// Letters and digits as they are, everything else `_`.
fn plain(value: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
    value.chars().map(word).collect()
}
