//! The classes as a Markov chain where violations are given: transition matrix and stationary shares.

use super::checked::Moves;

/// Steps of the power iteration.
const STEPS: u32 = 1_000_000;

/// Where a firm of each class is after a period, if classes have these probabilities of a visit and of a violation.
pub(super) fn matrix(
    moves: &Moves,
    pi: &[f64],
    violation: &[f64],
    detection: f64,
) -> Vec<Vec<f64>> {
    let row = |tier: usize| {
        let found = pi[tier] * violation[tier] * detection;
        let clean = pi[tier] - found;
        let to = |next: usize| {
            let stays = if next == tier { 1.0 - pi[tier] } else { 0.0 };
            stays + found * moves.found[tier][next] + clean * moves.clean[tier][next]
        };
        (0..pi.len()).map(to).collect()
    };
    (0..pi.len()).map(row).collect()
}

/// The shares that a chain with this matrix keeps, from equal shares.
pub(super) fn stationary(matrix: &[Vec<f64>]) -> Vec<f64> {
    let n = matrix.len();
    let mut share = vec![1.0 / super::number::real_len(n); n];
    for _ in 0..STEPS {
        let to = |next: usize| (0..n).map(|tier| share[tier] * matrix[tier][next]).sum();
        let after: Vec<f64> = (0..n).map(to).collect();
        let moved = share.iter().zip(&after).map(|(a, b)| (a - b).abs());
        let moved = moved.fold(0.0, f64::max);
        share = after;
        if moved < 1e-15 {
            break;
        }
    }
    share
}
