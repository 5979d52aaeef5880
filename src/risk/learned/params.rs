//! `[risk.learning]`: what learned models are fitted on, how they are calibrated, how sure their scores are said to be.

use serde::{Deserialize, Serialize};

use crate::units::Problem;

/// The section as written; every key has a value without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// Fewest labels with a finding a model may be fitted on, at least 1. 50 unless told.
    #[serde(default = "fifty")]
    pub positives_min: u64,
    /// SQL over a visit's columns: the probability with which it was drawn, null where it was not drawn at random. Absent:
    /// every visit counts one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<String>,
    /// No weight 1/π above this multiple of the median, at least 1. 20 unless told.
    #[serde(default = "twenty")]
    pub weight_cap: f64,
    /// How scores become probabilities. `platt` unless told.
    #[serde(default)]
    pub calibration: Method,
    /// Blocks of time, 2 to 20: each but the first is scored by models of the visits known before it, and these scores
    /// calibrate. 5 unless told.
    #[serde(default = "five")]
    pub blocks: usize,
    /// Refits of the chosen model under random weights, 2 to 200, or 0 for no interval. 20 unless told.
    #[serde(default = "refits")]
    pub refits: u32,
    /// Share of intervals that are to cover, above 0 and below 1. 0.9 unless told.
    #[serde(default = "nine_tenths")]
    pub level: f64,
}

/// How scores become probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A logistic line.
    #[default]
    Platt,
    /// A monotone staircase.
    Isotonic,
}

impl Default for Learning {
    fn default() -> Self {
        Self {
            positives_min: fifty(),
            probability: None,
            weight_cap: twenty(),
            calibration: Method::default(),
            blocks: five(),
            refits: refits(),
            level: nine_tenths(),
        }
    }
}

impl Learning {
    /// Every broken rule, with keys below `[risk]`.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        let rules = [
            (
                "positives_min",
                self.positives_min.to_string(),
                self.positives_min > 0,
                "must be at least 1",
            ),
            (
                "weight_cap",
                self.weight_cap.to_string(),
                self.weight_cap.is_finite() && self.weight_cap >= 1.0,
                "must be a multiple of the median, at least 1",
            ),
            (
                "blocks",
                self.blocks.to_string(),
                (2..=20).contains(&self.blocks),
                "must lie in 2 ..= 20",
            ),
            (
                "refits",
                self.refits.to_string(),
                self.refits == 0 || (2..=200).contains(&self.refits),
                "must be 0 or lie in 2 ..= 200",
            ),
            (
                "level",
                self.level.to_string(),
                self.level > 0.0 && self.level < 1.0,
                "must lie above 0 and below 1",
            ),
        ];
        let broken = rules.into_iter().filter(|(_, _, holds, _)| !holds);
        problems.extend(
            broken
                .map(|(key, value, _, rule)| Problem::new(format!("learning.{key}"), value, rule)),
        );
    }
}

fn fifty() -> u64 {
    50
}

fn twenty() -> f64 {
    20.0
}

fn five() -> usize {
    5
}

fn refits() -> u32 {
    20
}

fn nine_tenths() -> f64 {
    0.9
}
