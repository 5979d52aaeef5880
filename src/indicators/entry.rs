//! Indicator catalogues as text: `[[indicator]]` entries in TOML, read so that every broken rule is reported at once.
//!
//! An entry has `name`, `zh`, `en`, `unit`, and one of `aggregate` (with `table`), `attribute`, `expression`.

mod prior;

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::{Table as Toml, Value};

use self::prior::PriorText;
use super::catalogue::{Aggregate, Definition, Records, Source, Table};
use crate::registers::RowSql;
use crate::units::Problem;

/// Columns every table has; no indicator may take their names.
const RESERVED: [&str; 6] = [
    "object_key",
    "as_of",
    "as_of_day",
    "label",
    "visit_id",
    "visit_on",
];

/// Keys that only some entries use.
const KEYS: [&str; 15] = [
    "table",
    "where",
    "value",
    "hit",
    "window_days",
    "half_life_days",
    "prior_rate",
    "prior_value",
    "prior_weight",
    "prior_where",
    "missing",
    "nth",
    "by",
    "others",
    "each_value_of",
];

/// One column or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Columns {
    One(String),
    Several(Vec<String>),
}

impl Columns {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(column) => vec![column],
            Self::Several(columns) => columns,
        }
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
    prior_rate: Option<PriorText>,
    prior_value: Option<PriorText>,
    prior_weight: Option<f64>,
    prior_where: Option<String>,
    missing: Option<f64>,
    nth: Option<usize>,
    by: Option<Columns>,
    others: Option<bool>,
    each_value_of: Option<String>,
    group: Option<String>,
    source: Option<String>,
    helper: Option<bool>,
    optional: Option<bool>,
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
        let (group, from) = (entry.group.take(), entry.source.take());
        let is_helper = entry.helper.unwrap_or(false);
        let is_optional = entry.optional.unwrap_or(false);
        let source = self.source(entry, written)?;
        Some(Definition {
            name,
            zh,
            en,
            unit,
            source,
            group,
            from,
            is_helper,
            is_optional,
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

    fn records(&mut self, mut entry: Entry, written: &[String]) -> Option<Source> {
        let aggregate = entry.aggregate?;
        let used = [
            &["table", "where", "window_days", "each_value_of"],
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
        let prior = self.prior(&mut entry);
        let by = entry.by.take().map(Columns::list);
        self.check_by(by.as_deref(), entry.others);
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
            by: by.unwrap_or_default(),
            others: entry.others.unwrap_or(false),
            each_value_of: entry.each_value_of,
        })))
    }

    fn check_numbers(&mut self, entry: &Entry) {
        let days = [
            ("window_days", entry.window_days.map(i64::from)),
            ("half_life_days", entry.half_life_days.map(i64::from)),
        ];
        for (key, days) in days {
            if let Some(days) = days.filter(|days| !(1..=36_525).contains(days)) {
                self.refuse(key, &days.to_string(), "must be whole days in 1 ..= 36525");
            }
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

    fn check_by(&mut self, by: Option<&[String]>, others: Option<bool>) {
        if by.is_some_and(<[String]>::is_empty) {
            self.refuse("by", "[]", "must name at least one column of objects");
        }
        if others.is_some() && by.is_none() {
            self.refuse("others", "", "is used together with by");
        }
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
