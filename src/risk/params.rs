//! `[risk]` of a job file: as written, and as checked with every problem at once.

mod classes;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::card::Card;
use super::imported::Imported;
use super::learned::Learning;
use super::outside::{Unclassified, ValidUnclassified};
use super::recipes::{ModelParams, Named};
use crate::indicators::{Indicator, IndicatorKind, Labels};
use crate::units::{Digest, Problem};

/// Largest number of points an object can have.
pub(super) const POINTS_LIMIT: i64 = 1_000_000;

/// 信用风险分类 as written in the job file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The model that sets risk points and class: `scorecard`, `logistic` or the name of a learned model; every other
    /// declared model is scored beside it.
    pub model: String,
    /// Path of the declared scorecard, relative to the current folder.
    pub scorecard: Option<String>,
    /// The plain logistic model.
    pub logistic: Option<Logistic>,
    /// Learned models, in the form of `[[backtest.model]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learned: Vec<ModelParams>,
    /// How they learn, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    /// Rankings any office could have used, scored beside the models.
    pub baselines: Option<Baselines>,
    /// Which past visits are labels; needed by models that learn, read by the indicators room.
    pub labels: Option<Labels>,
    /// Number of reasons per object, 0 to 20, beside the reasons of direct judgement. Three unless told.
    #[serde(default = "three")]
    pub reasons: usize,
    /// Classes, lowest risk first.
    #[serde(default)]
    pub class: Vec<Class>,
    /// Objects that have no class by rule.
    pub unclassified: Option<Unclassified>,
    /// Further kinds of objects without a class, each with its own policy; of several that hold the first counts, that of
    /// `unclassified` before all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Unclassified>,
    /// Classes another authority gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// `[risk.logistic]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Penalty λ > 0 of Σ log-loss + λ/2·‖w‖² over standardised features, intercept free: 1/C of scikit-learn.
    pub l2: f64,
    /// Most iterations of the optimiser, at least 1.
    pub max_iterations: u64,
    /// Fewest labels with a finding a model may be fitted on, at least 1.
    pub positives_min: u64,
    /// Numbers are drawn in to this quantile of the training rows, and to its mirror below; 0.5 to 1, 1 for none.
    /// 0.995 unless told.
    #[serde(default = "most")]
    pub cap_quantile: f64,
    /// Fewest training rows a text value needs to be a category of its own. 50 unless told.
    #[serde(default = "fifty")]
    pub category_rows_min: usize,
    /// Share of training rows without a value above which "no value" is a feature of its own. 0.01 unless told.
    #[serde(default = "one_percent")]
    pub missing_flag_share: f64,
    /// Indicators whose missing values count as the largest (after the cap), as those named `days_since…` always do;
    /// all other missing numbers count as the median.
    #[serde(default)]
    pub missing_max: Vec<String>,
    /// Indicators the model must not use.
    #[serde(default)]
    pub leave_out: Vec<String>,
}

/// `[risk.baselines]`: the indicator each ranking is read from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baselines {
    /// Past rate of findings; no value counts as 0.
    pub past_rate: Option<String>,
    /// Days since the last visit; no value counts as the largest known.
    pub days_since_last: Option<String>,
}

/// One `[[risk.class]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Code in tables, for example `A`.
    pub code: String,
    /// Name in reports, for example `信用风险低`.
    pub name: String,
    /// Share of the classified objects, 0 to 1. Objects with equal points are never parted: seen from the highest points,
    /// a class starts where the number of objects in it and above comes nearest to its share of them.
    pub share: Option<f64>,
    /// Smallest number of points in this class.
    pub points_from: Option<i64>,
}

/// Checked settings of the room.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) model: String,
    pub(super) card: Option<Card>,
    pub(super) logistic: Option<Logistic>,
    pub(super) learned: Vec<Named>,
    pub(super) learning: Learning,
    pub(super) baselines: Baselines,
    pub(super) reasons: usize,
    pub(super) classes: Vec<NamedClass>,
    pub(super) limits: Limits,
    /// Policies for objects without a class, the first that holds counts.
    pub(super) outside: Vec<ValidUnclassified>,
    pub(super) imported: Option<Imported>,
}

/// Code and name of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedClass {
    pub(super) code: String,
    pub(super) name: String,
}

/// How classes are bounded, lowest class first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Limits {
    /// Smallest points of each class; the first is 0.
    Points(Vec<u32>),
    /// Share of each class in millionths.
    Shares(Vec<u64>),
}

impl ValidParams {
    /// The condition under which an object has no class, where there is one.
    #[must_use]
    pub fn unclassified_when(&self) -> Option<String> {
        let conditions = self.outside.iter().map(|policy| policy.when.as_str());
        match conditions.collect::<Vec<_>>()[..] {
            [] => None,
            [one] => Some(one.to_owned()),
            ref several => Some(format!("({})", several.join(") OR ("))),
        }
    }

    /// Codes of the classes, lowest risk first, then those of objects without a class.
    pub fn class_codes(&self) -> impl Iterator<Item = &str> {
        let outside = self.outside.iter().map(|policy| &policy.class);
        let classes = self.classes.iter().chain(outside);
        classes.map(|class| class.code.as_str())
    }

    /// Digest of the scorecard file, which is part of the settings.
    #[must_use]
    pub fn card_digest(&self) -> Option<Digest> {
        self.card.as_ref().map(|card| card.digest)
    }
}

impl Params {
    /// Checks the section and reads its scorecard.
    ///
    /// # Errors
    /// Every broken rule; keys are relative to `[risk]`, or to the scorecard where `file` names it.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        let learned = self.check_models(&mut problems);
        let card = self.read_card(&mut problems);
        let limits = self.check_classes(&mut problems);
        let outside = self
            .policies()
            .map(|(key, policy)| policy.checked(key, &mut problems));
        let outside = outside.collect();
        if let Some(imported) = &self.imported {
            let codes: Vec<&str> = self.class.iter().map(|class| class.code.as_str()).collect();
            problems.extend(imported.problems(&codes));
        }
        match limits {
            Some(limits) if problems.is_empty() => Ok(ValidParams {
                model: self.model.clone(),
                card,
                logistic: self.logistic.clone(),
                learned,
                learning: self.learning.clone().unwrap_or_default(),
                baselines: self.baselines.clone().unwrap_or_default(),
                reasons: self.reasons,
                classes: self
                    .class
                    .iter()
                    .map(|c| NamedClass {
                        code: c.code.clone(),
                        name: c.name.clone(),
                    })
                    .collect(),
                limits,
                outside,
                imported: self.imported.clone(),
            }),
            _ => Err(problems),
        }
    }

    /// Policies for objects without a class, each with its key.
    fn policies(&self) -> impl Iterator<Item = (String, &Unclassified)> {
        let first = self.unclassified.iter();
        let first = first.map(|policy| ("unclassified".to_owned(), policy));
        let further = self.outside.iter().enumerate();
        first.chain(further.map(|(i, policy)| (format!("outside.{i}"), policy)))
    }

    fn read_card(&self, problems: &mut Vec<Problem>) -> Option<Card> {
        let path = self.scorecard.as_ref()?;
        let codes: Vec<&str> = self.class.iter().map(|class| class.code.as_str()).collect();
        Card::read(Path::new(path), &codes)
            .map_err(|found| problems.extend(found))
            .ok()
    }
}

impl Logistic {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut demand = |holds: bool, key: &str, value: String, rule: &str| {
            if !holds {
                problems.push(Problem::new(format!("logistic.{key}"), value, rule));
            }
        };
        demand(
            self.l2.is_finite() && self.l2 > 0.0,
            "l2",
            self.l2.to_string(),
            "the penalty must be above 0",
        );
        demand(
            self.max_iterations > 0,
            "max_iterations",
            self.max_iterations.to_string(),
            "must be at least 1",
        );
        demand(
            self.positives_min > 0,
            "positives_min",
            self.positives_min.to_string(),
            "must be at least 1",
        );
        let cap = self.cap_quantile;
        demand(
            (0.5..=1.0).contains(&cap),
            "cap_quantile",
            cap.to_string(),
            "must lie in 0.5 ..= 1",
        );
        let share = self.missing_flag_share;
        demand(
            (0.0..=1.0).contains(&share),
            "missing_flag_share",
            share.to_string(),
            "must lie in 0 ..= 1",
        );
    }
}

impl ValidParams {
    /// Problems of the section and its scorecard with a catalogue of indicators; none when they fit.
    pub fn check_indicators(&self, indicators: &[Indicator]) -> Vec<Problem> {
        let mut problems = self
            .card
            .as_ref()
            .map(|card| card.check_indicators(indicators))
            .unwrap_or_default();
        let numbers = [
            ("past_rate", &self.baselines.past_rate),
            ("days_since_last", &self.baselines.days_since_last),
        ];
        for (key, name) in numbers {
            if let Some(name) = name
                && !indicators
                    .iter()
                    .any(|i| &i.name == name && i.kind == IndicatorKind::Number)
            {
                let rule = "must name a number among the indicators";
                problems.push(Problem::new(format!("baselines.{key}"), name, rule));
            }
        }
        if let Some(logistic) = &self.logistic {
            check_named(
                "logistic.missing_max",
                &logistic.missing_max,
                indicators,
                &mut problems,
            );
            check_named(
                "logistic.leave_out",
                &logistic.leave_out,
                indicators,
                &mut problems,
            );
        }
        let outside = self.outside.iter();
        problems.extend(outside.filter_map(|policy| policy.misfit(indicators)));
        let imported = self.imported.iter();
        problems.extend(imported.filter_map(|imported| imported.misfit(indicators)));
        problems
    }
}

fn check_named(key: &str, names: &[String], indicators: &[Indicator], problems: &mut Vec<Problem>) {
    for name in names {
        if !indicators.iter().any(|indicator| &indicator.name == name) {
            problems.push(Problem::new(key, name, "no indicator has this name"));
        }
    }
}

fn three() -> usize {
    3
}

fn fifty() -> usize {
    50
}

fn most() -> f64 {
    0.995
}

fn one_percent() -> f64 {
    0.01
}
