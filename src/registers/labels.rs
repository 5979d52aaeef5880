//! 分类标注: the labels objects carry as of a day, declared by rules, given by licences, or warning of a day that comes near.
//!
//! Labels of the source stay and come first. Declared ones follow in their order, then those that licences give while they are
//! valid, then the warnings of the platforms (`regulation.md` §2.3), which go by themselves when they are no longer true. Nothing
//! of a label is stored between days: it is derived anew from what was known before the as-of day.

use std::path::Path;

use polars::prelude::{
    Column, DataFrame, DataType, Expr, HConcatOptions, IntoColumn, IntoSeries, LazyFrame,
    ListBuilderTrait, ListStringChunkedBuilder, NULL, PolarsResult, Schema, col,
    concat_lf_horizontal, lit,
};

use super::label_facts::{Facts, Licence, days, keys, last_ends, licences, listed};
use super::params::{Label, ValidParams};
use super::row_sql::{day, seen_from, seen_schema};
use super::store::{part_path, save, scan};
use super::{Error, Registers, at};
use crate::codes;
use crate::ingest::Snapshot;
use crate::units::{AsOf, Day, Problem};

/// Warning: the business term ends within thirty days.
pub const TERM_ENDS: &str = "经营期限即将到期（30天内）";
/// Warning: the business term has ended.
pub const TERM_ENDED: &str = "经营期限已到期";
/// Warning: a licence, and none of its name after it, ends within thirty days.
pub const LICENCE_ENDS: &str = "许可证即将到期（30天内）";
/// Warning: a licence, and none of its name after it, has ended.
pub const LICENCE_ENDED: &str = "许可证已到期";
/// Warning: three years on the list of abnormal operation are over within sixty days.
pub const THREE_YEARS: &str = "列入经营异常即将届满3年（60天内）";

/// Days before an end in which it is called near.
const NEAR: i32 = 30;
/// Days before the three years are over in which that is called near.
const NEAR_THREE_YEARS: i32 = 60;

/// Whether labels differ from those of the source.
pub(super) fn are_derived(params: &ValidParams, snapshot: &Snapshot) -> bool {
    !params.labels.is_empty() || params.warnings || snapshot.has("licences")
}

/// The problems of rules that do not fit the columns of objects.
pub(super) fn check(params: &ValidParams, schema: &Schema) -> Vec<Problem> {
    let seen = seen_schema(schema);
    let rules = params.labels.iter().enumerate();
    let broken = rules.filter_map(|(index, rule)| {
        let when = rule.when.as_ref()?;
        let problem = when.check_boolean(&seen).err()?;
        Some(Problem::new(
            format!("label[{index}].when"),
            when.text(),
            problem,
        ))
    });
    broken.collect()
}

/// Writes the labels of every object of a partition, row by row, to `dir`.
pub(super) fn write_part(
    params: &ValidParams,
    snapshot: &Snapshot,
    as_of: AsOf,
    part: usize,
    dir: &Path,
) -> Result<(), Error> {
    let path = part_path(dir, part);
    let objects = snapshot.scan("objects", part)?;
    let licences = if snapshot.has("licences") {
        licences(snapshot.scan("licences", part)?, as_of.0).map_err(at(&path))?
    } else {
        Vec::new()
    };
    let listed = if params.warnings && snapshot.has("credit_events") {
        listed(snapshot.scan("credit_events", part)?).map_err(at(&path))?
    } else {
        Vec::new()
    };
    let facts = Facts { licences, listed };
    let desk = Desk {
        params,
        as_of: as_of.0,
        facts: &facts,
    };
    let write = || save(&mut desk.labels(objects)?, &path);
    write().map_err(at(&path))
}

/// The objects of a partition with the labels written for them.
pub(super) fn with_labels(mut objects: LazyFrame, labels: &Path) -> PolarsResult<LazyFrame> {
    let schema = objects.collect_schema()?;
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let others = names.iter().filter(|name| *name != "labels").map(col);
    let beside = [objects.select(others.collect::<Vec<_>>()), scan(labels)?];
    let both = concat_lf_horizontal(beside, HConcatOptions::default())?;
    let has = names.iter().any(|name| name == "labels");
    let order = names.iter().map(col).chain((!has).then(|| col("labels")));
    Ok(both.select(order.collect::<Vec<_>>()))
}

impl Registers {
    /// Id and labels of every object of partition `part`, eligible or not, ascending by key.
    ///
    /// # Errors
    /// An unreadable part.
    pub fn labels(&self, part: usize) -> Result<Vec<(String, Vec<String>)>, Error> {
        let path = part_path(&self.dir, part);
        let objects = self.objects(part)?;
        let read = || -> PolarsResult<Vec<(String, Vec<String>)>> {
            let frame = objects
                .select([col("object_id"), col("labels")])
                .collect()?;
            let (ids, lists) = (
                frame.column("object_id")?.str()?,
                frame.column("labels")?.list()?,
            );
            let one = |(at, id): (usize, Option<&str>)| {
                let list = lists.get_as_series(at);
                let labels = list.as_ref().map(|labels| labels.str()).transpose()?;
                let labels = labels
                    .into_iter()
                    .flat_map(|labels| labels.iter().flatten());
                Ok((
                    id.unwrap_or_default().to_owned(),
                    labels.map(str::to_owned).collect(),
                ))
            };
            ids.iter().enumerate().map(one).collect()
        };
        read().map_err(at(&path))
    }

    /// Ids of the eligible objects of partition `part` that carry no label, ascending by key.
    ///
    /// # Errors
    /// An unreadable part.
    pub fn unlabelled(&self, part: usize) -> Result<Vec<String>, Error> {
        let eligible = self.eligible(part)?;
        let rows = self.labels(part)?.into_iter().zip(eligible.iter());
        let without =
            rows.filter(|((_, labels), eligible)| labels.is_empty() && *eligible == Some(true));
        Ok(without.map(|((id, _), _)| id).collect())
    }
}

/// One partition while it is labelled.
struct Desk<'a> {
    params: &'a ValidParams,
    as_of: Day,
    facts: &'a Facts,
}

/// One object as the rules see it.
struct Row<'a> {
    industry: Option<&'a str>,
    established: Option<Day>,
    term_ends: Option<Day>,
    licences: &'a [Licence],
    listings: Vec<Day>,
}

impl Desk<'_> {
    fn labels(&self, mut objects: LazyFrame) -> PolarsResult<DataFrame> {
        let schema = objects.collect_schema()?;
        let seen = seen_from(objects, &schema, day(self.as_of));
        let frame = seen.select(self.wanted(&schema)).collect()?;
        let (keys, imported) = (keys(&frame)?, frame.column("labels")?.list()?.clone());
        let (established, term_ends) = (
            days(&frame, "established_on")?,
            days(&frame, "term_ends_on")?,
        );
        let industries = frame.column("industry_code")?.str()?.clone();
        let holds = self.conditions(&frame)?;
        let mut lists = ListStringChunkedBuilder::new("labels".into(), keys.len(), keys.len());
        for (at, &object) in keys.iter().enumerate() {
            let row = Row {
                industry: industries.get(at),
                established: established[at],
                term_ends: term_ends[at],
                licences: self.facts.licences_of(object),
                listings: self.facts.listings_of(object).collect(),
            };
            let given = imported.get_as_series(at);
            let given = given.as_ref().map(|labels| labels.str()).transpose()?;
            let mut labels: Vec<&str> = Vec::new();
            let own = given.into_iter().flat_map(|labels| labels.iter().flatten());
            let declared = self.declared(&row, |rule| {
                holds[rule].as_ref().is_none_or(|flags| flags[at])
            });
            for label in own
                .chain(declared)
                .chain(self.by_licence(&row))
                .chain(self.warnings(&row))
            {
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
            match (given, labels.is_empty()) {
                (None, true) => lists.append_null(),
                _ => lists.append_values_iter(labels.into_iter()),
            }
        }
        DataFrame::new(keys.len(), vec![lists.finish().into_series().into_column()])
    }

    /// Columns the rules look at, nulls where the snapshot has none, then one flag a condition.
    fn wanted(&self, schema: &Schema) -> Vec<Expr> {
        let texts = || DataType::List(Box::new(DataType::String));
        let looked_at = [
            ("labels", texts()),
            ("industry_code", DataType::String),
            ("established_on", DataType::Date),
            ("term_ends_on", DataType::Date),
        ];
        let columns = looked_at.map(|(name, dtype)| {
            if schema.contains(name) {
                col(name)
            } else {
                lit(NULL).cast(dtype).alias(name)
            }
        });
        let rules = self.params.labels.iter().enumerate();
        let conditions = rules.filter_map(|(index, rule)| {
            let when = rule.when.as_ref()?;
            Some(when.expr().fill_null(lit(false)).alias(condition(index)))
        });
        [col("object_key")]
            .into_iter()
            .chain(columns)
            .chain(conditions)
            .collect()
    }

    /// For each rule with a condition, whether it holds, row by row.
    fn conditions(&self, frame: &DataFrame) -> PolarsResult<Vec<Option<Vec<bool>>>> {
        let of_rule = |(index, rule): (usize, &Label)| match rule.when {
            None => Ok(None),
            Some(_) => flags(frame.column(&condition(index))?, frame.height()).map(Some),
        };
        self.params.labels.iter().enumerate().map(of_rule).collect()
    }

    fn declared(&self, row: &Row, holds: impl Fn(usize) -> bool) -> impl Iterator<Item = &str> {
        let rules = self.params.labels.iter().enumerate();
        rules
            .filter(move |(index, rule)| holds(*index) && self.applies(rule, row))
            .map(|(_, rule)| rule.name.as_str())
    }

    /// Whether all that a rule names but its condition is true of an object.
    fn applies(&self, rule: &Label, row: &Row) -> bool {
        let in_time = rule.from.is_none_or(|from| from <= self.as_of)
            && rule.until.is_none_or(|until| self.as_of <= until);
        let in_industry = rule.industries.is_empty()
            || row.industry.is_some_and(|code| {
                rule.industries
                    .iter()
                    .any(|prefix| codes::is_within(code, prefix))
            });
        in_time && in_industry && self.is_fresh(rule, row)
    }

    /// Whether a licence the rule names is valid, and the label has not expired since its grant, or since establishment.
    fn is_fresh(&self, rule: &Label, row: &Row) -> bool {
        let lasts = |since: Option<Day>| {
            let lasting = |days: i32| since.is_some_and(|since| self.as_of < since.plus(days));
            rule.expires_days.is_none_or(lasting)
        };
        if rule.licences.is_empty() {
            return lasts(row.established);
        }
        let named =
            |licence: &&Licence| rule.licences.iter().any(|name| licence.name.contains(name));
        let mut valid = row
            .licences
            .iter()
            .filter(|licence| licence.is_valid(self.as_of))
            .filter(named);
        valid.any(|licence| lasts(licence.granted))
    }

    fn by_licence<'b>(&self, row: &Row<'b>) -> impl Iterator<Item = &'b str> {
        let valid = row
            .licences
            .iter()
            .filter(|licence| licence.is_valid(self.as_of));
        valid.filter_map(|licence| licence.label.as_deref())
    }

    fn warnings(&self, row: &Row) -> Vec<&'static str> {
        if !self.params.warnings {
            return Vec::new();
        }
        let is_near = |end: Day, days: i32| self.as_of <= end && end <= self.as_of.plus(days);
        let ends = last_ends(row.licences);
        let three_years = |entered: &Day| is_near(entered.years_later(3), NEAR_THREE_YEARS);
        let told = [
            (
                TERM_ENDS,
                row.term_ends.is_some_and(|end| is_near(end, NEAR)),
            ),
            (
                TERM_ENDED,
                row.term_ends.is_some_and(|end| end < self.as_of),
            ),
            (LICENCE_ENDS, ends.iter().any(|end| is_near(*end, NEAR))),
            (LICENCE_ENDED, ends.iter().any(|end| *end < self.as_of)),
            (THREE_YEARS, row.listings.iter().any(three_years)),
        ];
        told.into_iter()
            .filter(|(_, is_true)| *is_true)
            .map(|(label, _)| label)
            .collect()
    }
}

fn condition(index: usize) -> String {
    format!("__when_{index}")
}

/// Flags of `n` rows; a condition over no column is one flag for all.
fn flags(column: &Column, n: usize) -> PolarsResult<Vec<bool>> {
    let flags = column.bool()?.iter().map(|flag| flag == Some(true));
    let flags: Vec<bool> = flags.collect();
    Ok(if flags.len() == n {
        flags
    } else {
        vec![flags.first() == Some(&true); n]
    })
}
