//! The smallest change: the point nearest to a start among those that satisfy linear rows (Hildreth 1957).

use super::simplex::Row;

/// Sweeps over all rows before the method gives up.
const SWEEPS_MAX: usize = 200_000;
/// Largest correction of a sweep at which the point stands still.
const STILL: f64 = 1e-13;

/// The point that minimises Σ weight·(x - start)² under `rows`; none where it does not settle, as when no point
/// satisfies them. With weight = n/start this is the chi-square distance of survey calibration (Deville and Särndal
/// 1992): where one total alone binds, every part grows by the same factor.
///
/// ```
/// use choucha::tune::{Row, nearest};
/// // shares of 1 % and 10 % of 900 and 100 objects must give 38 visits instead of 19
/// let rows = [Row { a: vec![-900.0, -100.0], bound: -38.0 }];
/// let found = nearest(&[0.01, 0.1], &[90_000.0, 1_000.0], &rows).unwrap();
/// assert!((found[0] - 0.02).abs() < 1e-9 && (found[1] - 0.2).abs() < 1e-9);
/// ```
#[must_use]
pub fn nearest(start: &[f64], weight: &[f64], rows: &[Row]) -> Option<Vec<f64>> {
    let mut at = start.to_vec();
    let mut forces = vec![0.0; rows.len()];
    let stiffness: Vec<f64> = rows.iter().map(|row| stiffness(row, weight)).collect();
    for _ in 0..SWEEPS_MAX {
        let mut moved = 0.0_f64;
        for ((row, force), &stiffness) in rows.iter().zip(&mut forces).zip(&stiffness) {
            if stiffness > 0.0 {
                let excess = dot(&row.a, &at) - row.bound;
                let change = (excess / stiffness).max(-*force);
                *force += change;
                for ((x, a), w) in at.iter_mut().zip(&row.a).zip(weight) {
                    let step = change * a / w;
                    *x -= step;
                    moved = moved.max(step.abs());
                }
            }
        }
        if moved < STILL {
            return Some(at);
        }
    }
    None
}

fn stiffness(row: &Row, weight: &[f64]) -> f64 {
    row.a.iter().zip(weight).map(|(a, w)| a * a / w).sum()
}

/// Σ a·x.
pub(super) fn dot(a: &[f64], x: &[f64]) -> f64 {
    a.iter().zip(x).map(|(a, x)| a * x).sum()
}
