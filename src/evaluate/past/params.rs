//! `[deterrence]` of a job file: what is seen of everybody after a past draw, and how it is compared, as written and as checked.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Assignment, Comparison, DeterrenceParams};
use crate::units::Problem;

/// Days after a draw in which outcomes count, unless the job says otherwise.
const WINDOW_DAYS: u32 = 365;
/// Whose peers hear of each other, unless the job says otherwise.
const CELLS: [&str; 2] = ["industry_section", "region_code"];
/// Outer radii of the rings, km, unless the job says otherwise.
const RINGS_KM: [f64; 3] = [1.0, 5.0, 20.0];
/// Re-draws of a wave, unless the job says otherwise.
const REDRAWS: u32 = 2_000;

/// The fall that power figures ask for: 12 % to 8 %.
const EFFECT_ASKED: f64 = 1.0 / 3.0;

/// `[deterrence]` as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeterrenceSection {
    /// Kinds of credit events that are seen of everybody, whoever is visited: 投诉举报, 经营异常, 年报逾期 … An object has the
    /// outcome if one of them became known in the window.
    pub outcomes: Vec<String>,
    /// Days after a draw in which outcomes count, 1 to 3660. Default: 365.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_days: Option<u32>,
    /// Kinds that no visit can move. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placebo_kinds: Vec<String>,
    /// Whose peers hear of each other: `industry_section` (GB/T 4754) or columns of the register. Default: industry section and
    /// `region_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<Vec<String>>,
    /// Outer radii of rings of peers, km, ascending. Default: 1, 5, 20; an empty list leaves rings out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings_km: Option<Vec<f64>>,
    /// Re-draws of each wave, 99 to 100,000. Default: 2,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redraws: Option<u32>,
    /// Whether inspectors were sent by lot among those of the object's office (随机选派). Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspectors_by_lot: Option<bool>,
}

/// `[deterrence]` as checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidDeterrence {
    /// Kinds seen of everybody.
    pub outcomes: Vec<String>,
    /// Days of the window.
    pub window_days: u32,
    /// Kinds no visit can move.
    pub placebo_kinds: Vec<String>,
    /// Columns whose values make a cell.
    pub cells: Vec<String>,
    /// Outer radii, km.
    pub rings_km: Vec<f64>,
    /// Re-draws of each wave.
    pub redraws: u32,
    /// Whether inspectors were sent by lot.
    pub inspectors_by_lot: bool,
}

impl ValidDeterrence {
    /// How past waves are compared.
    #[must_use]
    pub fn params(&self) -> DeterrenceParams {
        DeterrenceParams {
            comparison: Comparison::DrawnWithNotDrawn,
            rings_km: self.rings_km.clone(),
            redraws: self.redraws,
            effect_asked: EFFECT_ASKED,
        }
    }

    /// How inspectors came to their targets.
    #[must_use]
    pub fn assignment(&self) -> Assignment {
        if self.inspectors_by_lot {
            Assignment::Random
        } else {
            Assignment::NotRandom
        }
    }
}

impl DeterrenceSection {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidDeterrence, Vec<Problem>> {
        let valid = self.completed();
        let mut problems = Vec::new();
        if valid.outcomes.is_empty() {
            let rule = "must name the kinds of credit events that are seen of everybody";
            problems.push(Problem::new("outcomes", "[]", rule));
        }
        let lists = [
            ("outcomes", &valid.outcomes, "must name kinds, each once"),
            (
                "placebo_kinds",
                &valid.placebo_kinds,
                "must name kinds, each once",
            ),
            ("cells", &valid.cells, "must name columns, each once"),
        ];
        for (key, names, rule) in lists {
            problems.extend(repeated(key, names, rule));
        }
        let both = |kind: &&String| valid.outcomes.contains(*kind);
        for kind in valid.placebo_kinds.iter().filter(both) {
            let rule = "an outcome cannot be what no visit can move";
            problems.push(Problem::new("placebo_kinds", kind, rule));
        }
        if valid.cells.is_empty() {
            let rule = "must name at least one column: standard errors are clustered by cell";
            problems.push(Problem::new("cells", "[]", rule));
        }
        problems.extend(numbers(&valid));
        if problems.is_empty() {
            Ok(valid)
        } else {
            Err(problems)
        }
    }

    fn completed(&self) -> ValidDeterrence {
        let cells = self.cells.clone();
        let rings = self.rings_km.clone();
        ValidDeterrence {
            outcomes: self.outcomes.clone(),
            window_days: self.window_days.unwrap_or(WINDOW_DAYS),
            placebo_kinds: self.placebo_kinds.clone(),
            cells: cells.unwrap_or_else(|| CELLS.map(str::to_owned).to_vec()),
            rings_km: rings.unwrap_or_else(|| RINGS_KM.to_vec()),
            redraws: self.redraws.unwrap_or(REDRAWS),
            inspectors_by_lot: self.inspectors_by_lot.unwrap_or(false),
        }
    }
}

fn repeated(key: &str, names: &[String], rule: &str) -> Vec<Problem> {
    let wrong =
        |(at, name): &(usize, &String)| name.trim().is_empty() || names[..*at].contains(name);
    let wrong = names.iter().enumerate().filter(wrong);
    wrong
        .map(|(_, name)| Problem::new(key, name, rule))
        .collect()
}

fn numbers(valid: &ValidDeterrence) -> Vec<Problem> {
    let mut problems = Vec::new();
    let rings = &valid.rings_km;
    let ascend = rings.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascend || rings.iter().any(|&km| !(0.05..=1_000.0).contains(&km)) {
        let rule = "must ascend between 0.05 and 1000 km";
        problems.push(Problem::new("rings_km", format!("{rings:?}"), rule));
    }
    if !(1..=3660).contains(&valid.window_days) {
        let rule = "must lie in 1 ..= 3660";
        problems.push(Problem::new("window_days", valid.window_days, rule));
    }
    if !(99..=100_000).contains(&valid.redraws) {
        let rule = "must lie in 99 ..= 100000: fewer cannot show 5 %";
        problems.push(Problem::new("redraws", valid.redraws, rule));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(toml: &str) -> DeterrenceSection {
        serde_json::from_str(toml).unwrap()
    }

    #[test]
    fn outcomes_alone_are_enough() {
        let valid = written(r#"{"outcomes": ["投诉举报"]}"#).check().unwrap();
        assert_eq!((valid.window_days, valid.redraws), (365, 2_000));
        assert_eq!(valid.cells, ["industry_section", "region_code"]);
        assert_eq!(valid.rings_km, [1.0, 5.0, 20.0]);
    }

    #[test]
    fn every_broken_rule_is_named() {
        let broken = written(
            r#"{"outcomes": ["a", "a"], "placebo_kinds": ["a", " "], "cells": [], "rings_km": [5.0, 1.0],
                "window_days": 0, "redraws": 10}"#,
        );
        let problems = broken.check().unwrap_err();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        let expected = [
            "outcomes",
            "placebo_kinds",
            "placebo_kinds",
            "cells",
            "rings_km",
            "window_days",
            "redraws",
        ];
        assert_eq!(keys, expected);
        assert!(written(r#"{"outcomes": []}"#).check().is_err());
    }
}
