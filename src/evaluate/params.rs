//! Settings of evaluate: as written, and as checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::HitRule;
use crate::ingest::{CLEAN_CODES, HIT_CODES, HitCodes, Meaning, UNREACHABLE_CODES, VOID_CODES};
use crate::units::{Problem, Ratio};

/// `[evaluate]` as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// `"codes"` or `"found"`.
    pub hit_rule: HitRule,
    /// Whether 无法联系 alone counts as a finding. Default: true.
    #[serde(default = "yes")]
    pub unreachable_is_hit: bool,
    /// Codes of findings. Default: A, B, C, D, E, 3, 4, 5, G, 8.
    #[serde(default = "hit_codes")]
    pub hit_codes: Vec<String>,
    /// Codes of 无法联系. Default: 6.
    #[serde(default = "unreachable_codes")]
    pub unreachable_codes: Vec<String>,
    /// Codes of 无效对象. Default: 7, 9, 10, 11, 12, F.
    #[serde(default = "void_codes")]
    pub void_codes: Vec<String>,
    /// Codes of 未发现问题. Default: 1.
    #[serde(default = "clean_codes")]
    pub clean_codes: Vec<String>,
    /// Bootstrap replicates, 200 to 10 000. Default: 1 000.
    #[serde(default = "replicates")]
    pub replicates: u32,
    /// The model every other one is compared with in a replay. Default: `past_rate`.
    #[serde(default = "baseline")]
    pub baseline: String,
    /// Attributes the hit rate is shown by: `region`, `industry`, `office`, `department`, `month` (of the visit), or any
    /// column of the register; `industry` and `region` together also give the map. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Other policies whose value is asked of the past: 抽查比例 per class, by name; classes left out are not drawn from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, BTreeMap<String, Ratio>>,
}

/// `[evaluate]` as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidParams {
    pub(crate) hit_rule: HitRule,
    pub(crate) codes: HitCodes,
    pub(crate) replicates: u32,
    pub(crate) baseline: String,
    pub(crate) by: Vec<String>,
    pub(crate) policies: BTreeMap<String, BTreeMap<String, Ratio>>,
}

impl ValidParams {
    /// Bootstrap replicates.
    #[must_use]
    pub fn replicates(&self) -> u32 {
        self.replicates
    }

    /// What each result code means, for those who derive findings from codes.
    #[must_use]
    pub fn hit_codes(&self) -> &HitCodes {
        &self.codes
    }

    /// Attributes the hit rate is shown by.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.by
    }
}

impl Params {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        if !(200..=10_000).contains(&self.replicates) {
            problems.push(Problem::new(
                "replicates",
                self.replicates,
                "must lie in 200 ..= 10000",
            ));
        }
        if self.baseline.trim().is_empty() {
            problems.push(Problem::new("baseline", "\"\"", "must name a model"));
        }
        for (at, name) in self.by.iter().enumerate() {
            if name.trim().is_empty() || self.by[..at].contains(name) {
                problems.push(Problem::new("by", name, "must name attributes, each once"));
            }
        }
        for (name, ratios) in &self.policies {
            if ratios.values().all(|ratio| *ratio == Ratio::ZERO) {
                let key = format!("policies.{name}");
                problems.push(Problem::new(
                    &key,
                    "0",
                    "a policy must draw from some class",
                ));
            }
        }
        let meanings = self.meanings(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ValidParams {
            hit_rule: self.hit_rule,
            codes: HitCodes {
                meanings,
                unreachable_is_hit: self.unreachable_is_hit,
            },
            replicates: self.replicates,
            baseline: self.baseline.clone(),
            by: self.by.clone(),
            policies: self.policies.clone(),
        })
    }

    fn meanings(&self, problems: &mut Vec<Problem>) -> BTreeMap<String, Meaning> {
        let lists = [
            ("hit_codes", &self.hit_codes, Meaning::Hit),
            (
                "unreachable_codes",
                &self.unreachable_codes,
                Meaning::Unreachable,
            ),
            ("void_codes", &self.void_codes, Meaning::Void),
            ("clean_codes", &self.clean_codes, Meaning::Clean),
        ];
        let mut meanings = BTreeMap::new();
        for (key, codes, meaning) in lists {
            for code in codes {
                if code.trim().is_empty() {
                    problems.push(Problem::new(key, "\"\"", "a result code must not be empty"));
                }
                if meanings.insert(code.trim().to_owned(), meaning).is_some() {
                    problems.push(Problem::new(
                        key,
                        code,
                        "a result code may stand in one list only, once",
                    ));
                }
            }
        }
        meanings
    }
}

fn yes() -> bool {
    true
}

fn replicates() -> u32 {
    1_000
}

fn baseline() -> String {
    "past_rate".to_owned()
}

fn hit_codes() -> Vec<String> {
    owned(HIT_CODES)
}

fn unreachable_codes() -> Vec<String> {
    owned(UNREACHABLE_CODES)
}

fn void_codes() -> Vec<String> {
    owned(VOID_CODES)
}

fn clean_codes() -> Vec<String> {
    owned(CLEAN_CODES)
}

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|&code| code.to_owned()).collect()
}
