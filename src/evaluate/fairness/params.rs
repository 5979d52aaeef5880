//! `[fairness]` of a job file: by what the draw is looked at, as written and as checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluate::N_MIN;
use crate::units::Problem;

/// By what the draw is looked at unless the job says otherwise.
const BY: [&str; 5] = ["size", "kind", "industry", "age", "region"];

/// `[fairness]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FairnessParams {
    /// `industry` (section of GB/T 4754), `age` (years since establishment), `region` (division), or a column of the register, as
    /// it stands there. Default: size, kind, industry, age, region. An empty list leaves the section out.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// The group others are held against, by attribute. Default: the largest.
    #[serde(default)]
    pub reference: BTreeMap<String, String>,
    /// Codes of the classes that count as taken for risky. Default: the highest ranked class.
    #[serde(default)]
    pub high: Vec<String>,
    /// Codes of the classes whose missed risk is looked at. Default: the lower half of the ranked classes.
    #[serde(default)]
    pub low: Vec<String>,
    /// Fewest objects or results a number is given for, at least 5. Default: 30.
    #[serde(default)]
    pub minimum: Option<u64>,
}

/// `[fairness]` as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidFairness {
    pub(crate) by: Vec<String>,
    pub(crate) reference: BTreeMap<String, String>,
    pub(crate) high: Vec<String>,
    pub(crate) low: Vec<String>,
    pub(crate) minimum: u64,
}

impl ValidFairness {
    /// The attributes, in order.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// Class codes the job must declare: key below the section, and code.
    pub fn classes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let high = self.high.iter().map(|code| ("high", code.as_str()));
        high.chain(self.low.iter().map(|code| ("low", code.as_str())))
    }
}

impl FairnessParams {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidFairness, Vec<Problem>> {
        let mut problems = Vec::new();
        let by = self
            .by
            .clone()
            .unwrap_or_else(|| BY.map(str::to_owned).to_vec());
        for (at, name) in by.iter().enumerate() {
            if name.trim().is_empty() || by[..at].contains(name) {
                problems.push(Problem::new("by", name, "must name attributes, each once"));
            }
        }
        for name in self.reference.keys().filter(|name| !by.contains(name)) {
            problems.push(Problem::new(
                format!("reference.{name}"),
                name,
                "must be one of the attributes in by",
            ));
        }
        for code in self.high.iter().filter(|code| self.low.contains(code)) {
            problems.push(Problem::new(
                "low",
                code,
                "a class cannot count as risky and as not risky",
            ));
        }
        let minimum = self.minimum.unwrap_or(N_MIN);
        if minimum < 5 {
            problems.push(Problem::new(
                "minimum",
                minimum,
                "must be 5 or more: smaller cells point at single businesses",
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ValidFairness {
            by,
            reference: self.reference.clone(),
            high: self.high.clone(),
            low: self.low.clone(),
            minimum,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_settings_look_at_five_attributes_and_cells_of_thirty() {
        let valid = FairnessParams::default().check().unwrap();
        assert_eq!((valid.by.len(), valid.minimum), (5, 30));
    }

    #[test]
    fn every_broken_rule_is_named() {
        let written = FairnessParams {
            by: Some(vec!["size".into(), "size".into()]),
            reference: BTreeMap::from([("kind".into(), "企业".into())]),
            high: vec!["D".into()],
            low: vec!["D".into()],
            minimum: Some(2),
        };
        let keys: Vec<String> = written
            .check()
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.key)
            .collect();
        assert_eq!(keys, ["by", "reference.kind", "low", "minimum"]);
    }
}
