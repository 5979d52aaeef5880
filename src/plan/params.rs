//! The plan's settings: as written in the job file, and as checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CoolDown, ItemBounds, Proof, Tiny, TinyParams};
use crate::units::{HashName, Problem, Ratio, Rounding};

/// 规模度量: what makes one object likelier than another inside its stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureOfSize {
    /// Integer risk points, at least 1.
    RiskPoints,
    /// Every object has size 1.
    Equal,
}

/// The `[plan]` section as written. Every stratum takes its share from the key that is its whole label, else the
/// part of its label before the first `/` (the class code), else `*`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Columns whose values, joined by `/`, make a stratum's label; `risk_class`, if named, stands first.
    pub strata: Vec<String>,
    /// 规模度量.
    pub measure_of_size: MeasureOfSize,
    /// 抽查比例 per key, 0 ..= 1, at most six decimals. Default: none.
    #[serde(default)]
    pub ratio: BTreeMap<String, f64>,
    /// Objects to draw per stratum of the key. Default: none.
    #[serde(default)]
    pub sample_size: BTreeMap<String, u64>,
    /// How a ratio becomes a whole number of objects.
    pub rounding: Rounding,
    /// Whether a stratum that has objects is drawn from at least once. Default: no.
    #[serde(default)]
    pub floor_of_one: bool,
    /// Least share of the whole frame that is drawn, 0 ..= 1. Default: 0.05 (部门年度随机抽查占比).
    #[serde(default = "five_percent")]
    pub coverage_floor: f64,
    /// 必查: keys whose strata are taken whole. Default: none.
    #[serde(default)]
    pub take_all: Vec<String>,
    /// Length of the reserve list of each stratum, in objects. Default: 0.
    #[serde(default)]
    pub reserve: u32,
    /// The hash of tickets and digests. Default: `sha256`.
    #[serde(default)]
    pub hash: HashName,
    /// What a bulletin lets a reader recompute. Default: `open`.
    #[serde(default)]
    pub proof: Proof,
    /// How tiny strata are merged. Default: they are not.
    #[serde(default)]
    pub tiny: Option<TinyParams>,
}

fn five_percent() -> f64 {
    0.05
}

/// What a stratum contributes to the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// A ratio of the stratum's objects.
    RatioMillionths(Millionths),
    /// A number of objects.
    Objects(u64),
    /// Every object.
    All,
}

/// A ratio that is written as a whole number of millionths, so that it has one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Millionths(Ratio);

impl Millionths {
    pub(super) const ZERO: Self = Self(Ratio::ZERO);

    /// The ratio itself.
    #[must_use]
    pub fn ratio(self) -> Ratio {
        self.0
    }
}

impl TryFrom<u32> for Millionths {
    type Error = &'static str;

    fn try_from(millionths: u32) -> Result<Self, Self::Error> {
        Ratio::from_f64(f64::from(millionths) / 1e6)
            .map(Self)
            .ok_or("a ratio must be at most 1000000 millionths")
    }
}

impl From<Ratio> for Millionths {
    fn from(ratio: Ratio) -> Self {
        Self(ratio)
    }
}

impl From<Millionths> for u32 {
    fn from(millionths: Millionths) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a ratio lies in 0 ..= 1"
        )]
        let whole = (millionths.0.as_f64() * 1e6).round() as Self;
        whole
    }
}

/// Settings that keep every rule; part of the sealed plan. Made only by [`Params::check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidParams {
    pub(super) strata: Vec<String>,
    pub(super) measure_of_size: MeasureOfSize,
    pub(super) shares: BTreeMap<String, Share>,
    pub(super) rounding: Rounding,
    pub(super) floor_of_one: bool,
    pub(super) coverage_floor_millionths: Millionths,
    pub(super) reserve: u32,
    /// Stands in the plan itself.
    #[serde(skip)]
    pub(super) hash: HashName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tiny: Option<Tiny>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cool_down: Option<CoolDown>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<ItemBounds>,
}

impl Params {
    /// Checks every rule.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the `plan` section.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = self.strata_problems();
        let mut shares = BTreeMap::new();
        for (key, &ratio) in &self.ratio {
            match ratio_of(format!("ratio.{key}"), ratio) {
                Ok(ratio) => _ = shares.insert(key.clone(), Share::RatioMillionths(ratio)),
                Err(problem) => problems.push(problem),
            }
        }
        for (key, &n) in &self.sample_size {
            if self.ratio.contains_key(key) {
                problems.push(twice(format!("sample_size.{key}"), &n.to_string(), "ratio"));
            }
            shares.insert(key.clone(), Share::Objects(n));
        }
        for code in &self.take_all {
            if self.ratio.contains_key(code) || self.sample_size.contains_key(code) {
                problems.push(twice("take_all".to_owned(), code, "ratio or sample_size"));
            }
            shares.insert(code.clone(), Share::All);
        }
        if self.ratio.is_empty() && self.sample_size.is_empty() && self.take_all.is_empty() {
            problems.push(Problem::new(
                "ratio",
                "",
                "a plan needs a ratio, a sample size or a take-all class",
            ));
        }
        let tiny = self
            .tiny
            .as_ref()
            .and_then(|tiny| tiny.check(&self.strata, &mut problems));
        let floor = ratio_of("coverage_floor".to_owned(), self.coverage_floor)
            .map_err(|problem| problems.push(problem));
        match floor {
            Ok(floor) if problems.is_empty() => Ok(self.valid(shares, floor, tiny)),
            _ => Err(problems),
        }
    }

    fn valid(
        &self,
        shares: BTreeMap<String, Share>,
        floor: Millionths,
        tiny: Option<Tiny>,
    ) -> ValidParams {
        ValidParams {
            strata: self.strata.clone(),
            measure_of_size: self.measure_of_size,
            shares,
            rounding: self.rounding,
            floor_of_one: self.floor_of_one,
            coverage_floor_millionths: floor,
            reserve: self.reserve,
            hash: self.hash,
            tiny,
            cool_down: None,
            item: None,
        }
    }

    fn strata_problems(&self) -> Vec<Problem> {
        let mut seen = BTreeSet::new();
        let broken = self
            .strata
            .iter()
            .enumerate()
            .filter_map(|(place, column)| {
                let rule = match column.as_str() {
                    "" => "a column name must not be empty",
                    "risk_class" if place > 0 => "risk_class must stand first",
                    _ if !seen.insert(column) => "a column must be named once",
                    _ => return None,
                };
                Some(Problem::new("strata", column, rule))
            });
        broken.collect()
    }
}

pub(super) fn ratio_of(key: String, value: f64) -> Result<Millionths, Problem> {
    let ratio = Ratio::from_f64(value).map(Millionths);
    ratio.ok_or_else(|| {
        Problem::new(
            key,
            value,
            "a ratio must lie in 0 ..= 1 with at most six decimals",
        )
    })
}

fn twice(key: String, value: &str, other: &str) -> Problem {
    Problem::new(
        key,
        value,
        format!("a stratum must have one share, this one is also in {other}"),
    )
}

impl ValidParams {
    /// Columns whose values, joined by `/`, make a stratum's label.
    #[must_use]
    pub fn strata(&self) -> &[String] {
        &self.strata
    }

    /// 规模度量.
    #[must_use]
    pub fn measure_of_size(&self) -> MeasureOfSize {
        self.measure_of_size
    }

    /// How a ratio becomes a whole number of objects.
    #[must_use]
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// Whether a stratum that has objects is drawn from at least once.
    #[must_use]
    pub fn floor_of_one(&self) -> bool {
        self.floor_of_one
    }

    /// Keys of shares that name a stratum below its class, ascending.
    pub fn keys_below_class(&self) -> impl Iterator<Item = &str> {
        let keys = self.shares.keys().map(String::as_str);
        keys.filter(|key| key.contains('/'))
    }

    /// Length of the reserve list of each stratum, in objects.
    #[must_use]
    pub fn reserve(&self) -> u32 {
        self.reserve
    }

    /// The hash of tickets and digests.
    #[must_use]
    pub fn hash(&self) -> HashName {
        self.hash
    }

    /// Least share of the whole frame that is drawn.
    #[must_use]
    pub fn coverage_floor(&self) -> f64 {
        self.coverage_floor_millionths.ratio().as_f64()
    }

    /// How tiny strata are merged.
    #[must_use]
    pub fn tiny(&self) -> Option<&Tiny> {
        self.tiny.as_ref()
    }

    /// Settings of a measurement draw beside this plan: one stratum, equal probabilities, no floor, the same reserve.
    pub(super) fn measuring(&self, share: Share, rounding: Rounding) -> Self {
        Self {
            strata: Vec::new(),
            measure_of_size: MeasureOfSize::Equal,
            shares: BTreeMap::from([("*".to_owned(), share)]),
            rounding,
            floor_of_one: false,
            coverage_floor_millionths: Millionths::ZERO,
            reserve: self.reserve,
            hash: self.hash,
            tiny: None,
            cool_down: None,
            item: None,
        }
    }

    /// Whether format 1 of a plan can hold these settings.
    pub(super) fn fit_format_1(&self) -> bool {
        self.hash == HashName::Sha256
            && self.tiny.is_none()
            && self.cool_down.is_none()
            && self.item.is_none()
    }

    /// Whether some stratum of a class has a ratio, a sample size or is take-all; always so where no stratum names its class.
    #[must_use]
    pub fn has_share(&self, class: &str) -> bool {
        let below = format!("{class}/");
        let fits = |key: &String| key == class || key == "*" || key.starts_with(&below);
        self.strata
            .first()
            .is_none_or(|column| column != "risk_class")
            || self.shares.keys().any(fits)
    }

    /// 抽查比例 the settings name for a class, if it is a ratio.
    #[must_use]
    pub fn ratio_of(&self, class: &str) -> Option<f64> {
        match self.shares.get(class)? {
            Share::RatioMillionths(ratio) => Some(ratio.ratio().as_f64()),
            Share::Objects(_) => None,
            Share::All => Some(1.0),
        }
    }

    /// The share of the stratum called `label` and the key that gives it.
    pub(super) fn share(&self, label: &str) -> Option<(&str, Share)> {
        let class = label.split('/').next().unwrap_or(label);
        let found = [label, class, "*"]
            .into_iter()
            .find_map(|key| self.shares.get_key_value(key));
        found.map(|(key, &share)| (key.as_str(), share))
    }
}
