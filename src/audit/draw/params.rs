//! The design a draw is said to have followed, as written in a small TOML file and as checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::{Digest, HashName, Problem};

/// How the objects are said to have been chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// 等概率: within a stratum every object with the same probability, their number fixed.
    #[default]
    Equal,
    /// 差异化概率: within a stratum in proportion to a weight; objects of one weight are alike.
    Weighted,
}

/// Where the teams of inspectors are said to have been drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Within the district of the object, where the register has districts.
    #[default]
    District,
    /// Among all inspectors of a round.
    Everywhere,
}

/// Sampling fractions that were announced, by the value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratios {
    /// Column of the register.
    pub column: String,
    /// Fraction of the objects with that value, 0 to 1, per round.
    pub values: BTreeMap<String, f64>,
}

/// The design file; every key has a default, and an absent file means all of them.
///
/// ```
/// use choucha::audit::draw::Params;
/// let design: Params = toml::from_str("strata = [\"office\"]").unwrap();
/// assert!(design.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Name of the audited draw. Default: none.
    #[serde(default)]
    pub title: Option<String>,
    /// `"equal"` or `"weighted"`. Default: equal.
    #[serde(default)]
    pub design: Design,
    /// Register column that holds each object's weight, level or probability; for `weighted`. Default: not given, and then
    /// no test that needs it is made.
    #[serde(default)]
    pub weights: Option<String>,
    /// Register columns that make the strata; the number drawn from each is taken as fixed. Default: none.
    #[serde(default)]
    pub strata: Vec<String>,
    /// Register column of districts. Default: `office`, else `region_code`, where the register has it.
    #[serde(default)]
    pub district: Option<String>,
    /// Register columns by which the system that drew had sorted the register; ties stay in file order. Default: the file's
    /// order, district with id, and id are all tried.
    #[serde(default)]
    pub order: Vec<String>,
    /// Announced sampling fractions. Default: none.
    #[serde(default)]
    pub ratios: Option<Ratios>,
    /// Whether objects drawn lately were spared by rule, so that few repeats are no departure. Default: false.
    #[serde(default)]
    pub cool_down: bool,
    /// Where teams were drawn. Default: district.
    #[serde(default)]
    pub pairing: Pairing,
    /// Drawn-list column that tells rounds apart. Default: a known header, else one round per file.
    #[serde(default)]
    pub round: Option<String>,
    /// Canonical column = header of the register. Default: known headers.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Fair draws made for the comparison, 999 to 99,999. Default: 1,999.
    #[serde(default = "replicates")]
    pub replicates: u32,
    /// Chance that a fair draw is called a departure by any test, above 0 and at most 0.2. Default: 0.05.
    #[serde(default = "level")]
    pub level: f64,
}

fn replicates() -> u32 {
    1_999
}

fn level() -> f64 {
    0.05
}

/// The design as checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidParams {
    pub(super) params: Params,
}

impl Params {
    /// Equal probability over the whole register: what an absent design file means.
    #[must_use]
    pub fn equal() -> Self {
        Self {
            title: None,
            design: Design::Equal,
            weights: None,
            strata: Vec::new(),
            district: None,
            order: Vec::new(),
            ratios: None,
            cool_down: false,
            pairing: Pairing::District,
            round: None,
            columns: BTreeMap::new(),
            replicates: replicates(),
            level: level(),
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut refuse = |key: &str, value: &dyn std::fmt::Display, rule: &str| {
            problems.push(Problem::new(key, value, rule));
        };
        if !(999..=99_999).contains(&self.replicates) {
            refuse("replicates", &self.replicates, "must lie in 999 ..= 99999");
        }
        if !(self.level > 0.0 && self.level <= 0.2) {
            refuse("level", &self.level, "must be above 0 and at most 0.2");
        }
        if let Some(weights) = self
            .weights
            .as_ref()
            .filter(|_| self.design == Design::Equal)
        {
            refuse("weights", weights, "needs design = \"weighted\"");
        }
        for (value, ratio) in self.ratios.iter().flat_map(|ratios| &ratios.values) {
            if !(0.0..=1.0).contains(ratio) {
                refuse(
                    &format!("ratios.values.{value}"),
                    ratio,
                    "must be a share, 0 to 1",
                );
            }
        }
        if self
            .ratios
            .as_ref()
            .is_some_and(|ratios| ratios.values.is_empty())
        {
            refuse("ratios.values", &"{}", "must hold at least one fraction");
        }
        for (key, names) in [("strata", &self.strata), ("order", &self.order)] {
            if names.iter().any(|name| name.trim().is_empty()) {
                refuse(key, &"\"\"", "must name columns of the register");
            }
        }
        if problems.is_empty() {
            Ok(ValidParams {
                params: self.clone(),
            })
        } else {
            Err(problems)
        }
    }
}

impl ValidParams {
    /// SHA-256 of the settings; the path of the design file is no part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let bytes = serde_json::to_vec(&self.params).expect("plain values serialise");
        HashName::Sha256.tagged("choucha/audit-design/v1", &bytes)
    }

    /// Columns that make the strata: the declared ones and, for `weighted`, the weights, since objects of one weight are
    /// exchangeable under every design.
    pub(super) fn strata(&self) -> impl Iterator<Item = &str> {
        let named = self.params.strata.iter().chain(&self.params.weights);
        named.map(String::as_str)
    }

    /// Every register column a setting names, with its key.
    pub(super) fn named_columns(&self) -> Vec<(&'static str, &str)> {
        let params = &self.params;
        let mut named: Vec<(&'static str, &str)> = Vec::new();
        named.extend(params.strata.iter().map(|name| ("strata", name.as_str())));
        named.extend(params.order.iter().map(|name| ("order", name.as_str())));
        named.extend(params.weights.iter().map(|name| ("weights", name.as_str())));
        named.extend(
            params
                .district
                .iter()
                .map(|name| ("district", name.as_str())),
        );
        let ratios = params.ratios.iter();
        named.extend(ratios.map(|ratios| ("ratios.column", ratios.column.as_str())));
        named
    }

    /// Whether nothing is known of how likely each object was.
    pub(super) fn is_blind(&self) -> bool {
        self.params.design == Design::Weighted && self.params.weights.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn an_empty_design_file_is_the_equal_design() {
        let read: Params = toml::from_str("").unwrap();
        assert_eq!(read, Params::equal());
    }

    #[test]
    fn all_broken_rules_are_told_at_once() {
        let text = "replicates = 10\nlevel = 0.5\nweights = 'w'\nratios = { column = 'class', values = { D = 2.0 } }";
        let params: Params = toml::from_str(text).unwrap();
        let keys: Vec<String> = params
            .check()
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.key)
            .collect();
        assert_eq!(keys, ["replicates", "level", "weights", "ratios.values.D"]);
    }
}
