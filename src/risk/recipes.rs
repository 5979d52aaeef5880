//! `[[risk.learned]]` and `[[backtest.model]]`: what a learned model is called and how it is made; one form, one code.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::learn::{BoostedParams, LogisticParams, PrepareParams, Recipe};
use crate::units::Problem;

/// The penalty per unit of weight unless told.
pub(crate) const USUAL_PENALTY: f64 = 0.04;
/// The word for a penalty that is chosen on past visits.
const AUTO: &str = "auto";

/// What explains labels but not objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nuisance {
    /// Who went.
    Inspector,
    /// The month of the visit.
    Month,
    /// The quarter of the visit.
    Quarter,
}

impl Nuisance {
    const ALL: [Self; 3] = [Self::Inspector, Self::Month, Self::Quarter];

    /// Its word in a job.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inspector => "inspector",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// One model as written: a name and exactly one of `logistic`, `boosted`, `blend`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelParams {
    /// Its name.
    pub name: String,
    /// A penalised logistic model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logistic: Option<LogisticModel>,
    /// Boosted trees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boosted: Option<BoostedModel>,
    /// The mean of the log odds of models declared before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blend: Option<Vec<String>>,
}

/// A penalised logistic model as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticModel {
    /// Penalty per unit of weight, from 0 up, or `"auto"`: chosen on past visits by a declared rule. 0.04 unless told.
    #[serde(default = "penalty")]
    pub penalty: PenaltyParam,
    /// Share of the penalty that is absolute, 0 (ridge) to 1 (lasso). 0 unless told.
    #[serde(default)]
    pub absolute_share: f64,
    /// Most Newton steps, at least 1. 200 unless told.
    #[serde(default = "iterations")]
    pub max_iterations: u32,
    /// What explains labels but not objects, fitted and averaged out: `inspector`, and the season of the visit as `month`
    /// or `quarter`. Nothing unless told.
    #[serde(default)]
    pub nuisance: Vec<String>,
}

/// A penalty as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PenaltyParam {
    /// Per unit of weight.
    Given(f64),
    /// `auto`.
    Word(String),
}

/// Boosted trees as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoostedModel {
    /// Trees, at least 1. 100 unless told.
    #[serde(default = "trees")]
    pub trees: u32,
    /// Share of each tree's step that is taken. 0.05 unless told.
    #[serde(default = "rate")]
    pub rate: f64,
    /// Most leaves of a tree. 15 unless told.
    #[serde(default = "leaves")]
    pub leaves: usize,
    /// Ridge on the leaves. 10 unless told.
    #[serde(default = "ridge")]
    pub l2: f64,
    /// Fewest rows of a leaf. 60 unless told.
    #[serde(default = "leaf_rows")]
    pub rows_min: usize,
}

/// A model with its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) made: Made,
}

/// How a model is made.
#[derive(Clone, Debug)]
pub(crate) enum Made {
    /// Fitted.
    Fitted {
        /// What is fitted.
        recipe: Recipe,
        /// What is fitted with it and averaged out, each once.
        nuisances: Vec<Nuisance>,
        /// Whether its penalty is chosen on the rows it learns from.
        is_tuned: bool,
    },
    /// The mean of the log odds of these.
    Blend(Vec<String>),
}

impl Named {
    /// A logistic model, trees, and the mean of both.
    pub(crate) fn usual() -> Vec<Self> {
        let named = |name: &str, made: Made| Self {
            name: name.to_owned(),
            made,
        };
        let parts = ["logistic", "boosted"].map(str::to_owned).to_vec();
        vec![
            named("logistic", LogisticModel::usual().made()),
            named("boosted", BoostedModel::usual().made()),
            named("blend", Made::Blend(parts)),
        ]
    }
}

/// The checked models of the section `key`, their problems by place.
pub(crate) fn check_models(
    key: &str,
    models: &[ModelParams],
    problems: &mut Vec<Problem>,
) -> Vec<Named> {
    let checked = models.iter().enumerate().filter_map(|(index, model)| {
        let renamed = |problem: Problem| Problem {
            key: format!("{key}[{index}].{}", problem.key),
            ..problem
        };
        let own = model.check();
        own.map_err(|broken| problems.extend(broken.into_iter().map(renamed)))
            .ok()
    });
    checked.collect()
}

/// Names stand once and are none of `taken`, blends name models declared before them.
pub(crate) fn check_names(
    key: &str,
    models: &[Named],
    taken: &[&str],
    problems: &mut Vec<Problem>,
) {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for model in models {
        if taken.contains(&model.name.as_str()) || known.contains(model.name.as_str()) {
            let rule = "must be a name no other model or baseline has";
            problems.push(Problem::new(format!("{key}.name"), &model.name, rule));
        }
        if let Made::Blend(parts) = &model.made {
            let unknown = parts.iter().filter(|part| !known.contains(part.as_str()));
            let rule = "must name models declared before it";
            problems.extend(unknown.map(|part| Problem::new(format!("{key}.blend"), part, rule)));
        }
        known.insert(&model.name);
    }
}

impl ModelParams {
    fn check(&self) -> Result<Named, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push(Problem::new("name", "\"\"", "must be given"));
        }
        let made = match (&self.logistic, &self.boosted, &self.blend) {
            (Some(logistic), None, None) => {
                logistic.check(&mut problems);
                Some(logistic.made())
            }
            (None, Some(boosted), None) => Some(boosted.made()),
            (None, None, Some(parts)) if parts.len() >= 2 => Some(Made::Blend(parts.clone())),
            (None, None, Some(parts)) => {
                let rule = "must name at least two models";
                problems.push(Problem::new("blend", format!("{parts:?}"), rule));
                None
            }
            _ => {
                let rule = "must have exactly one of logistic, boosted, blend";
                problems.push(Problem::new("name", &self.name, rule));
                None
            }
        };
        match made {
            Some(made) if problems.is_empty() => Ok(Named {
                name: self.name.clone(),
                made,
            }),
            _ => Err(problems),
        }
    }
}

impl LogisticModel {
    fn usual() -> Self {
        Self {
            penalty: penalty(),
            absolute_share: 0.0,
            max_iterations: iterations(),
            nuisance: Vec::new(),
        }
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        if let PenaltyParam::Word(word) = &self.penalty
            && word != AUTO
        {
            let rule = "must be a number from 0 up or \"auto\"";
            problems.push(Problem::new("logistic.penalty", word, rule));
        }
        let mut refuse = |name: &str, rule: &str| {
            problems.push(Problem::new("logistic.nuisance", name, rule));
        };
        let is_known = |name: &String| Nuisance::ALL.iter().any(|known| known.name() == name);
        for name in self.nuisance.iter().filter(|name| !is_known(name)) {
            refuse(name, "must be inspector, month or quarter");
        }
        let own = self.nuisances();
        if own.len() < self.nuisance.iter().filter(|name| is_known(name)).count() {
            refuse(&self.nuisance.join(", "), "must name each once");
        }
        if own.contains(&Nuisance::Month) && own.contains(&Nuisance::Quarter) {
            let rule = "month or quarter, not both: the month says the quarter";
            refuse(&self.nuisance.join(", "), rule);
        }
    }

    /// The nuisances it names, each once.
    fn nuisances(&self) -> Vec<Nuisance> {
        let named = |known: &Nuisance| self.nuisance.iter().any(|name| name == known.name());
        Nuisance::ALL.into_iter().filter(named).collect()
    }

    fn made(&self) -> Made {
        let prepare = PrepareParams {
            cap_quantile: 0.995,
            known_rows_min: 20,
            category_rows_min: 20,
            missing_flag_share: 0.01,
            log_above: 5.0,
        };
        Made::Fitted {
            recipe: Recipe::Logistic(LogisticParams {
                penalty: match self.penalty {
                    PenaltyParam::Given(penalty) => penalty,
                    PenaltyParam::Word(_) => USUAL_PENALTY,
                },
                absolute_share: self.absolute_share,
                max_iterations: self.max_iterations,
                prepare,
            }),
            nuisances: self.nuisances(),
            is_tuned: matches!(self.penalty, PenaltyParam::Word(_)),
        }
    }
}

impl BoostedModel {
    fn usual() -> Self {
        Self {
            trees: trees(),
            rate: rate(),
            leaves: leaves(),
            l2: ridge(),
            rows_min: leaf_rows(),
        }
    }

    fn made(&self) -> Made {
        Made::Fitted {
            recipe: Recipe::Boosted(BoostedParams {
                trees: self.trees,
                rate: self.rate,
                leaves: self.leaves,
                l2: self.l2,
                rows_min: self.rows_min,
                curvature_min: 0.0,
                row_share: 1.0,
                column_share: 1.0,
                seed: 0,
            }),
            nuisances: Vec::new(),
            is_tuned: false,
        }
    }
}

fn penalty() -> PenaltyParam {
    PenaltyParam::Given(USUAL_PENALTY)
}

fn iterations() -> u32 {
    200
}

fn trees() -> u32 {
    100
}

fn rate() -> f64 {
    0.05
}

fn leaves() -> usize {
    15
}

fn ridge() -> f64 {
    10.0
}

fn leaf_rows() -> usize {
    60
}
