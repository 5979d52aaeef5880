//! Logistic regression with an elastic net: (1/W) Σ w·loss + λ(α‖β‖₁ + (1−α)/2·‖β‖²) over standardised terms.
//!
//! λ = 1/(C·W) of scikit-learn, α its `l1_ratio`. Nuisance columns (inspector strictness, season) are fitted without
//! penalty and averaged out when scoring: a score is the log odds of the mean probability over the nuisances of the
//! training rows. An optimum is accepted only where the optimality conditions hold.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cholesky::inverse;
use super::design::{Design, Head, Labels, Role};
use super::prepare::{PrepareParams, Term};
use super::solver::Optimum;
use super::training::{Training, check, parts};
use super::{Error, log_odds, probability};
use crate::risk::features::count;

/// Rows scored together.
const BLOCK: usize = 2048;

/// How a logistic model is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticParams {
    /// λ per unit of weight, from 0 up.
    pub penalty: f64,
    /// α, the share of the penalty that is absolute: 0 for ridge, 1 for lasso.
    pub absolute_share: f64,
    /// Most Newton steps.
    pub max_iterations: u32,
    /// How columns become terms.
    pub prepare: PrepareParams,
}

/// A fitted logistic model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    params: LogisticParams,
    heads: Vec<Head>,
    terms: Vec<Term>,
    weights: Vec<f64>,
    intercept: f64,
    slope_max: f64,
    nuisance: Vec<f64>,
}

/// One term of a fitted model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TermWeight {
    /// The column, and what of it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Mean over the training rows, after caps, logarithm and filling.
    pub mean: f64,
    /// Standard deviation over the training rows, likewise.
    pub sd: f64,
    /// Change of the log odds per standard deviation.
    pub weight: f64,
}

impl Logistic {
    /// The model at one penalty.
    ///
    /// # Errors
    /// A setting out of range, labels that are all alike, columns that do not vary, an optimum out of reach.
    pub fn fit(params: &LogisticParams, design: &Design, labels: &Labels) -> Result<Self, Error> {
        let mut path = Self::path(params, design, labels, &[params.penalty])?;
        Ok(path.swap_remove(0))
    }

    /// The models along `penalties`, each started from the one before; from large to small is fastest.
    ///
    /// # Errors
    /// As [`Logistic::fit`].
    pub fn path(
        params: &LogisticParams,
        design: &Design,
        labels: &Labels,
        penalties: &[f64],
    ) -> Result<Vec<Self>, Error> {
        let training = Training::new(params, design, labels)?;
        let mut beta = training.start(labels);
        let mut path = Vec::new();
        for &penalty in penalties {
            let params = LogisticParams {
                penalty,
                ..params.clone()
            };
            check(&params)?;
            let terms = training.penalties(&params);
            let problem = training.problem(labels, &terms);
            let optimum = problem.minimise(beta, params.max_iterations)?;
            path.push(Self::reached(
                &params,
                &training,
                (design, labels),
                &optimum,
            ));
            beta = optimum.beta;
        }
        Ok(path)
    }

    /// The smallest penalty at which no feature has a weight; infinite for a ridge, which always gives weights.
    ///
    /// # Errors
    /// As [`Logistic::fit`].
    pub fn largest_penalty(
        params: &LogisticParams,
        design: &Design,
        labels: &Labels,
    ) -> Result<f64, Error> {
        if params.absolute_share <= 0.0 {
            return Ok(f64::INFINITY);
        }
        let training = Training::new(params, design, labels)?;
        let shut = LogisticParams {
            penalty: f64::MAX.sqrt(),
            absolute_share: 1.0,
            ..params.clone()
        };
        let terms = training.penalties(&shut);
        let problem = training.problem(labels, &terms);
        let optimum = problem.minimise(training.start(labels), params.max_iterations)?;
        let slopes = problem.gradient(&optimum.beta);
        let features = training.terms.iter().zip(&slopes[1..]);
        let features = features.filter(|(term, _)| term.role == Role::Feature);
        let steepest = features.fold(0.0_f64, |most, (_, slope)| most.max(slope.abs()));
        Ok(steepest / params.absolute_share)
    }

    /// Log odds per row, nuisances averaged out; the design needs no nuisance columns.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn log_odds(&self, design: &Design) -> Result<Vec<f64>, Error> {
        let columns = design.matching(&self.heads)?;
        let mut odds = vec![0.0; design.rows()];
        let blocks = odds.par_chunks_mut(BLOCK).enumerate();
        blocks.for_each(|(block, odds)| {
            for (term, weight) in self.of_role(Role::Feature) {
                let values = &columns[term.column][block * BLOCK..];
                for (odds, value) in odds.iter_mut().zip(values) {
                    *odds += weight * term.standard(*value);
                }
            }
            let each = odds.iter_mut();
            each.for_each(|odds| *odds = self.marginal(self.intercept + *odds));
        });
        Ok(odds)
    }

    /// What each feature column adds to the log odds of each row, against the mean training row: one list per column.
    /// Their sum and the intercept are the log odds at mean nuisances.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn contributions(&self, design: &Design) -> Result<Vec<Vec<f64>>, Error> {
        let columns = design.matching(&self.heads)?;
        let mut gains = vec![vec![0.0; design.rows()]; columns.len()];
        for (term, weight) in self.of_role(Role::Feature) {
            let into = &mut gains[term.column];
            for (gain, value) in into.iter_mut().zip(columns[term.column]) {
                *gain += weight * term.standard(*value);
            }
        }
        Ok(gains)
    }

    /// What the nuisance columns of training rows add to their log odds: a start for a model of the features alone.
    ///
    /// # Errors
    /// A nuisance the model was fitted with is absent.
    pub fn nuisance_log_odds(&self, design: &Design) -> Result<Vec<f64>, Error> {
        let columns = design.of_role(Role::Nuisance);
        let mut sums = vec![0.0; design.rows()];
        for (term, weight) in self.of_role(Role::Nuisance) {
            let Some(column) = columns.get(term.column) else {
                return Err(Error::OtherColumns {
                    place: term.column,
                    found: "absent".to_owned(),
                    expected: format!("\"{}\" (a nuisance)", term.name),
                });
            };
            for (sum, value) in sums.iter_mut().zip(&column.values) {
                *sum += weight * term.standard(*value);
            }
        }
        Ok(sums)
    }

    /// Standard errors of the log odds (at mean nuisances) of the rows of `at`: sandwich over the training rows, terms
    /// without weight left out. Rows are taken as independent; for repeated rows of one object see
    /// [`Ensemble`](super::Ensemble).
    ///
    /// # Errors
    /// Other columns than the model was fitted with, columns that repeat others without a penalty.
    pub fn standard_errors(
        &self,
        design: &Design,
        labels: &Labels,
        at: &Design,
    ) -> Result<Vec<f64>, Error> {
        let (columns, used) = (at.matching(&self.heads)?, self.used());
        let covariance = self.covariance(design, labels, &used)?;
        let one = |row: usize| {
            let mut x = vec![1.0];
            x.extend(used.iter().map(|&place| match self.terms[place].role {
                Role::Feature => {
                    let term = &self.terms[place];
                    term.standard(columns[term.column][row])
                }
                Role::Nuisance => 0.0,
            }));
            quadratic(&covariance, &x).sqrt()
        };
        Ok((0..at.rows()).map(one).collect())
    }

    /// The terms with their weights, in the order of columns, nuisances last, of these the one with most categories.
    pub fn terms(&self) -> Vec<TermWeight> {
        let one = |(term, weight): (&Term, &f64)| TermWeight {
            name: term.name.clone(),
            role: term.role,
            mean: term.mean,
            sd: term.sd,
            weight: *weight,
        };
        self.terms.iter().zip(&self.weights).map(one).collect()
    }

    /// Log odds of the mean training row.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Largest violation of the optimality conditions, per unit of weight.
    pub fn slope_max(&self) -> f64 {
        self.slope_max
    }

    /// The model at an optimum over the training rows.
    fn reached(
        params: &LogisticParams,
        training: &Training,
        (design, labels): (&Design, &Labels),
        optimum: &Optimum,
    ) -> Self {
        let heads = design.of_role(Role::Feature);
        let mut model = Self {
            params: params.clone(),
            heads: heads.into_iter().map(Head::of).collect(),
            terms: training.terms.clone(),
            intercept: training.intercept(&optimum.beta),
            weights: optimum.beta[1..].to_vec(),
            slope_max: optimum.slope_max,
            nuisance: Vec::new(),
        };
        if training
            .terms
            .iter()
            .any(|term| term.role == Role::Nuisance)
        {
            let sums = model
                .nuisance_log_odds(design)
                .expect("the design has its own nuisances");
            model.nuisance = parts(&sums, labels.weight());
        }
        model
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = (&Term, f64)> {
        let all = self.terms.iter().zip(self.weights.iter().copied());
        all.filter(move |(term, _)| term.role == role)
    }

    /// The log odds of the mean probability over the nuisances of the training rows.
    fn marginal(&self, odds: f64) -> f64 {
        if self.nuisance.is_empty() {
            return odds;
        }
        let sum: f64 = self.nuisance.iter().map(|z| probability(odds + z)).sum();
        log_odds(sum / count(self.nuisance.len()))
    }

    /// Places of the terms with a weight.
    fn used(&self) -> Vec<usize> {
        let weighted = |place: &usize| self.weights[*place].abs() > 0.0;
        (0..self.terms.len()).filter(weighted).collect()
    }

    /// Covariance of intercept and used weights.
    fn covariance(
        &self,
        design: &Design,
        labels: &Labels,
        used: &[usize],
    ) -> Result<Array2<f64>, Error> {
        labels.check_two_classes(design)?;
        design.matching(&self.heads)?;
        let terms: Vec<Term> = used
            .iter()
            .map(|&place| self.terms[place].clone())
            .collect();
        let training = Training::of(terms, design, labels);
        let penalties = training.penalties(&self.params);
        let weights = used.iter().map(|&place| self.weights[place]);
        let beta: Vec<f64> = std::iter::once(self.intercept).chain(weights).collect();
        let (bread, meat) = training.problem(labels, &penalties).bread_and_meat(&beta);
        let bread = inverse(&bread).map_err(|row| Error::Collinear {
            column: training.terms[row.saturating_sub(1)].name.clone(),
        })?;
        Ok(bread.dot(&meat).dot(&bread))
    }
}

fn quadratic(matrix: &Array2<f64>, x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for ((i, j), value) in matrix.indexed_iter() {
        sum += value * x[i] * x[j];
    }
    sum.max(0.0)
}

#[cfg(test)]
mod tests;
