//! A run against an earlier one: who changed class, what drifted, and what moved the hit rate between their rounds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::drift::{Drift, Migration};
use super::over_time::OverTime;
use crate::units::{AsOf, Digest};

/// What changed since an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Since {
    /// Digest of what the earlier run was made from: which run it is.
    pub run: Digest,
    /// Its job.
    pub job: String,
    /// Its 基准日.
    pub as_of: AsOf,
    /// Whether both were made with the same settings.
    pub same_settings: bool,
    /// Which keys of the job file differ; empty where a run kept no settings, or only files beside the job differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingChange>,
    /// Objects by class in both.
    pub migration: Migration,
    /// Classes, scores and indicators of both, largest index first within their kind; empty where a run kept no distribution.
    pub drifts: Vec<Drift>,
    /// Names of columns that only one of the runs has.
    pub alone: Vec<String>,
    /// Both rounds side by side, the change of the hit rate parted into mix, targeting and market.
    pub rounds: Option<OverTime>,
    /// Why the rounds are not held against each other.
    pub refused: Option<RoundsRefused>,
}

/// A key of the job file that two runs have different values at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// Dotted; a table of an array by its code, id or name, else by its place from 0: `risk.learned[net].logistic.penalty`.
    pub key: String,
    /// Earlier value as JSON; absent where the key was not given.
    pub from: Option<String>,
    /// Later value as JSON; absent where the key is not given.
    pub to: Option<String>,
}

/// The keys at which two settings differ, in order.
///
/// ```
/// use serde_json::json;
/// let (from, to) = (json!({ "plan": { "floor": 0.03 } }), json!({ "plan": { "floor": 0.05 } }));
/// let changed = choucha::evaluate::changed_settings(&from, &to);
/// assert_eq!((changed[0].key.as_str(), changed[0].to.as_deref()), ("plan.floor", Some("0.05")));
/// ```
#[must_use]
pub fn changed_settings(from: &Value, to: &Value) -> Vec<SettingChange> {
    let (from, to) = (leaves(from), leaves(to));
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let differs = |key: &&&String| from.get(**key) != to.get(**key);
    let change = |key: &String| SettingChange {
        key: key.clone(),
        from: from.get(key).cloned(),
        to: to.get(key).cloned(),
    };
    keys.iter().filter(differs).map(|key| change(key)).collect()
}

/// Every value that is no table, under its dotted key.
fn leaves(settings: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), settings)];
    while let Some((key, value)) = open.pop() {
        match value {
            Value::Object(table) => {
                let dot = if key.is_empty() { "" } else { "." };
                let below = table.iter();
                open.extend(below.map(|(name, value)| (format!("{key}{dot}{name}"), value)));
            }
            Value::Array(tables) if tables.iter().any(Value::is_object) => {
                let below = tables.iter().enumerate();
                open.extend(
                    below.map(|(at, table)| (format!("{key}[{}]", name(table, at)), table)),
                );
            }
            _ => {
                found.insert(key, value.to_string());
            }
        }
    }
    found
}

/// What a table of an array is called.
fn name(table: &Value, at: usize) -> String {
    let mut own = ["code", "id", "name"].iter();
    let own = own.find_map(|key| table.get(*key)?.as_str());
    own.map_or_else(|| at.to_string(), str::to_owned)
}

/// Why the rounds of two runs are not held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundsRefused {
    /// A run has no results of its draw.
    NoResults,
    /// The runs count a finding by different rules.
    HitRule,
    /// The runs have different classes, so that shares of classes mean different things.
    Classes,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_of_an_array_are_known_by_name_and_lists_are_one_value() {
        let from = json!({ "risk": { "class": [{ "code": "A", "from": 0 }, { "code": "B", "from": 10 }] }, "by": ["region"] });
        let to = json!({ "risk": { "class": [{ "code": "B", "from": 12 }, { "code": "A", "from": 0 }] }, "by": ["region", "item"], "as_of": "2025-01-01" });
        let changed = changed_settings(&from, &to);
        let said: Vec<_> = changed
            .iter()
            .map(|one| (one.key.as_str(), one.from.as_deref(), one.to.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("as_of", None, Some("\"2025-01-01\"")),
                ("by", Some("[\"region\"]"), Some("[\"region\",\"item\"]")),
                ("risk.class[B].from", Some("10"), Some("12")),
            ]
        );
        assert!(changed_settings(&to, &to).is_empty());
    }
}
