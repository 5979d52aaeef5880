//! How sure a score is: the spread of models refitted with random case weights (Bayesian bootstrap, Rubin 1981).
//!
//! Every group of rows (an object that was seen at several as-of days) gets one weight of the standard exponential
//! distribution, which follows from the seed and the group alone. The interval is the score of the model itself ± t times
//! the standard deviation of the refits (t of Student, refits − 1 degrees of freedom): it holds
//! the spread of estimation, not the pull of a penalty toward the mean. On made-up truths (see the tests) intervals of 0.9
//! covered 0.90 for a light ridge and 0.87 for trees.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::design::check_length;
use super::seeded::{Use, uniform};
use super::{Design, Error, Labels, Model, Recipe, probability};
use crate::risk::features::count;

/// A model and its refits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// The model that sets the score.
    pub model: Model,
    /// The same recipe under random weights.
    pub refits: Vec<Model>,
}

/// A score with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Log odds.
    pub log_odds: f64,
    /// Standard deviation of the log odds over the refits.
    pub standard_error: f64,
    /// Probability.
    pub probability: f64,
    /// Lower end of the interval of the probability.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The labels with each group's weight times its random number of this replicate.
///
/// # Errors
/// Lists of different lengths.
pub fn resampled(
    labels: &Labels,
    groups: &[u64],
    seed: u64,
    replicate: u32,
) -> Result<Labels, Error> {
    check_length("the list of groups", groups.len(), labels.rows())?;
    let one = |(weight, group): (&f64, &u64)| {
        -weight * uniform(Use::Weights, seed, replicate, *group).ln()
    };
    let weight = labels.weight().iter().zip(groups).map(one).collect();
    Labels::new(labels.found().to_vec(), weight)
}

impl Ensemble {
    /// Fits the recipe once as it is and `refits` times (at least 2) under random weights of the groups.
    ///
    /// # Errors
    /// As [`Recipe::fit_or_base`], fewer than two refits, lists of different lengths.
    pub fn fit(
        recipe: &Recipe,
        design: &Design,
        labels: &Labels,
        groups: &[u64],
        refits: u32,
        seed: u64,
    ) -> Result<Self, Error> {
        if refits < 2 {
            let (key, value, rule) = ("refits", f64::from(refits), "at least 2");
            return Err(Error::Setting { key, value, rule });
        }
        let model = recipe.fit_or_base(design, labels)?;
        let refits = (0..refits).into_par_iter().map(|replicate| {
            let labels = resampled(labels, groups, seed, replicate)?;
            recipe.fit_or_base(design, &labels)
        });
        Ok(Self {
            model,
            refits: refits.collect::<Result<_, _>>()?,
        })
    }

    /// Scores with intervals that are to cover at the `level` (above 0, below 1; 0.95 is usual).
    ///
    /// # Errors
    /// Other columns than the model was fitted with, a level out of range.
    pub fn estimates(&self, design: &Design, level: f64) -> Result<Vec<Estimate>, Error> {
        let times = times(self.refits.len(), level)?;
        let scores = self.model.log_odds(design)?;
        let refits = self.refits.iter().map(|model| model.log_odds(design));
        let refits = refits.collect::<Result<Vec<Vec<f64>>, Error>>()?;
        let one = |(row, log_odds): (usize, f64)| {
            let own: Vec<f64> = refits.iter().map(|scores| scores[row]).collect();
            let standard_error = spread(&own);
            Estimate {
                log_odds,
                standard_error,
                probability: probability(log_odds),
                low: probability(log_odds - times * standard_error),
                high: probability(log_odds + times * standard_error),
            }
        };
        Ok(scores.into_iter().enumerate().map(one).collect())
    }
}

/// Half the interval of every row's log odds, from those of the refits: one list per refit.
///
/// # Errors
/// A level out of range.
pub fn margins(refits: &[Vec<f64>], level: f64) -> Result<Vec<f64>, Error> {
    let times = times(refits.len(), level)?;
    let rows = refits.first().map_or(0, Vec::len);
    let one = |row: usize| {
        let own: Vec<f64> = refits.iter().map(|scores| scores[row]).collect();
        times * spread(&own)
    };
    Ok((0..rows).map(one).collect())
}

/// How many standard deviations an interval that covers at the level reaches to either side.
fn times(refits: usize, level: f64) -> Result<f64, Error> {
    if level > 0.0 && level < 1.0 {
        return Ok(quantile(refits, f64::midpoint(1.0, level)));
    }
    let (key, value, rule) = ("level", level, "above 0 and below 1");
    Err(Error::Setting { key, value, rule })
}

/// The quantile of Student's distribution that belongs to a standard deviation of so many refits.
fn quantile(refits: usize, p: f64) -> f64 {
    let freedom = count(refits.saturating_sub(1).max(1));
    let student = StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are at least 1");
    student.inverse_cdf(p)
}

fn spread(values: &[f64]) -> f64 {
    let n = count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    (squares / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests;
