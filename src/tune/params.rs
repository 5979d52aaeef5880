//! The `[tune]` section: as written in the job file, and as checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::long_run::{LongRunParams, ValidLongRun};
use super::profiles::{PROFILES, Profile, profile};
use crate::units::{Digest, Problem, Rounding};

/// `[tune]` as written. Keys of the tables by class are class codes; `*` stands for every class that is not named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Classes with their sizes, lowest risk first, where there is no register to count. Default: the job's classes.
    #[serde(default)]
    pub class: Vec<ClassParams>,
    /// Objects of the whole 检查对象名录库, where there is no register to count. Default: those of the classes.
    #[serde(default)]
    pub n_register: Option<u64>,
    /// 已公布的抽查比例 to try. Default: none.
    #[serde(default)]
    pub profile: Option<String>,
    /// Ratios to try, 0 ..= 1. Default: the profile's, else those of `[plan.ratio]`.
    #[serde(default)]
    pub ratio: BTreeMap<String, f64>,
    /// How a ratio becomes a whole number of objects. Default: the plan's, without a plan `half_up` (四舍五入).
    #[serde(default)]
    pub rounding: Option<Rounding>,
    /// 抽查比例下限 by class, 0 ..= 1. Default: none.
    #[serde(default)]
    pub ratio_min: BTreeMap<String, f64>,
    /// 抽查比例上限 by class, 0 ..= 1. Default: none.
    #[serde(default)]
    pub ratio_max: BTreeMap<String, f64>,
    /// Whether a class of higher risk must have at least the ratio of the one below. Default: yes.
    #[serde(default = "yes")]
    pub monotone: bool,
    /// 抽查占比 floors. Default: the plan's `coverage_floor` of the frame, without a plan 5 %.
    #[serde(default)]
    pub floor: Vec<FloorParams>,
    /// Bounds of items. Default: none.
    #[serde(default)]
    pub item: Vec<ItemParams>,
    /// 年度检查频次上限: objects by class that have had all the visits of the year and cannot be drawn. Default: none.
    #[serde(default)]
    pub at_cap: BTreeMap<String, u64>,
    /// Inspector days there are. Default: no limit.
    #[serde(default)]
    pub days: Option<DayParams>,
    /// Objects that named points of the frontier draw. Default: those of the current ratios.
    #[serde(default)]
    pub visits: Option<u64>,
    /// Floor and cap of π = clip(λ r^γ, floor, cap). Default: 0.01 and 1.
    #[serde(default)]
    pub gamma: GammaParams,
    /// Class bounds to try. Default: the part above each bound 30 % and 15 % smaller and larger.
    #[serde(default)]
    pub boundary: Vec<BoundaryParams>,
    /// The world every candidate is played on. Default: none.
    #[serde(default)]
    pub long_run: Option<LongRunParams>,
}

/// A class and its size.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassParams {
    /// Code in tables.
    pub code: String,
    /// Name on pages.
    pub name: String,
    /// Eligible objects.
    pub n: u64,
    /// Share with a finding, 0 < p < 1, where it is known.
    #[serde(default)]
    pub hit_rate: Option<f64>,
    /// 未分类: outside the order of risk. Default: no.
    #[serde(default)]
    pub unclassified: bool,
}

/// What a coverage floor is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// All live objects of the 检查对象名录库, eligible or not.
    Register,
    /// Eligible objects (抽样框).
    Frame,
    /// Eligible objects that have a class; the drawn are counted among them too.
    Classified,
}

/// A coverage floor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorParams {
    /// Least share drawn, 0 ..= 1.
    pub share: f64,
    /// Of what. Default: the frame.
    #[serde(default = "frame")]
    pub of: Denominator,
    /// The clause in words. Default: 部门年度随机抽查占比.
    #[serde(default)]
    pub basis: Option<String>,
}

/// Bounds of an item, in the frame or a part of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemParams {
    /// 事项编号.
    pub id: String,
    /// Least ratio, 0 ..= 1. Default: none.
    #[serde(default)]
    pub ratio_min: Option<f64>,
    /// Greatest ratio (一般检查事项), 0 ..= 1. Default: none.
    #[serde(default)]
    pub ratio_max: Option<f64>,
    /// Objects in the item's scope by class. Default: all.
    #[serde(default)]
    pub n: BTreeMap<String, u64>,
}

/// Inspector days.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayParams {
    /// Days of all inspectors together.
    pub available: f64,
    /// Inspector days that a visit takes, by class.
    pub per_visit: BTreeMap<String, f64>,
}

/// The ends of π = clip(λ r^γ, floor, cap).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GammaParams {
    /// Least probability, 0 < floor.
    pub floor: f64,
    /// Greatest probability, floor < cap ≤ 1.
    pub cap: f64,
}

impl Default for GammaParams {
    fn default() -> Self {
        Self {
            floor: 0.01,
            cap: 1.0,
        }
    }
}

/// Class bounds to try.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundaryParams {
    /// Name on the page.
    pub name: String,
    /// Smallest points of each class but the lowest; a class not named keeps its bound.
    pub points_from: BTreeMap<String, u32>,
}

fn yes() -> bool {
    true
}

fn frame() -> Denominator {
    Denominator::Frame
}

/// Settings that keep every rule. Made only by [`Params::check`].
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) written: Params,
    pub(super) profile: Option<&'static Profile>,
    pub(super) long_run: Option<ValidLongRun>,
}

impl ValidParams {
    /// What holds where a job has no `[tune]` section.
    #[must_use]
    pub fn absent() -> Self {
        let written = Params {
            monotone: true,
            ..Params::default()
        };
        Self {
            written,
            profile: None,
            long_run: None,
        }
    }

    /// Digest of the world of the long run, which is part of the settings.
    #[must_use]
    pub fn world_digest(&self) -> Option<Digest> {
        self.long_run.as_ref().map(ValidLongRun::digest)
    }
}

impl Params {
    /// Checks every rule that needs no count.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the `tune` section.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = self.class_problems();
        let profile = self.profile_or(&mut problems);
        let long_run = self.long_run_or(&mut problems);
        for (table, of) in [
            ("ratio", &self.ratio),
            ("ratio_min", &self.ratio_min),
            ("ratio_max", &self.ratio_max),
        ] {
            for (class, &ratio) in of {
                check_share(format!("{table}.{class}"), ratio, &mut problems);
            }
        }
        for (i, floor) in self.floor.iter().enumerate() {
            check_share(format!("floor.{i}.share"), floor.share, &mut problems);
        }
        for item in &self.item {
            let bounds = [("ratio_min", item.ratio_min), ("ratio_max", item.ratio_max)];
            for (name, bound) in bounds {
                if let Some(bound) = bound {
                    check_share(format!("item.{}.{name}", item.id), bound, &mut problems);
                }
            }
        }
        self.check_days(&mut problems);
        let (floor, cap) = (self.gamma.floor, self.gamma.cap);
        if !(0.0 < floor && floor < cap && cap <= 1.0) {
            let value = format!("{floor} and {cap}");
            problems.push(Problem::new(
                "gamma",
                value,
                "0 < floor < cap <= 1 must hold",
            ));
        }
        if problems.is_empty() {
            Ok(ValidParams {
                written: self.clone(),
                profile,
                long_run,
            })
        } else {
            Err(problems)
        }
    }

    fn class_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for class in &self.class {
            let key = |end: &str| format!("class.{}.{end}", class.code);
            if !seen.insert(&class.code) || ["", "*"].contains(&class.code.as_str()) {
                let rule = "codes must differ, and be neither empty nor *";
                problems.push(Problem::new(key("code"), &class.code, rule));
            }
            if let Some(rate) = class
                .hit_rate
                .filter(|rate| !(0.0..1.0).contains(rate) || *rate == 0.0)
            {
                problems.push(Problem::new(
                    key("hit_rate"),
                    rate,
                    "must lie between 0 and 1",
                ));
            }
        }
        if !self.class.is_empty() && self.class.iter().all(|class| class.n == 0) {
            problems.push(Problem::new("class", "0", "some class must have objects"));
        }
        problems
    }

    fn profile_or(&self, problems: &mut Vec<Problem>) -> Option<&'static Profile> {
        let name = self.profile.as_deref()?;
        let found = profile(name);
        if found.is_none() {
            let known: Vec<&str> = PROFILES.iter().map(|profile| profile.name).collect();
            let rule = format!("must be one of {}", known.join(", "));
            problems.push(Problem::new("profile", name, rule));
        }
        found
    }

    fn long_run_or(&self, problems: &mut Vec<Problem>) -> Option<ValidLongRun> {
        let checked = self.long_run.as_ref()?.check();
        checked.map_err(|found| problems.extend(found)).ok()
    }

    fn check_days(&self, problems: &mut Vec<Problem>) {
        let Some(days) = &self.days else { return };
        let per_visit = days.per_visit.iter();
        let values = per_visit.map(|(class, &value)| (format!("days.per_visit.{class}"), value));
        let all = std::iter::once(("days.available".to_owned(), days.available)).chain(values);
        for (key, value) in all.filter(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            problems.push(Problem::new(key, value, "must be a number, 0 or more"));
        }
    }
}

fn check_share(key: String, value: f64, problems: &mut Vec<Problem>) {
    if crate::units::Ratio::from_f64(value).is_none() {
        let rule = "a ratio must lie in 0 ..= 1 with at most six decimals";
        problems.push(Problem::new(key, value, rule));
    }
}
