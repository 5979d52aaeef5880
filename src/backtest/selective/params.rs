//! `[backtest.selective]` of a job file, as written and as checked.

use serde::{Deserialize, Serialize};

use crate::evaluate::{PolicyFacts, PolicyKind};
use crate::units::{Day, Problem};

/// Settings as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectiveParams {
    /// First day of the population. Absent: that of the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// The day after the last one of the population. Absent: the end of the last cut-off's window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Calendar months of a round: 1, 2, 3, 4, 6 or 12. 3 unless told.
    #[serde(default = "three")]
    pub round_months: u32,
    /// Share of a round's objects that is visited, above 0 and below 1. 0.2 unless told.
    #[serde(default = "fifth")]
    pub budget: f64,
    /// Replicates, each with its own draws, 1 to 1 000. 30 unless told.
    #[serde(default = "thirty")]
    pub replicates: u32,
    /// Exponents γ of π = clip(λ r^γ, floor, cap). 1, 2 and 4 unless told.
    #[serde(default = "gammas")]
    pub gammas: Vec<f64>,
    /// Least probability of π ∝ r^γ, above 0 and below the budget. 0.05 unless told.
    #[serde(default = "twentieth")]
    pub floor: f64,
    /// Largest probability of π ∝ r^γ, above the budget and at most 1. 0.95 unless told.
    #[serde(default = "nineteen_twentieths")]
    pub cap: f64,
    /// Shares of the visits that a greedy policy gives to chance. 0.1 and 0.3 unless told.
    #[serde(default = "explored")]
    pub explored: Vec<f64>,
    /// How the models of π ∝ r^γ learn: `plain`, `weighted` by 1/π, or `both`. `both` unless told.
    #[serde(default)]
    pub training: Training,
    /// How π ∝ r^γ is drawn: `poisson`, or `pareto` of fixed size. `poisson` unless told.
    #[serde(default)]
    pub design: DrawDesign,
    /// Ridge on standardised weights in units of one visit (1/C of scikit-learn), above 0. 3.333 unless told.
    #[serde(default = "ridge")]
    pub ridge: f64,
    /// Indicators the models learn from. Absent: all, or none where `columns` are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicators: Option<Vec<String>>,
    /// Columns of inspections that hold numbers known before the visit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Whether numbers are standardised over the whole population and no more (`none`), or drawn in, put on a logarithm and
    /// standardised over the visits seen (`usual`).
    #[serde(default)]
    pub prepare: Prepared,
}

/// What models learn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Training {
    /// Every visit counts one.
    Plain,
    /// Visits count 1/π, capped and stabilised.
    Weighted,
    /// Each policy once so and once so.
    #[default]
    Both,
}

/// How unequal probabilities are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawDesign {
    /// Each object by itself.
    #[default]
    Poisson,
    /// The smallest keys of calibrated Pareto order sampling.
    Pareto,
}

/// How numbers become terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prepared {
    /// Drawn in at the ends, long ones on a logarithm, flags of missing values, standardised over the visits seen.
    #[default]
    Usual,
    /// Standardised over the population and no more.
    None,
}

impl DrawDesign {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Pareto => "pareto",
        }
    }
}

impl SelectiveParams {
    /// Every broken rule, with keys relative to `[backtest]`.
    pub(in crate::backtest) fn check(&self) -> Vec<Problem> {
        let inside = |share: f64, low: f64, high: f64| share > low && share < high;
        let good = [
            (
                "round_months",
                self.round_months.to_string(),
                [1, 2, 3, 4, 6, 12].contains(&self.round_months),
                "must be 1, 2, 3, 4, 6 or 12",
            ),
            (
                "budget",
                self.budget.to_string(),
                inside(self.budget, 0.0, 1.0),
                "must be a share above 0 and below 1",
            ),
            (
                "replicates",
                self.replicates.to_string(),
                (1..=1_000).contains(&self.replicates),
                "must lie in 1 ..= 1000",
            ),
            (
                "floor",
                self.floor.to_string(),
                inside(self.floor, 0.0, self.budget),
                "must be above 0 and below the budget",
            ),
            (
                "cap",
                self.cap.to_string(),
                self.cap > self.budget && self.cap <= 1.0,
                "must be above the budget and at most 1",
            ),
            (
                "gammas",
                format!("{:?}", self.gammas),
                self.gammas.iter().all(|gamma| inside(*gamma, 0.0, 100.0)),
                "must lie above 0 and below 100",
            ),
            (
                "explored",
                format!("{:?}", self.explored),
                self.explored.iter().all(|share| inside(*share, 0.0, 1.0)),
                "must be shares above 0 and below 1",
            ),
            (
                "ridge",
                self.ridge.to_string(),
                self.ridge.is_finite() && self.ridge > 0.0,
                "must be a finite number above 0",
            ),
        ];
        let broken = good.into_iter().filter(|(_, _, good, _)| !good);
        let named = |key: &str| format!("selective.{key}");
        broken
            .map(|(key, value, _, rule)| Problem::new(named(key), value, rule))
            .collect()
    }

    /// The policies, in the order they are shown.
    pub(super) fn policies(&self) -> Vec<PolicyFacts> {
        let plain = |kind| PolicyFacts {
            kind,
            weighted: false,
        };
        let explore = self
            .explored
            .iter()
            .map(|share| PolicyKind::Explore(*share));
        let fixed = [PolicyKind::Equal, PolicyKind::Greedy];
        let mut policies: Vec<PolicyFacts> = fixed.into_iter().chain(explore).map(plain).collect();
        let ways: &[bool] = match self.training {
            Training::Plain => &[false],
            Training::Weighted => &[true],
            Training::Both => &[false, true],
        };
        for gamma in &self.gammas {
            let kind = PolicyKind::Power(*gamma);
            policies.extend(ways.iter().map(|&weighted| PolicyFacts { kind, weighted }));
        }
        policies
    }
}

fn three() -> u32 {
    3
}

fn fifth() -> f64 {
    0.2
}

fn thirty() -> u32 {
    30
}

fn gammas() -> Vec<f64> {
    vec![1.0, 2.0, 4.0]
}

fn twentieth() -> f64 {
    0.05
}

fn nineteen_twentieths() -> f64 {
    0.95
}

fn explored() -> Vec<f64> {
    vec![0.1, 0.3]
}

fn ridge() -> f64 {
    3.333
}

#[cfg(test)]
mod tests {
    use super::SelectiveParams;
    use crate::evaluate::PolicyKind;

    fn written(text: &str) -> SelectiveParams {
        serde_json::from_str(text).expect("settings")
    }

    #[test]
    fn nothing_need_be_told() {
        let params = written("{}");
        assert!(params.check().is_empty());
        let policies = params.policies();
        assert_eq!(policies.len(), 10);
        assert_eq!(policies[1].kind, PolicyKind::Greedy);
        assert!(policies[9].weighted);
    }

    #[test]
    fn every_broken_rule_is_named() {
        let text = r#"{"round_months": 5, "budget": 0.1, "floor": 0.2, "cap": 0.05, "gammas": [0], "explored": [1], "ridge": 0,
            "replicates": 0}"#;
        let keys: Vec<String> = written(text)
            .check()
            .into_iter()
            .map(|one| one.key)
            .collect();
        let expected = [
            "round_months",
            "replicates",
            "floor",
            "cap",
            "gammas",
            "explored",
            "ridge",
        ];
        assert_eq!(keys, expected.map(|key| format!("selective.{key}")));
    }
}
