//! What the model card says of the job's settings, as they were written.

use serde_json::Value;

use super::attribute_header;
use crate::evaluate::{CardFacts, Named};
use crate::job::Job;

/// Settings of the card: model, labels, policy, attributes.
#[must_use]
pub fn card(job: &Job) -> CardFacts {
    let settings: Value = serde_json::from_slice(&job.settings).unwrap_or_default();
    let mut policy = entries(&settings["plan"]);
    policy.extend(
        entries(&settings["round"])
            .into_iter()
            .filter(|one| one.name != "item"),
    );
    CardFacts {
        model: text(&settings["risk"]["model"]),
        labels: entries(&settings["risk"]["labels"]),
        policy,
        attributes: job
            .fairness
            .by()
            .iter()
            .map(|name| Named {
                name: name.clone(),
                text: attribute_header(name).to_owned(),
            })
            .collect(),
    }
}

fn entries(table: &Value) -> Vec<Named> {
    let all = table.as_object().into_iter().flatten();
    all.map(|(key, value)| Named {
        name: key.clone(),
        text: text(value),
    })
    .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(table) => {
            let parts = table
                .iter()
                .map(|(key, value)| format!("{key} = {}", text(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
