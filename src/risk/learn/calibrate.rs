//! From scores to probabilities, on rows the model was not fitted on: a logistic line with Platt's targets (Platt 1999),
//! or a monotone staircase.

use serde::{Deserialize, Serialize};

use super::design::check_length;
use super::isotonic::Isotonic;
use super::solver::{Penalty, Problem, matrix};
use super::{Error, Labels, probability};

/// A fitted calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrator {
    /// Probability = logistic function of a line in the score.
    Platt(Platt),
    /// Probability = a monotone function of the score.
    Isotonic(Isotonic),
}

impl Calibrator {
    /// The probability of a finding at this score.
    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt(platt) => platt.probability(score),
            Self::Isotonic(isotonic) => isotonic.probability(score),
        }
    }

    /// Probabilities of many scores.
    pub fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        scores
            .iter()
            .map(|score| self.probability(*score))
            .collect()
    }
}

/// A logistic line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Log odds at score 0.
    pub intercept: f64,
    /// Change of the log odds per unit of the score, from 0 up.
    pub slope: f64,
}

impl Platt {
    /// The line of least loss to Platt's targets (N₊+1)/(N₊+2) and 1/(N₋+2), N the weight of each kind. A score that
    /// ranks backwards gets slope 0; labels of one kind give a probability that is neither 0 nor 1.
    ///
    /// # Errors
    /// Lists of different lengths, a score that is not finite.
    pub fn fit(scores: &[f64], labels: &Labels) -> Result<Self, Error> {
        check_scores(scores, labels)?;
        let positive = labels.base_rate() * labels.weight().iter().sum::<f64>();
        let negative = labels.weight().iter().sum::<f64>() - positive;
        let high = (positive + 1.0) / (positive + 2.0);
        let low = 1.0 / (negative + 2.0);
        let target = labels
            .found()
            .iter()
            .map(|found| if *found { high } else { low });
        let target: Vec<f64> = target.collect();
        let (center, spread) = center_and_spread(scores, labels.weight());
        let standard = scores.iter().map(|score| (score - center) / spread);
        let x = matrix(scores.len(), standard.collect());
        let rising = Penalty {
            least: 0.0,
            ..Penalty::FREE
        };
        let problem = Problem {
            x: x.view(),
            groups: None,
            offset: None,
            target: &target,
            weight: labels.weight(),
            penalties: &[rising],
        };
        let beta = problem.minimise(vec![0.0; 2], 200)?.beta;
        let slope = beta[1] / spread;
        Ok(Self {
            intercept: beta[0] - slope * center,
            slope,
        })
    }

    /// The probability of a finding at this score.
    pub fn probability(&self, score: f64) -> f64 {
        probability(self.intercept + self.slope * score)
    }
}

pub(super) fn check_scores(scores: &[f64], labels: &Labels) -> Result<(), Error> {
    check_length("the list of scores", scores.len(), labels.rows())?;
    match scores.iter().position(|score| !score.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::Score {
            row,
            value: scores[row],
        }),
    }
}

/// Weighted mean and standard deviation, the latter 1 where nothing varies.
fn center_and_spread(values: &[f64], weight: &[f64]) -> (f64, f64) {
    let total: f64 = weight.iter().sum();
    let pairs = || values.iter().zip(weight);
    let center = pairs().map(|(v, w)| w * v).sum::<f64>() / total;
    let squares: f64 = pairs().map(|(v, w)| w * (v - center) * (v - center)).sum();
    let spread = (squares / total).sqrt();
    (center, if spread > 1e-12 { spread } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::Platt;
    use crate::risk::learn::Labels;

    #[test]
    fn the_line_is_that_of_scikit_learn() {
        // sklearn.calibration._SigmoidCalibration on these scores and labels: slope -a_, intercept -b_
        let scores = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
        let found = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1].map(|y| y == 1).to_vec();
        let line = Platt::fit(&scores, &Labels::unweighted(found).unwrap()).unwrap();
        assert!((line.slope - 0.664_043_15).abs() < 1e-5, "{}", line.slope);
        assert!(
            (line.intercept + 0.166_010_77).abs() < 1e-5,
            "{}",
            line.intercept
        );
    }

    #[test]
    fn labels_of_one_kind_give_a_probability_between_0_and_1() {
        let none = Labels::unweighted(vec![false; 8]).unwrap();
        let line = Platt::fit(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], &none).unwrap();
        assert!((line.probability(3.0) - 0.1).abs() < 1e-6);
    }

    #[test]
    fn a_score_that_ranks_backwards_gets_no_slope() {
        let labels = Labels::unweighted(vec![true, true, false, false]).unwrap();
        let line = Platt::fit(&[0.0, 1.0, 2.0, 3.0], &labels).unwrap();
        assert!(line.slope.abs() < 1e-12);
    }
}
