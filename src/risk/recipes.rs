//! `[[risk.learned]]` and `[[backtest.model]]`: what a learned model is called and how it is made; one form, one code.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::learn::{BoostedParams, LogisticParams, PrepareParams, Recipe};
use crate::units::Problem;

/// The nuisance this program knows: who went.
pub(crate) const INSPECTOR: &str = "inspector";

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
    /// Penalty per unit of weight, from 0 up. 0.04 unless told.
    #[serde(default = "penalty")]
    pub penalty: f64,
    /// Share of the penalty that is absolute, 0 (ridge) to 1 (lasso). 0 unless told.
    #[serde(default)]
    pub absolute_share: f64,
    /// Most Newton steps, at least 1. 200 unless told.
    #[serde(default = "iterations")]
    pub max_iterations: u32,
    /// What explains labels but not objects, fitted and averaged out: `inspector`. Nothing unless told.
    #[serde(default)]
    pub nuisance: Vec<String>,
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
    /// Fitted, with the inspector as a nuisance or not.
    Fitted {
        /// What is fitted.
        recipe: Recipe,
        /// Whether who went is fitted with it and averaged out.
        by_inspector: bool,
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
                let unknown = logistic.nuisance.iter().filter(|name| *name != INSPECTOR);
                let rule = "must be inspector";
                problems.extend(unknown.map(|name| Problem::new("logistic.nuisance", name, rule)));
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
                penalty: self.penalty,
                absolute_share: self.absolute_share,
                max_iterations: self.max_iterations,
                prepare,
            }),
            by_inspector: self.nuisance.iter().any(|name| name == INSPECTOR),
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
            by_inspector: false,
        }
    }
}

fn penalty() -> f64 {
    0.04
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
