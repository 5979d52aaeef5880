//! Isotonic regression by pooling adjacent violators (Ayer and others 1955), equal scores pooled first.

use serde::{Deserialize, Serialize};

use super::calibrate::check_scores;
use super::{Error, Labels};

/// A monotone function: probabilities at the scores that were fitted, lines between them, constant beyond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    scores: Vec<f64>,
    probabilities: Vec<f64>,
}

/// Neighbouring scores with one mean.
struct Pool {
    weight: f64,
    mean: f64,
    first: f64,
    last: f64,
}

impl Isotonic {
    /// The non-decreasing function of least squares.
    ///
    /// # Errors
    /// Lists of different lengths, a score that is not finite.
    pub fn fit(scores: &[f64], labels: &Labels) -> Result<Self, Error> {
        check_scores(scores, labels)?;
        let mut pools: Vec<Pool> = Vec::new();
        for tie in ties(scores, labels) {
            pools.push(tie);
            while let [.., before, last] = pools.as_slice() {
                if before.mean < last.mean {
                    break;
                }
                let pooled = before.with(last);
                pools.truncate(pools.len() - 2);
                pools.push(pooled);
            }
        }
        let mut steps = Self {
            scores: Vec::new(),
            probabilities: Vec::new(),
        };
        for pool in pools {
            steps.scores.push(pool.first);
            steps.probabilities.push(pool.mean);
            if pool.last > pool.first {
                steps.scores.push(pool.last);
                steps.probabilities.push(pool.mean);
            }
        }
        Ok(steps)
    }

    /// The probability of a finding at this score.
    pub fn probability(&self, score: f64) -> f64 {
        let after = self.scores.partition_point(|own| *own < score);
        if after == 0 {
            return self.probabilities[0];
        }
        let (Some(&right), before) = (self.scores.get(after), after - 1) else {
            return self.probabilities[after - 1];
        };
        let share = (score - self.scores[before]) / (right - self.scores[before]);
        let (low, high) = (self.probabilities[before], self.probabilities[after]);
        low + share * (high - low)
    }
}

impl Pool {
    fn with(&self, after: &Self) -> Self {
        let weight = self.weight + after.weight;
        Self {
            weight,
            mean: (self.weight * self.mean + after.weight * after.mean) / weight,
            first: self.first,
            last: after.last,
        }
    }
}

/// One pool per score that counts, in order.
fn ties(scores: &[f64], labels: &Labels) -> Vec<Pool> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.retain(|row| labels.weight()[*row] > 0.0);
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let mut pools: Vec<Pool> = Vec::new();
    for row in order {
        let one = Pool {
            weight: labels.weight()[row],
            mean: f64::from(u8::from(labels.found()[row])),
            first: scores[row],
            last: scores[row],
        };
        match pools.last_mut() {
            Some(last) if last.first >= one.first => *last = last.with(&one),
            _ => pools.push(one),
        }
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::Isotonic;
    use crate::risk::learn::Labels;

    #[test]
    fn the_staircase_is_that_of_scikit_learn() {
        // sklearn.isotonic.IsotonicRegression(out_of_bounds="clip") with these weights
        let scores = [1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let found = [0, 1, 0, 0, 1, 0, 1, 1].map(|y| y == 1).to_vec();
        let weight = vec![1.0, 2.0, 1.0, 1.5, 1.0, 3.0, 1.0, 1.0];
        let labels = Labels::new(found, weight).unwrap();
        let fitted = Isotonic::fit(&scores, &labels).unwrap();
        let expected = [
            (0.0, 0.0),
            (1.5, 3.0 / 17.0),
            (2.0, 6.0 / 17.0),
            (3.5, 6.0 / 17.0),
            (5.5, 11.5 / 17.0),
            (6.0, 1.0),
            (9.0, 1.0),
        ];
        for (score, expected) in expected {
            let found = fitted.probability(score);
            assert!((found - expected).abs() < 1e-9, "{score}: {found}");
        }
    }

    #[test]
    fn labels_of_one_kind_give_their_rate() {
        let labels = Labels::unweighted(vec![false; 3]).unwrap();
        let fitted = Isotonic::fit(&[3.0, 1.0, 2.0], &labels).unwrap();
        assert!(fitted.probability(9.0).abs() < 1e-12);
    }
}
