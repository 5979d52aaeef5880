//! The settings of a round (批次): its items, cap, cool-down and measurement stream; as written and as checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::params::ratio_of;
use super::{Error, MEASURE, MeasureOfSize, Millionths, Params, Proof, TinyParams, ValidParams};
use crate::registers::{RowSql, is_register_column};
use crate::units::{HashName, Problem, Rounding, check_round_id};

/// The `[round]` section as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundParams {
    /// 批次编号, usable as a folder name.
    pub id: String,
    /// 发起部门.
    pub lead: String,
    /// 配合部门 of a joint round (部门联合). Default: none.
    #[serde(default)]
    pub partners: Vec<String>,
    /// 年度检查频次上限 of an object, all departments together; at least 1. Default: none.
    #[serde(default)]
    pub visits_per_year_max: Option<u32>,
    /// Size of the measurement draw as a share of the visits the target draws are expected to make, 0 ..= 1.
    /// Default: 0, no measurement draw.
    #[serde(default)]
    pub measurement_share: f64,
    /// Cool-down after a visit that found nothing. Default: none.
    #[serde(default)]
    pub cool_down: Option<CoolDownParams>,
    /// Largest |P(class | drawn) - P(class)| that passes without a warning, 0 ..= 1. Default: no limit.
    #[serde(default)]
    pub remainder_max: Option<f64>,
    /// 抽查事项; absent: one draw from `[plan]`.
    #[serde(default)]
    pub item: Vec<ItemParams>,
}

/// `[round.cool_down]` as written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoolDownParams {
    /// Rounds a cool-down lasts, 1 ..= 100.
    pub rounds: u32,
    /// What is left of an object's probability meanwhile, 0 < · ≤ 1. Default: 0.25.
    #[serde(default = "quarter")]
    pub epsilon: f64,
    /// Least probability of any object of the frame, 0 ..= 1. Default: 0.
    #[serde(default)]
    pub floor: f64,
}

fn quarter() -> f64 {
    0.25
}

/// 一般 or 重点检查事项.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Category {
    /// 一般检查事项: the ratio is limited.
    #[serde(rename = "一般")]
    Ordinary,
    /// 重点检查事项: the ratio has no upper bound (抽查比例不设上限).
    #[serde(rename = "重点")]
    Key,
}

/// One `[[round.item]]` as written. What it leaves out comes from the list of items, where one is read, and from
/// `[plan]`; `ratio`, `sample_size` and `take_all` replace those of `[plan]` together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemParams {
    /// 事项编号: the name of the draw, and the row of the list of items.
    pub id: String,
    /// 抽查主体.
    #[serde(default)]
    pub department: Option<String>,
    /// 事项类别.
    #[serde(default)]
    pub category: Option<Category>,
    /// Largest share of the item's frame that is drawn; not for 重点.
    #[serde(default)]
    pub ratio_max: Option<f64>,
    /// Least share of the item's frame that is drawn.
    #[serde(default)]
    pub ratio_min: Option<f64>,
    /// Which objects the item is about: SQL over the columns of the register.
    #[serde(default)]
    pub applies_to: Option<String>,
    /// 专长 an inspector must have.
    #[serde(default)]
    pub specialty: Option<String>,
    /// As in `[plan]`.
    #[serde(default)]
    pub strata: Option<Vec<String>>,
    /// As in `[plan]`.
    #[serde(default)]
    pub measure_of_size: Option<MeasureOfSize>,
    /// As in `[plan]`.
    #[serde(default)]
    pub ratio: Option<BTreeMap<String, f64>>,
    /// As in `[plan]`.
    #[serde(default)]
    pub sample_size: Option<BTreeMap<String, u64>>,
    /// As in `[plan]`.
    #[serde(default)]
    pub rounding: Option<Rounding>,
    /// As in `[plan]`.
    #[serde(default)]
    pub floor_of_one: Option<bool>,
    /// As in `[plan]`.
    #[serde(default)]
    pub take_all: Option<Vec<String>>,
    /// As in `[plan]`.
    #[serde(default)]
    pub reserve: Option<u32>,
}

/// Cool-down as checked; part of the sealed plan of every draw it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoolDown {
    pub(super) rounds: u32,
    pub(super) epsilon_millionths: Millionths,
    pub(super) floor_millionths: Millionths,
}

/// What binds the size of an item's draw; part of its sealed plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemBounds {
    pub(super) id: String,
    pub(super) category: Option<Category>,
    pub(super) ratio_max_millionths: Option<Millionths>,
    pub(super) ratio_min_millionths: Option<Millionths>,
    pub(super) applies_to: Option<String>,
}

/// An item as checked, before the list of items is looked at.
#[derive(Clone, Debug, Serialize)]
pub struct ValidItem {
    pub(super) id: String,
    pub(super) department: Option<String>,
    pub(super) category: Option<Category>,
    pub(super) ratio_max_millionths: Option<Millionths>,
    pub(super) ratio_min_millionths: Option<Millionths>,
    #[serde(skip)]
    pub(super) scope: Option<RowSql>,
    pub(super) applies_to: Option<String>,
    pub(super) specialty: Option<String>,
    pub(super) settings: ValidParams,
}

/// A round's settings that keep every rule. Made by [`RoundParams::check`], or by [`ValidRound::alone`].
#[derive(Clone, Debug, Serialize)]
pub struct ValidRound {
    id: String,
    lead: String,
    partners: Vec<String>,
    proof: Proof,
    hash: HashName,
    pub(super) visits_per_year_max: Option<u32>,
    pub(super) measurement_share_millionths: Millionths,
    pub(super) cool_down: Option<CoolDown>,
    pub(super) remainder_max_millionths: Option<Millionths>,
    pub(super) plan: ValidParams,
    pub(super) items: Vec<ValidItem>,
}

impl RoundParams {
    /// Checks every rule of the section, over the `[plan]` it builds on.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the `round` section.
    pub fn check(&self, plan: &Params) -> Result<ValidRound, Vec<Problem>> {
        let mut problems = self.name_problems();
        let share = fraction("measurement_share", self.measurement_share, &mut problems);
        if self.visits_per_year_max == Some(0) {
            let rule = "the cap must be at least 1, or be left out";
            problems.push(Problem::new("visits_per_year_max", 0, rule));
        }
        let cool_down = self.cool_down.and_then(|cool| cool.check(&mut problems));
        let remainder_max = self
            .remainder_max
            .and_then(|max| fraction("remainder_max", max, &mut problems));
        let mut items = Vec::new();
        for (index, item) in self.item.iter().enumerate() {
            let mut broken = Vec::new();
            items.push(item.check(plan, &mut broken));
            let below = |problem: Problem| Problem {
                key: format!("item[{index}].{}", problem.key),
                ..problem
            };
            problems.extend(broken.into_iter().map(below));
        }
        let settings = plan.check().map_err(|_| problems.clone())?;
        let valid = || {
            Some(ValidRound {
                id: self.id.clone(),
                lead: self.lead.clone(),
                partners: self.partners.clone(),
                visits_per_year_max: self.visits_per_year_max,
                measurement_share_millionths: share?,
                cool_down,
                remainder_max_millionths: remainder_max,
                proof: plan.proof,
                hash: plan.hash,
                plan: settings,
                items: items.into_iter().collect::<Option<_>>()?,
            })
        };
        if problems.is_empty() {
            valid().ok_or(problems)
        } else {
            Err(problems)
        }
    }

    fn name_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |key: String, value: &str, rule: &str| {
            problems.push(Problem::new(key, value, rule));
        };
        if let Err(rule) = check_round_id(&self.id) {
            refuse("id".into(), &self.id, rule);
        }
        if self.lead.trim().is_empty() {
            refuse(
                "lead".into(),
                &self.lead,
                "must name the department that starts the round",
            );
        }
        let mut seen = BTreeSet::from([self.lead.as_str()]);
        for partner in &self.partners {
            if partner.trim().is_empty() || !seen.insert(partner) {
                refuse(
                    "partners".into(),
                    partner,
                    "must be a department that is named once",
                );
            }
        }
        let mut seen = BTreeSet::from([MEASURE]);
        for (index, item) in self.item.iter().enumerate() {
            if !is_name(&item.id) || !seen.insert(&item.id) {
                let rule =
                    "must be a name of its own without / \\ : ; , * ? \" < > | and not \"measure\"";
                refuse(format!("item[{index}].id"), &item.id, rule);
            }
        }
        problems
    }
}

fn is_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || "/\\:;,*?\"<>|".contains(c);
    !name.trim().is_empty() && name.trim() == name && !name.contains(forbidden)
}

fn fraction(key: &str, value: f64, problems: &mut Vec<Problem>) -> Option<Millionths> {
    ratio_of(key.to_owned(), value)
        .map_err(|problem| problems.push(problem))
        .ok()
}

impl CoolDownParams {
    fn check(self, problems: &mut Vec<Problem>) -> Option<CoolDown> {
        let mut refuse = |key: &str, value: &dyn Display, rule: &str| {
            problems.push(Problem::new(format!("cool_down.{key}"), value, rule));
        };
        if !(1..=100).contains(&self.rounds) {
            refuse(
                "rounds",
                &self.rounds,
                "a cool-down must last 1 ..= 100 rounds",
            );
        }
        if self.epsilon <= 0.0 {
            refuse(
                "epsilon",
                &self.epsilon,
                "must lie above 0: nobody is exempt (不免抽)",
            );
        }
        let epsilon = fraction("cool_down.epsilon", self.epsilon, problems);
        let floor = fraction("cool_down.floor", self.floor, problems);
        Some(CoolDown {
            rounds: self.rounds,
            epsilon_millionths: epsilon?,
            floor_millionths: floor?,
        })
    }
}

impl ItemParams {
    fn check(&self, plan: &Params, problems: &mut Vec<Problem>) -> Option<ValidItem> {
        for (key, text) in [
            ("department", &self.department),
            ("specialty", &self.specialty),
        ] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                problems.push(Problem::new(key, "", "must not be empty"));
            }
        }
        let bound = |key, value: Option<f64>, problems: &mut Vec<Problem>| {
            value.and_then(|value| fraction(key, value, problems))
        };
        let max = bound("ratio_max", self.ratio_max, problems);
        let min = bound("ratio_min", self.ratio_min, problems);
        if let (Some(Category::Key), Some(max)) = (self.category, self.ratio_max) {
            let rule = "重点检查事项抽查比例不设上限: a key item must have no upper bound";
            problems.push(Problem::new("ratio_max", max, rule));
        }
        if let (Some(low), Some(high)) = (self.ratio_min, self.ratio_max)
            && low > high
        {
            let rule = format!("must not exceed ratio_max = {high}");
            problems.push(Problem::new("ratio_min", low, rule));
        }
        let scope = self.applies_to.as_deref().map(RowSql::parse).transpose();
        let scope = scope.map_err(|rule| {
            let text = self.applies_to.as_deref().unwrap_or_default();
            problems.push(Problem::new("applies_to", text, rule));
        });
        let settings = self.over(plan).check();
        let settings = settings.map_err(|broken| problems.extend(broken));
        Some(ValidItem {
            id: self.id.clone(),
            department: self.department.clone(),
            category: self.category,
            ratio_max_millionths: max,
            ratio_min_millionths: min,
            scope: scope.ok()?,
            applies_to: self.applies_to.clone(),
            specialty: self.specialty.clone(),
            settings: settings.ok()?,
        })
    }

    /// `[plan]` with what the item says otherwise; the coverage floor is the round's.
    fn over(&self, plan: &Params) -> Params {
        let strata = self.strata.clone().unwrap_or_else(|| plan.strata.clone());
        let mut item = Params {
            tiny: plan.tiny.as_ref().and_then(|tiny| within(tiny, &strata)),
            strata,
            measure_of_size: self.measure_of_size.unwrap_or(plan.measure_of_size),
            rounding: self.rounding.unwrap_or(plan.rounding),
            floor_of_one: self.floor_of_one.unwrap_or(plan.floor_of_one),
            coverage_floor: 0.0,
            reserve: self.reserve.unwrap_or(plan.reserve),
            ..plan.clone()
        };
        if self.ratio.is_some() || self.sample_size.is_some() || self.take_all.is_some() {
            item.ratio = self.ratio.clone().unwrap_or_default();
            item.sample_size = self.sample_size.clone().unwrap_or_default();
            item.take_all = self.take_all.clone().unwrap_or_default();
        }
        item
    }
}

/// The merging of `[plan]` for an item that may have fewer columns.
fn within(tiny: &TinyParams, strata: &[String]) -> Option<TinyParams> {
    let order = tiny.order.iter().filter(|column| strata.contains(column));
    let order: Vec<String> = order.cloned().collect();
    (!order.is_empty()).then_some(TinyParams {
        order,
        minimum: tiny.minimum,
    })
}

impl ValidRound {
    /// The round of a job without a `[round]` section: one draw, from `[plan]` alone, called `name`.
    ///
    /// # Errors
    /// As [`Params::check`].
    pub fn alone(name: &str, plan: &Params) -> Result<Self, Vec<Problem>> {
        let settings = plan.check()?;
        Ok(Self {
            id: name.to_owned(),
            lead: String::new(),
            partners: Vec::new(),
            visits_per_year_max: None,
            measurement_share_millionths: Millionths::ZERO,
            cool_down: None,
            remainder_max_millionths: None,
            proof: plan.proof,
            hash: plan.hash,
            plan: settings,
            items: Vec::new(),
        })
    }

    /// 批次编号.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// 发起部门; empty where the job has no `[round]`.
    #[must_use]
    pub fn lead(&self) -> &str {
        &self.lead
    }

    /// 配合部门.
    #[must_use]
    pub fn partners(&self) -> &[String] {
        &self.partners
    }

    /// What a bulletin of the round lets a reader recompute.
    #[must_use]
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// The hash of tickets and digests.
    #[must_use]
    pub fn hash(&self) -> HashName {
        self.hash
    }

    /// 年度检查频次上限 of an object, all departments together; none without a cap.
    #[must_use]
    pub fn visits_per_year_max(&self) -> Option<u32> {
        self.visits_per_year_max
    }

    /// Cool-down, where the round has one.
    #[must_use]
    pub fn cool_down(&self) -> Option<CoolDown> {
        self.cool_down
    }

    /// Ids of the items, in order; none where the round is the plan alone.
    pub fn item_ids(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.id.as_str())
    }

    /// The settings of every item, each with the key of its section.
    pub(crate) fn item_settings(&self) -> impl Iterator<Item = (String, &ValidParams)> {
        let items = self.items.iter().enumerate();
        items.map(|(index, item)| (format!("round.item[{index}]"), &item.settings))
    }

    /// The checked settings as bytes, one spelling each: what a seal commits.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("settings hold nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }

    /// Refuses what an open draw of record must not hold: strata, sizes and probabilities that derive from class, score
    /// or internal events. A rehearsal may.
    ///
    /// # Errors
    /// [`Error::NotPublic`] with every such key.
    pub fn public_only(&self) -> Result<(), Error> {
        if self.proof == Proof::Sealed {
            return Ok(());
        }
        let mut keys: Vec<String> = Vec::new();
        let mut name = |section: &str, key: &str, is_of_plan: bool| {
            let section = if is_of_plan { "plan" } else { section };
            let key = format!("{section}.{key}");
            if !keys.contains(&key) {
                keys.push(key);
            }
        };
        let plan = (self.items.is_empty()).then(|| ("plan".to_owned(), &self.plan));
        for (section, settings) in plan.into_iter().chain(self.item_settings()) {
            let internal = settings
                .strata()
                .iter()
                .filter(|name| !is_register_column(name));
            let is_of_plan = settings.strata() == self.plan.strata();
            internal.for_each(|column| name(&section, &format!("strata: {column}"), is_of_plan));
            let size = settings.measure_of_size();
            if size == MeasureOfSize::RiskPoints {
                let is_of_plan = size == self.plan.measure_of_size();
                name(&section, "measure_of_size: risk_points", is_of_plan);
            }
        }
        if self.cool_down.is_some() {
            keys.push("round.cool_down".to_owned());
        }
        if self.visits_per_year_max.is_some() {
            keys.push("round.visits_per_year_max".to_owned());
        }
        if keys.is_empty() {
            Ok(())
        } else {
            Err(Error::NotPublic { keys })
        }
    }
}
