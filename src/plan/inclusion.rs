//! Integer measure of size to take-all, take-some and target inclusion probability, exactly.

/// What the integer rule says of one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Target inclusion probability of each unit of the level, 0 ..= 1.
    pub prob: f64,
    /// Whether the level is taken whole.
    pub take_all: bool,
}

/// Targets of the levels `(size, n_units)` of a stratum that contributes `n` of its units, in the order given.
///
/// A unit is take-all iff n·x ≥ X, with n and the sum of sizes X of what is left, repeated until stable (sampling
/// with probability proportional to size; Rosén 1997); the rest has target n·x/X. Sums are exact while X < 2^53, and
/// the quotient is the only rounded operation.
///
/// ```
/// use choucha::plan::targets;
/// // the first population of the check vectors: sizes 1 ..= 10 and 100, n = 5
/// let levels: Vec<_> = (1..=10).chain([100]).map(|size| (size, 1)).collect();
/// let targets = targets(&levels, 5);
/// assert_eq!(targets[0].prob, 4.0 / 55.0);
/// assert!(targets[10].take_all);
/// ```
#[must_use]
pub fn targets(levels: &[(u32, u64)], n: u64) -> Vec<Target> {
    let mut largest_first: Vec<&(u32, u64)> = levels.iter().collect();
    largest_first.sort_by(|a, b| b.cmp(a));
    let mut n = u128::from(n);
    let mut total: u128 = levels
        .iter()
        .map(|&(size, n_units)| u128::from(size) * u128::from(n_units))
        .sum();
    let mut smallest_certain = None;
    for &&(size, n_units) in &largest_first {
        if n_units == 0 || n == 0 || n * u128::from(size) < total {
            break;
        }
        n = n.saturating_sub(n_units.into());
        total -= u128::from(size) * u128::from(n_units);
        smallest_certain = Some(size);
    }
    let target = |&(size, _): &(u32, u64)| {
        let take_all = smallest_certain.is_some_and(|bound| size >= bound);
        let prob = if take_all {
            1.0
        } else {
            quotient(n * u128::from(size), total)
        };
        Target { prob, take_all }
    };
    levels.iter().map(target).collect()
}

fn quotient(numerator: u128, denominator: u128) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "seal refuses sums of sizes of 2^53 and more"
    )]
    let quotient = if denominator == 0 {
        0.0
    } else {
        numerator as f64 / denominator as f64
    };
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(levels: &[(u32, u64)], n: u64) -> Vec<bool> {
        targets(levels, n)
            .iter()
            .map(|target| target.take_all)
            .collect()
    }

    #[test]
    fn a_census_takes_every_level() {
        assert_eq!(take_all(&[(1, 2), (7, 3), (u32::MAX, 1)], 6), [true; 3]);
    }

    #[test]
    fn nothing_drawn_is_a_strong_zero() {
        let zero = Target {
            prob: 0.0,
            take_all: false,
        };
        assert_eq!(targets(&[(1, 2), (7, 3)], 0), [zero; 2]);
        assert_eq!(targets(&[], 0), []);
    }

    #[test]
    fn taking_one_level_can_make_the_next_certain() {
        assert_eq!(
            take_all(&[(1, 10), (6, 1), (60, 1)], 3),
            [false, false, true]
        );
        assert_eq!(take_all(&[(1, 5), (6, 1), (60, 1)], 3), [false, true, true]);
    }

    #[test]
    fn a_probability_of_exactly_one_is_take_all() {
        assert_eq!(take_all(&[(1, 2), (2, 1)], 2), [false, true]);
    }

    #[test]
    fn targets_sum_to_the_sample_size() {
        let levels = [(1, 600), (2, 250), (4, 100), (10, 40), (16, 10)];
        for n in [1, 50, 200, 500, 999] {
            let targets = targets(&levels, n);
            let sum: f64 = levels
                .iter()
                .zip(&targets)
                .map(|(&(_, units), target)| f64::from(u32::try_from(units).unwrap()) * target.prob)
                .sum();
            assert!(
                (sum - f64::from(u32::try_from(n).unwrap())).abs() < 1e-9,
                "{n}: {sum}"
            );
        }
    }
}
