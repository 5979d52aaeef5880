//! Indicator catalogues as text: `[[indicator]]` entries in TOML, read so that every broken rule is reported at once.
//!
//! An entry has `name`, `zh`, `en`, `unit`, and one of `aggregate` (with `table`), `attribute`, `expression`.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::{Table as Toml, Value};

use crate::registers::RowSql;
use crate::units::Problem;

/// Columns every table has; no indicator may take their names.
const RESERVED: [&str; 5] = ["object_key", "as_of", "as_of_day", "label", "visit_id"];

/// Keys that only some entries use.
const KEYS: [&str; 11] = [
    "table",
    "where",
    "value",
    "hit",
    "window_days",
    "half_life_days",
    "prior_rate",
    "prior_weight",
    "missing",
    "nth",
    "by",
];

/// A table of dated records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Table {
    Inspections,
    CreditEvents,
}

impl Table {
    /// Name of the snapshot's table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Inspections => "inspections",
            Self::CreditEvents => "credit_events",
        }
    }

    /// Column with the day the record is about.
    pub(super) fn event_day(self) -> &'static str {
        match self {
            Self::Inspections => "inspected_on",
            Self::CreditEvents => "event_on",
        }
    }
}

/// How the picked records of one object become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Aggregate {
    Count,
    Sum,
    Any,
    Rate,
    DaysSince,
    DecayedSum,
    DecayedMean,
    Distinct,
    Last,
    Mean,
    Max,
}

impl Aggregate {
    /// Keys it needs beside `table`.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::Any | Self::DaysSince => &[],
            Self::Rate => &["hit"],
            Self::DecayedSum => &["half_life_days"],
            Self::DecayedMean => &["value", "half_life_days"],
            Self::Sum | Self::Distinct | Self::Last | Self::Mean | Self::Max => &["value"],
        }
    }

    /// Keys it understands beside the required ones, `table`, `where` and `window_days`.
    fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::Sum => &["by"],
            Self::Any | Self::Distinct => &[],
            Self::Rate => &["by", "prior_rate", "prior_weight", "missing"],
            Self::DaysSince | Self::DecayedMean | Self::Mean | Self::Max => &["missing"],
            Self::DecayedSum => &["value"],
            Self::Last => &["nth", "missing"],
        }
    }
}

/// One indicator as declared.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) unit: String,
    pub(super) source: Source,
    /// File and key of the entry, for later problems.
    pub(super) file: String,
    pub(super) key: String,
}

/// Where an indicator's value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Records(Box<Records>),
    Attribute(RowSql),
    Expression(RowSql),
}

/// An aggregate over dated records.
#[derive(Clone, Debug)]
pub(super) struct Records {
    pub(super) aggregate: Aggregate,
    pub(super) table: Table,
    pub(super) filter: Option<RowSql>,
    /// `value`, or `hit` of a rate.
    pub(super) value: Option<RowSql>,
    pub(super) window_days: Option<i32>,
    pub(super) half_life_days: Option<u32>,
    /// Past rate and weight of an object without records.
    pub(super) prior: Option<(f64, f64)>,
    pub(super) missing: Option<f64>,
    pub(super) nth: usize,
    pub(super) by: Option<String>,
}

impl Definition {
    /// A broken rule at this entry's `key`.
    pub(super) fn problem(&self, key: &str, value: &str, rule: impl Into<String>) -> Problem {
        let mut problem = Problem::new(format!("{}.{key}", self.key), value, rule);
        problem.file.clone_from(&self.file);
        problem
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    zh: Option<String>,
    en: Option<String>,
    unit: Option<String>,
    aggregate: Option<Aggregate>,
    table: Option<Table>,
    #[serde(rename = "where")]
    filter: Option<String>,
    value: Option<String>,
    hit: Option<String>,
    window_days: Option<i32>,
    half_life_days: Option<u32>,
    prior_rate: Option<f64>,
    prior_weight: Option<f64>,
    missing: Option<f64>,
    nth: Option<usize>,
    by: Option<String>,
    attribute: Option<String>,
    expression: Option<String>,
}

/// Reads the catalogue `text` of `file`; problems are appended with keys such as `indicator[3].where`, counted from 0.
pub(super) fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<Definition> {
    let mut reader = Reader {
        file,
        key: String::new(),
        problems,
    };
    let Ok(mut whole) = text
        .parse::<Toml>()
        .map_err(|error| reader.refuse("", "", error.message()))
    else {
        return Vec::new();
    };
    if whole.remove("version") != Some(Value::Integer(1)) {
        reader.refuse("version", "", "must be 1");
    }
    let entries = match whole.remove("indicator") {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    for key in whole.keys() {
        reader.refuse(
            key,
            "",
            "is not a key of a catalogue; entries are written [[indicator]]",
        );
    }
    if entries.is_empty() {
        reader.refuse(
            "indicator",
            "",
            "must be a list of at least one [[indicator]]",
        );
    }
    entries
        .into_iter()
        .enumerate()
        .filter_map(|(index, entry)| reader.entry(index, entry))
        .collect()
}

/// Reports names that are declared twice, in one file or several.
pub(super) fn check_names(definitions: &[Definition], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for definition in definitions {
        if !seen.insert(&definition.name) {
            problems.push(definition.problem(
                "name",
                &definition.name,
                "must be a name no other indicator has",
            ));
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    key: String,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(&mut self, key: &str, value: &str, rule: impl Into<String>) {
        let dot = if self.key.is_empty() || key.is_empty() {
            ""
        } else {
            "."
        };
        let mut problem = Problem::new(format!("{}{dot}{key}", self.key), value, rule);
        self.file.clone_into(&mut problem.file);
        self.problems.push(problem);
    }

    fn entry(&mut self, index: usize, entry: Value) -> Option<Definition> {
        self.key = format!("indicator[{index}]");
        let before = self.problems.len();
        let Value::Table(mut entry) = entry else {
            self.refuse("", "", "must be a table");
            return None;
        };
        let written: Vec<_> = entry.keys().cloned().collect();
        self.drop_unreadable(&mut entry);
        let entry = Entry::deserialize(entry).expect("every key was read by itself");
        let definition = self.definition(entry, &written);
        self.key.clear();
        definition.filter(|_| self.problems.len() == before)
    }

    /// Reads every key by itself, so that each one that fails is reported.
    fn drop_unreadable(&mut self, entry: &mut Toml) {
        let keys: Vec<_> = entry.keys().cloned().collect();
        for key in keys {
            let alone = Toml::from_iter([(key.clone(), entry[&key].clone())]);
            if let Err(error) = Entry::deserialize(alone) {
                let value = entry[&key].to_string();
                self.refuse(&key, &value, error.message().trim().replace('\n', " "));
                entry.remove(&key);
            }
        }
    }

    fn definition(&mut self, mut entry: Entry, written: &[String]) -> Option<Definition> {
        let name = self.name(entry.name.take());
        let zh = self.text("zh", entry.zh.take());
        let en = self.text("en", entry.en.take());
        let unit = self.text("unit", entry.unit.take());
        let source = self.source(entry, written)?;
        Some(Definition {
            name,
            zh,
            en,
            unit,
            source,
            file: self.file.to_owned(),
            key: self.key.clone(),
        })
    }

    fn name(&mut self, name: Option<String>) -> String {
        let name = name.unwrap_or_default();
        let plain = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain
            || !name.starts_with(|c: char| c.is_ascii_lowercase())
            || RESERVED.contains(&name.as_str())
        {
            self.refuse(
                "name",
                &name,
                "must be lower-case letters, digits and _, and not a name of the tables",
            );
        }
        name
    }

    fn text(&mut self, key: &str, text: Option<String>) -> String {
        let text = text.unwrap_or_default();
        if text.trim().is_empty() {
            self.refuse(key, &text, "must be given");
        }
        text
    }

    fn source(&mut self, entry: Entry, written: &[String]) -> Option<Source> {
        let sources = ["aggregate", "attribute", "expression"];
        let named: Vec<_> = sources
            .into_iter()
            .filter(|key| written.iter().any(|other| other == key))
            .collect();
        let [source] = named[..] else {
            self.refuse(
                "",
                &named.join(", "),
                "must have exactly one of aggregate, attribute, expression",
            );
            return None;
        };
        match source {
            "aggregate" => self.records(entry, written),
            "attribute" => {
                self.check_keys(source, &[], written);
                self.sql("attribute", entry.attribute)
                    .map(Source::Attribute)
            }
            _ => {
                self.check_keys(source, &[], written);
                self.sql("expression", entry.expression)
                    .map(Source::Expression)
            }
        }
    }

    /// Reports keys that `source` does not use.
    fn check_keys(&mut self, source: &str, used: &[&str], written: &[String]) {
        let always = ["name", "zh", "en", "unit", source];
        for key in written
            .iter()
            .map(String::as_str)
            .filter(|key| KEYS.contains(key))
        {
            if !always.contains(&key) && !used.contains(&key) {
                self.refuse(key, "", format!("is not used by this {source}"));
            }
        }
    }

    fn records(&mut self, entry: Entry, written: &[String]) -> Option<Source> {
        let aggregate = entry.aggregate?;
        let used = [
            &["table", "where", "window_days"],
            aggregate.required(),
            aggregate.optional(),
        ]
        .concat();
        self.check_keys("aggregate", &used, written);
        for key in [&["table"], aggregate.required()].concat() {
            if !written.iter().any(|other| other == key) {
                self.refuse(key, "", "must be given for this aggregate");
            }
        }
        self.check_numbers(&entry);
        let prior = self.prior(&entry);
        let filter = entry.filter.and_then(|text| self.sql("where", Some(text)));
        let value = match (entry.value, entry.hit) {
            (Some(text), _) => self.sql("value", Some(text)),
            (None, Some(text)) => self.sql("hit", Some(text)),
            (None, None) => None,
        };
        Some(Source::Records(Box::new(Records {
            aggregate,
            table: entry.table?,
            filter,
            value,
            window_days: entry.window_days,
            half_life_days: entry.half_life_days,
            prior,
            missing: entry.missing,
            nth: entry.nth.unwrap_or(1),
            by: entry.by,
        })))
    }

    fn check_numbers(&mut self, entry: &Entry) {
        if entry
            .window_days
            .is_some_and(|days| !(1..=36_525).contains(&days))
        {
            self.refuse("window_days", "", "must be whole days in 1 ..= 36525");
        }
        if entry
            .half_life_days
            .is_some_and(|days| !(1..=36_525).contains(&days))
        {
            self.refuse("half_life_days", "", "must be whole days in 1 ..= 36525");
        }
        if entry.nth.is_some_and(|nth| !(1..=16).contains(&nth)) {
            self.refuse("nth", "", "must be in 1 ..= 16, 1 for the last record");
        }
        if entry.missing.is_some_and(|missing| !missing.is_finite()) {
            self.refuse(
                "missing",
                "",
                "must be a finite number; leave it out for null",
            );
        }
    }

    fn prior(&mut self, entry: &Entry) -> Option<(f64, f64)> {
        let (rate, weight) = match (entry.prior_rate, entry.prior_weight) {
            (None, None) => return None,
            (Some(rate), Some(weight)) => (rate, weight),
            _ => {
                self.refuse("prior_rate", "", "must be given together with prior_weight");
                return None;
            }
        };
        if !(0.0..=1.0).contains(&rate) {
            self.refuse("prior_rate", &rate.to_string(), "must lie in 0 ..= 1");
        }
        if !(weight > 0.0 && weight.is_finite()) {
            self.refuse(
                "prior_weight",
                &weight.to_string(),
                "must be a positive, finite number of records",
            );
        }
        if entry.missing.is_some() {
            self.refuse(
                "missing",
                "",
                "must be left out where a prior rate stands for objects without records",
            );
        }
        Some((rate, weight))
    }

    fn sql(&mut self, key: &str, text: Option<String>) -> Option<RowSql> {
        let text = text?;
        match RowSql::parse(&text) {
            Ok(sql) => Some(sql),
            Err(rule) => {
                self.refuse(key, &text, rule);
                None
            }
        }
    }
}
