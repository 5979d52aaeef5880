//! Learned models as pure functions: columns of numbers and found-or-not go in, fitted models and log odds come out.
//!
//! A [`Design`] holds the indicators of the training rows, [`Labels`] what the visits found and how much each row counts.
//! [`Recipe::fit`] makes a [`Model`]: [`Logistic`] (elastic net, nuisance columns averaged out when scoring) or
//! [`Boosted`] (histogram trees, sums exact and so free of order and threads). [`Calibrator`] turns log odds into
//! probabilities, [`Blend`] joins models on out-of-fold scores, [`importance`] makes the weights of visits drawn with known
//! probabilities, [`Ensemble`] and [`Logistic::standard_errors`] say how sure a score is. No file, clock or thread decides
//! anything here; `linfa-logistic` in the room's plain logistic model stays the checked baseline.

mod bins;
mod blend;
mod boosted;
mod calibrate;
mod cholesky;
mod design;
mod error;
mod forest;
mod idle;
mod importance;
mod isotonic;
mod logistic;
#[cfg(test)]
mod made;
mod model;
mod packed;
mod prepare;
mod ranks;
mod seeded;
mod solver;
mod training;
mod tree;
mod uncertainty;

pub use blend::Blend;
pub use boosted::{Boosted, BoostedParams, Watched};
pub use calibrate::{Calibrator, Platt};
pub use design::{Column, ColumnKind, Design, Encoding, Labels, Role};
pub use error::Error;
pub use idle::Idle;
pub use importance::{Importance, importance};
pub use isotonic::Isotonic;
pub use logistic::{Logistic, LogisticParams, TermWeight};
pub use model::{Base, Model, Recipe};
pub use prepare::PrepareParams;
pub use uncertainty::{Ensemble, Estimate, margins, resampled};

/// The probability of log odds.
pub fn probability(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

/// The log odds of a probability, drawn in to 1e-12 from 0 and 1.
pub fn log_odds(probability: f64) -> f64 {
    let p = probability.clamp(1e-12, 1.0 - 1e-12);
    (p / (1.0 - p)).ln()
}
