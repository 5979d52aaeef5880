//! Sums of probabilities in whole units of 2^-40: the same whatever the order, the partitions and the threads.

use std::ops::AddAssign;

/// Units of one.
const UNIT: f64 = 1_099_511_627_776.0;

/// A sum of probabilities.
///
/// ```
/// use choucha::units::ProbabilitySum;
/// let mut sum = ProbabilitySum::default();
/// sum.add(0.25);
/// sum.add(0.5);
/// assert_eq!(sum.value(), 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbabilitySum(u128);

impl ProbabilitySum {
    /// Adds a probability, rounded to a whole unit; what lies outside 0 ..= 1 counts as the nearer end.
    pub fn add(&mut self, probability: f64) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a probability lies in 0 ..= 1"
        )]
        let units = (probability.clamp(0.0, 1.0) * UNIT).round() as u128;
        self.0 += units;
    }

    /// The sum.
    #[must_use]
    pub fn value(self) -> f64 {
        #[allow(
            clippy::cast_precision_loss,
            reason = "an expectation is shown with fewer digits"
        )]
        let units = self.0 as f64;
        units / UNIT
    }
}

impl AddAssign for ProbabilitySum {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_give_the_same_sum_in_any_order() {
        let values: Vec<f64> = (1..500).map(|i| 1.0 / f64::from(i)).collect();
        let sum = |values: &mut dyn Iterator<Item = &f64>| {
            let mut sum = ProbabilitySum::default();
            values.for_each(|&value| sum.add(value));
            sum
        };
        let whole = sum(&mut values.iter());
        let mut parts = sum(&mut values[200..].iter().rev());
        parts += sum(&mut values[..200].iter());
        assert_eq!(whole, parts);
        assert!((whole.value() - values.iter().sum::<f64>()).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_probability_counts_as_the_nearer_end() {
        let mut sum = ProbabilitySum::default();
        for odd in [1.5, -0.5, f64::NAN] {
            sum.add(odd);
        }
        assert_eq!(sum.value().to_bits(), 1.0_f64.to_bits());
    }
}
