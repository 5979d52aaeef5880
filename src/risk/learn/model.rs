//! One name for every learned model: a recipe is fitted, a model scores and explains.

use serde::{Deserialize, Serialize};

use super::design::{Head, Role};
use super::{Boosted, BoostedParams, Design, Error, Labels, Logistic, LogisticParams, log_odds};

/// What is fitted, with every setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// An elastic net.
    Logistic(LogisticParams),
    /// Trees; nuisance columns of the design are left out.
    Boosted(BoostedParams),
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// An elastic net.
    Logistic(Logistic),
    /// Trees.
    Boosted(Boosted),
    /// The base rate, where nothing could be learnt.
    Base(Base),
}

/// The same score for every row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Log odds of the smoothed base rate (findings + ½) / (rows + 1).
    pub log_odds: f64,
    /// Why nothing could be learnt.
    pub why: String,
    heads: Vec<Head>,
}

impl Recipe {
    /// Fits the model.
    ///
    /// # Errors
    /// As [`Logistic::fit`] and [`Boosted::fit`].
    pub fn fit(&self, design: &Design, labels: &Labels) -> Result<Model, Error> {
        Ok(match self {
            Self::Logistic(params) => Model::Logistic(Logistic::fit(params, design, labels)?),
            Self::Boosted(params) => Model::Boosted(Boosted::fit(params, design, labels)?),
        })
    }

    /// Fits the model, or gives the base rate where the labels are all alike or no column varies.
    ///
    /// # Errors
    /// Every other refusal of [`Recipe::fit`].
    pub fn fit_or_base(&self, design: &Design, labels: &Labels) -> Result<Model, Error> {
        match self.fit(design, labels) {
            Err(
                error @ (Error::NoPositives { .. }
                | Error::OnlyPositives { .. }
                | Error::NothingVaries { .. }),
            ) => Ok(Model::Base(Base::new(design, labels, &error))),
            fitted => fitted,
        }
    }
}

impl Base {
    fn new(design: &Design, labels: &Labels, why: &Error) -> Self {
        let rows: f64 = labels.weight().iter().sum();
        let found = labels.base_rate() * rows;
        let heads = design.of_role(Role::Feature);
        Self {
            log_odds: log_odds((found + 0.5) / (rows + 1.0)),
            why: why.to_string(),
            heads: heads.into_iter().map(Head::of).collect(),
        }
    }
}

impl Model {
    /// Log odds per row.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn log_odds(&self, design: &Design) -> Result<Vec<f64>, Error> {
        match self {
            Self::Logistic(model) => model.log_odds(design),
            Self::Boosted(model) => model.log_odds(design),
            Self::Base(base) => {
                design.matching(&base.heads)?;
                Ok(vec![base.log_odds; design.rows()])
            }
        }
    }

    /// What each feature column adds to the log odds of each row: one list per column.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn contributions(&self, design: &Design) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Logistic(model) => model.contributions(design),
            Self::Boosted(model) => model.contributions(design),
            Self::Base(base) => {
                design.matching(&base.heads)?;
                Ok(vec![vec![0.0; design.rows()]; base.heads.len()])
            }
        }
    }
}

#[cfg(test)]
mod tests;
