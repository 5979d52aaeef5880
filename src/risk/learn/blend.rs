//! A calibrated blend: log odds = `a + Σ b_m · (log odds of model m)`, no b below 0, held toward equal shares.
//!
//! Fitted on out-of-fold scores, so that a model that has learnt its rows by heart has no say.

use serde::{Deserialize, Serialize};

use super::calibrate::check_scores;
use super::solver::{Penalty, Problem, matrix};
use super::{Error, Labels};
use crate::risk::features::count;

/// Shares of models in one score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// Log odds where every model says 0.
    pub intercept: f64,
    /// Share of each model, from 0 up; calibrated models that agree have shares that sum to 1.
    pub shares: Vec<f64>,
}

impl Blend {
    /// Equal shares, not calibrated.
    pub fn equal(models: usize) -> Self {
        Self {
            intercept: 0.0,
            shares: vec![1.0 / count(models.max(1)); models],
        }
    }

    /// Shares of least loss on out-of-fold log odds, one list per model; `hold` (from 0 up, per unit of weight) is the
    /// ridge toward equal shares.
    ///
    /// # Errors
    /// Lists of different lengths, a score that is not finite, labels of one kind, a hold out of range.
    pub fn fit(scores: &[&[f64]], labels: &Labels, hold: f64) -> Result<Self, Error> {
        if !(hold.is_finite() && hold >= 0.0) {
            let (key, value, rule) = ("hold", hold, "a number from 0 up");
            return Err(Error::Setting { key, value, rule });
        }
        for own in scores {
            check_scores(own, labels)?;
        }
        labels.check_kinds()?;
        let equal = Self::equal(scores.len());
        let mean = equal.log_odds(scores)?;
        let x = matrix(labels.rows(), scores.concat());
        let (target, share) = (labels.targets(), 1.0 / count(scores.len().max(1)));
        let one = Penalty {
            l1: 0.0,
            l2: hold,
            least: -share,
        };
        let penalties = vec![one; scores.len()];
        let problem = Problem {
            x: x.view(),
            groups: None,
            offset: Some(&mean),
            target: &target,
            weight: labels.weight(),
            penalties: &penalties,
        };
        let beta = problem.minimise(vec![0.0; scores.len() + 1], 200)?.beta;
        Ok(Self {
            intercept: beta[0],
            shares: beta[1..]
                .iter()
                .map(|more| (share + more).max(0.0))
                .collect(),
        })
    }

    /// Log odds of the blend, from those of its models in the order they were fitted.
    ///
    /// # Errors
    /// Another number of models, lists of different lengths.
    pub fn log_odds(&self, scores: &[&[f64]]) -> Result<Vec<f64>, Error> {
        super::design::check_length("the list of models", scores.len(), self.shares.len())?;
        let rows = scores.first().map_or(0, |own| own.len());
        let mut odds = vec![self.intercept; rows];
        for (own, share) in scores.iter().zip(&self.shares) {
            super::design::check_length("the scores of a model", own.len(), rows)?;
            odds.iter_mut()
                .zip(*own)
                .for_each(|(odds, own)| *odds += share * own);
        }
        Ok(odds)
    }
}

#[cfg(test)]
mod tests {
    use super::Blend;
    use crate::risk::learn::made::line;
    use crate::risk::learn::seeded::{Use, uniform};
    use crate::risk::learn::{Error, Labels};

    fn scores() -> (Vec<f64>, Vec<f64>, Labels) {
        let (design, found) = line(1000, -1.0);
        let [a, b, c] = [0, 1, 2].map(|at| &design.columns()[at].values);
        let rows = a.iter().zip(b).zip(c);
        let good = rows.map(|((a, b), c)| -1.0 - 1.5 * a - 0.5 * b + 0.5 * c);
        let noise = (0..1000).map(|row| uniform(Use::Worlds, 3, 0, row) * 2.0 - 1.0);
        let labels = Labels::unweighted(found).unwrap();
        (good.collect(), noise.collect(), labels)
    }

    #[test]
    fn the_true_log_odds_are_left_about_as_they_are_and_noise_has_little_say() {
        let (good, noise, labels) = scores();
        let blend = Blend::fit(&[&good, &noise], &labels, 0.0).unwrap();
        assert!((blend.shares[0] - 1.0).abs() < 0.2, "{blend:?}");
        assert!(blend.shares[1] < 0.3, "{blend:?}");
        assert!(blend.intercept.abs() < 0.3, "{blend:?}");
    }

    #[test]
    fn a_model_that_ranks_backwards_has_no_share() {
        let (good, _, labels) = scores();
        let backwards: Vec<f64> = good.iter().map(|odds| -odds).collect();
        let blend = Blend::fit(&[&good, &backwards], &labels, 0.0).unwrap();
        assert!(blend.shares.iter().all(|share| *share >= 0.0), "{blend:?}");
    }

    #[test]
    fn a_strong_hold_gives_equal_shares() {
        let (good, noise, labels) = scores();
        let blend = Blend::fit(&[&good, &noise], &labels, 1e6).unwrap();
        assert!(blend.shares.iter().all(|share| (share - 0.5).abs() < 1e-4));
    }

    #[test]
    fn scores_that_are_no_numbers_are_refused() {
        let labels = Labels::unweighted(vec![true, false]).unwrap();
        let refused = Blend::fit(&[&[0.0, f64::NAN]], &labels, 0.0);
        assert!(matches!(refused, Err(Error::Score { row: 1, .. })));
    }
}
