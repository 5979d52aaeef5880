//! Settings of the second draw: team, load, rotation, reach; as written and as checked.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::units::{Problem, Ratio, Rounding};

/// Staff that can never be counted as inspectors: 聘用制 staff hold no certificate and enforce no law.
pub const CONTRACT_STAFF: &str = "聘用制";

/// The level any other level stands for in `[assign.reach]`.
const ANY_LEVEL: &str = "*";

/// The `[assign]` section as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Inspectors of one team, 2 ..= 32. Default: 2. A visit that needs more specialties gets one inspector for each.
    #[serde(default = "two")]
    pub team_size: u32,
    /// Visits of one inspector on one day, at least 1. Default: 1.
    #[serde(default = "one")]
    pub visits_per_day_max: u32,
    /// Visits of one inspector in the whole round. Default: 0 and no ceiling.
    #[serde(default)]
    pub load: Load,
    /// Greatest probability of any one inspector at any one visit, above 0 and at most 1, at most six decimals. Default: 1.
    #[serde(default = "certain")]
    pub pair_probability_max: f64,
    /// What of the last visit's team may not come again. Default: everybody may.
    #[serde(default)]
    pub rotation: Rotation,
    /// 人员性质 that are never drawn; must hold 聘用制. Default: that alone.
    #[serde(default = "contract_staff")]
    pub not_inspectors: Vec<String>,
    /// How far an inspector of a 层级 may be sent, `*` being every other level: `office`, `region:N` (the first N
    /// characters of the region codes agree) or `anywhere` in the department. Default: `anywhere`.
    #[serde(default)]
    pub reach: BTreeMap<String, String>,
}

/// Bounds of one inspector's visits in the round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Least visits. What cannot be reached under the law is listed, not forced. Default: 0.
    #[serde(default)]
    pub floor: u32,
    /// Most visits, at least 1. Default: no ceiling.
    #[serde(default)]
    pub ceiling: Option<u32>,
}

/// 轮换: “确保每次双随机人员不同”.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The last team may come again.
    #[default]
    None,
    /// No two of the last team come again together.
    NewPair,
    /// Nobody of the last team comes again.
    NewInspectors,
}

/// How far an inspector may be sent inside the department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reach {
    /// Objects of the inspector's own office.
    Office,
    /// Objects whose region code agrees in its first characters, at least 1.
    Region(usize),
    /// Every object.
    Anywhere,
}

impl FromStr for Reach {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rule = "a reach must be \"office\", \"region:N\" with N in 1 ..= 64, or \"anywhere\"";
        match text {
            "office" => Ok(Self::Office),
            "anywhere" => Ok(Self::Anywhere),
            _ => {
                let length = text.strip_prefix("region:").and_then(|n| n.parse().ok());
                let length = length.filter(|n| (1..=64).contains(n));
                length.map(Self::Region).ok_or(rule)
            }
        }
    }
}

impl TryFrom<String> for Reach {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reach> for String {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Office => "office".to_owned(),
            Reach::Region(length) => format!("region:{length}"),
            Reach::Anywhere => "anywhere".to_owned(),
        }
    }
}

fn one() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn certain() -> f64 {
    1.0
}

fn contract_staff() -> Vec<String> {
    vec![CONTRACT_STAFF.to_owned()]
}

/// Settings that keep every rule; whole numbers and texts alone, so that a seal can commit them. Made only by
/// [`Params::check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidParams {
    pub(super) team_size: u32,
    pub(super) visits_per_day_max: u32,
    pub(super) load: Load,
    pub(super) pair_probability_max_millionths: u64,
    pub(super) rotation: Rotation,
    pub(super) not_inspectors: Vec<String>,
    pub(super) reach: BTreeMap<String, Reach>,
}

impl Params {
    /// Checks every rule.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the `assign` section.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = self.size_problems();
        let cap = Ratio::from_f64(self.pair_probability_max)
            .map(|ratio| ratio.of(1_000_000, Rounding::HalfUp))
            .filter(|&millionths| millionths > 0);
        if cap.is_none() {
            problems.push(Problem::new(
                "pair_probability_max",
                self.pair_probability_max,
                "a probability must be above 0 and at most 1, with at most six decimals",
            ));
        }
        let mut reach = BTreeMap::new();
        for (level, text) in &self.reach {
            match text.parse() {
                Ok(found) => _ = reach.insert(level.clone(), found),
                Err(rule) => problems.push(Problem::new(format!("reach.{level}"), text, rule)),
            }
        }
        let Some(pair_probability_max_millionths) = cap.filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        Ok(ValidParams {
            team_size: self.team_size,
            visits_per_day_max: self.visits_per_day_max,
            load: self.load,
            pair_probability_max_millionths,
            rotation: self.rotation,
            not_inspectors: self.not_inspectors.clone(),
            reach,
        })
    }

    fn size_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !(2..=32).contains(&self.team_size) {
            problems.push(Problem::new(
                "team_size",
                self.team_size,
                "a team must have at least two inspectors (检查人员不得少于两人) and at most 32",
            ));
        }
        if self.visits_per_day_max == 0 {
            let rule = "an inspector must be able to make one visit a day";
            problems.push(Problem::new("visits_per_day_max", 0, rule));
        }
        let ceiling = self.load.ceiling;
        if let Some(ceiling) = ceiling.filter(|&most| most == 0 || most < self.load.floor) {
            let rule = "a ceiling must be at least 1 and not below the floor";
            problems.push(Problem::new("load.ceiling", ceiling, rule));
        }
        if !self
            .not_inspectors
            .iter()
            .any(|kind| kind == CONTRACT_STAFF)
        {
            problems.push(Problem::new(
                "not_inspectors",
                self.not_inspectors.join(", "),
                format!("must hold {CONTRACT_STAFF}: such staff cannot be counted as inspectors"),
            ));
        }
        problems
    }
}

impl ValidParams {
    /// How far an inspector of this level may be sent.
    pub(super) fn reach_of(&self, level: &str) -> Reach {
        let found = self.reach.get(level).or_else(|| self.reach.get(ANY_LEVEL));
        found.copied().unwrap_or(Reach::Anywhere)
    }

    /// Inspectors of the team of a visit that needs `n_specialties` different specialties.
    pub(super) fn team_of(&self, n_specialties: usize) -> usize {
        n_specialties.max(self.team_size as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(change: impl FnOnce(&mut Params)) -> Params {
        let mut params = Params {
            team_size: 2,
            visits_per_day_max: 1,
            load: Load::default(),
            pair_probability_max: 1.0,
            rotation: Rotation::None,
            not_inspectors: contract_staff(),
            reach: BTreeMap::new(),
        };
        change(&mut params);
        params
    }

    #[test]
    fn an_empty_section_is_two_of_anywhere() {
        let params: Params = serde_json::from_str("{}").unwrap();
        assert_eq!(params, written(|_| {}));
        let valid = params.check().unwrap();
        assert_eq!(valid.reach_of("县级"), Reach::Anywhere);
        assert_eq!((valid.team_of(0), valid.team_of(3)), (2, 3));
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let params = written(|params| {
            params.team_size = 1;
            params.visits_per_day_max = 0;
            params.load = Load {
                floor: 3,
                ceiling: Some(2),
            };
            params.pair_probability_max = 0.0;
            params.not_inspectors.clear();
            params.reach = BTreeMap::from([("所级".to_owned(), "village".to_owned())]);
        });
        let problems = params.check().unwrap_err();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        let expected = [
            "team_size",
            "visits_per_day_max",
            "load.ceiling",
            "not_inspectors",
            "pair_probability_max",
            "reach.所级",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn checked_settings_come_back_from_their_text() {
        let valid = written(|params| {
            params.pair_probability_max = 0.4;
            params.reach = BTreeMap::from([
                ("所级".to_owned(), "office".to_owned()),
                ("*".to_owned(), "region:6".to_owned()),
            ]);
        })
        .check()
        .unwrap();
        let text = serde_json::to_string(&valid).unwrap();
        assert!(
            text.contains("\"pair_probability_max_millionths\":400000"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<ValidParams>(&text).unwrap(), valid);
        assert_eq!(valid.reach_of("所级"), Reach::Office);
        assert_eq!(valid.reach_of("县级"), Reach::Region(6));
    }
}
