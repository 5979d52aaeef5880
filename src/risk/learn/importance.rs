//! Weights of visits drawn with known probabilities: 1/π, capped at a multiple of the median, stabilised to mean 1.
//!
//! Visits drawn oftener would otherwise speak louder than the register they stand for (`evaluation.md` §1.4).

use serde::Serialize;

use super::Error;
use crate::risk::features::count;

/// Weights, and what the cap did to them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// One weight per visit, mean 1.
    #[serde(skip)]
    pub weight: Vec<f64>,
    /// Visits.
    pub n: usize,
    /// Kish's effective number of visits, (Σw)² / Σw².
    pub effective_n: f64,
    /// Largest weight, after cap and stabilising.
    pub largest: f64,
    /// Visits whose weight was capped.
    pub n_capped: usize,
    /// Smallest probability of a visit before the cap.
    pub least_probability: f64,
}

/// Weights of visits with inclusion probabilities `pi`, none above `cap` (at least 1; 20 is usual) times the median 1/π.
///
/// # Errors
/// A probability outside (0, 1], a cap below 1, no visits.
pub fn importance(pi: &[f64], cap: f64) -> Result<Importance, Error> {
    if !(cap.is_finite() && cap >= 1.0) {
        return Err(Error::Setting {
            key: "cap",
            value: cap,
            rule: "a multiple of the median weight, at least 1",
        });
    }
    let drawn = |pi: &f64| *pi > 0.0 && *pi <= 1.0;
    if let Some(row) = pi.iter().position(|pi| !drawn(pi)) {
        let value = pi[row];
        return Err(Error::Probability { row, value });
    }
    if pi.is_empty() {
        return Err(Error::NoRows { rows: 0 });
    }
    let raw: Vec<f64> = pi.iter().map(|pi| 1.0 / pi).collect();
    let limit = cap * median(&raw);
    let n_capped = raw.iter().filter(|weight| **weight > limit).count();
    let capped: Vec<f64> = raw.iter().map(|weight| weight.min(limit)).collect();
    let mean = capped.iter().sum::<f64>() / count(capped.len());
    let weight: Vec<f64> = capped.iter().map(|weight| weight / mean).collect();
    let squares: f64 = weight.iter().map(|weight| weight * weight).sum();
    Ok(Importance {
        n: weight.len(),
        effective_n: count(weight.len()) * count(weight.len()) / squares,
        largest: weight.iter().copied().fold(0.0, f64::max),
        n_capped,
        least_probability: pi.iter().copied().fold(1.0, f64::min),
        weight,
    })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::importance;
    use crate::risk::learn::Error;

    #[test]
    fn equal_probabilities_leave_every_visit_one() {
        let equal = importance(&[0.25; 8], 20.0).unwrap();
        assert_eq!(equal.weight, vec![1.0; 8]);
        assert!((equal.effective_n - 8.0).abs() < 1e-12);
        assert_eq!(equal.n_capped, 0);
    }

    #[test]
    fn a_weight_that_explodes_is_capped_and_counted() {
        let found = importance(&[0.5, 0.5, 0.5, 0.001], 20.0).unwrap();
        // raw 2, 2, 2, 1000; cap 40; mean 11.5
        assert_eq!(found.n_capped, 1);
        assert!((found.largest - 40.0 / 11.5).abs() < 1e-12);
        let expected = 46.0_f64.powi(2) / (3.0 * 4.0 + 1600.0);
        assert!((found.effective_n - expected).abs() < 1e-12);
    }

    #[test]
    fn a_probability_of_nought_is_refused() {
        let refused = importance(&[0.5, 0.0], 20.0).unwrap_err();
        let (row, value) = (1, 0.0);
        assert_eq!(refused, Error::Probability { row, value });
    }
}
