//! Columns of which every row has at most one, such as hundreds of inspectors: their own second derivatives form a
//! diagonal, so that they are solved for by division and the other columns see what is left (the Schur complement).
//!
//! Law: they carry no penalty; a step is that of all columns together.

use ndarray::Array2;

/// Second derivatives below this say nothing of a column.
const BEND_MIN: f64 = 1e-14;

/// Columns of which every row has at most one.
pub(in crate::risk::learn) struct Groups {
    /// Place of each row's column; their number where it has none.
    pub(in crate::risk::learn) of: Vec<usize>,
    /// What a row of each column has there.
    pub(in crate::risk::learn) scale: Vec<f64>,
}

/// Second derivatives of the loss.
pub(super) struct Curvature {
    /// Of intercept and dense columns, each group at its best.
    pub(super) dense: Array2<f64>,
    /// Between each of these and every group.
    cross: Vec<Vec<f64>>,
    /// Of each group.
    own: Vec<f64>,
}

impl Groups {
    /// Adds to the log odds of the rows from `from` on.
    pub(super) fn add_to(&self, odds: &mut [f64], beta: &[f64], from: usize) {
        let levels = self.scale.iter().zip(beta);
        let levels: Vec<f64> = levels.map(|(scale, beta)| scale * beta).collect();
        for (odds, of) in odds.iter_mut().zip(&self.of[from..]) {
            *odds += levels.get(*of).copied().unwrap_or(0.0);
        }
    }

    /// Adds the residuals of the rows from `from` on to the slopes.
    pub(super) fn slopes(&self, slopes: &mut [f64], residuals: &[f64], from: usize) {
        for (residual, of) in residuals.iter().zip(&self.of[from..]) {
            if let Some(slope) = slopes.get_mut(*of) {
                *slope += residual * self.scale[*of];
            }
        }
    }
}

impl Curvature {
    /// Without groups.
    pub(super) fn of(dense: Array2<f64>) -> Self {
        Self {
            dense,
            cross: Vec::new(),
            own: Vec::new(),
        }
    }

    /// With groups: what they take up of the dense columns is taken off.
    pub(super) fn with(mut dense: Array2<f64>, cross: Vec<Vec<f64>>, own: Vec<f64>) -> Self {
        let share = |row: &Vec<f64>| -> Vec<f64> {
            let pairs = row.iter().zip(&own);
            pairs.map(|(cross, own)| divided(*cross, *own)).collect()
        };
        for (j, row) in cross.iter().enumerate() {
            let row = share(row);
            for (k, other) in cross.iter().enumerate().take(j + 1) {
                let taken: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                dense[[j, k]] -= taken;
                if k < j {
                    dense[[k, j]] -= taken;
                }
            }
        }
        Self { dense, cross, own }
    }

    /// Slopes of intercept and dense columns, each group at its best.
    pub(super) fn reduced(&self, gradient: &[f64]) -> Vec<f64> {
        let (dense, groups) = gradient.split_at(self.dense.nrows());
        let mut slopes = dense.to_vec();
        for (slope, cross) in slopes.iter_mut().zip(&self.cross) {
            for ((cross, own), group) in cross.iter().zip(&self.own).zip(groups) {
                *slope -= divided(*cross, *own) * group;
            }
        }
        slopes
    }

    /// Steps of the groups, where intercept and dense columns make these.
    pub(super) fn following(&self, gradient: &[f64], steps: &[f64]) -> Vec<f64> {
        let mut slopes = gradient[self.dense.nrows()..].to_vec();
        for (cross, step) in self.cross.iter().zip(steps) {
            for (slope, cross) in slopes.iter_mut().zip(cross) {
                *slope += cross * step;
            }
        }
        let slopes = slopes.into_iter().zip(&self.own);
        slopes.map(|(slope, own)| -divided(slope, *own)).collect()
    }
}

/// The quotient; nothing where the divisor says nothing.
fn divided(value: f64, bend: f64) -> f64 {
    if bend > BEND_MIN { value / bend } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::Curvature;
    use ndarray::array;

    #[test]
    fn a_step_by_parts_is_the_step_of_the_whole() {
        // H = [[4, 1, 1], [1, 2, 0], [1, 0, 3]], g = [1, 2, 3]: the step -H⁻¹g is [6, -22, -21] / 19
        let parts = Curvature::with(array![[4.0]], vec![vec![1.0, 1.0]], vec![2.0, 3.0]);
        let gradient = [1.0, 2.0, 3.0];
        let first = -parts.reduced(&gradient)[0] / parts.dense[[0, 0]];
        assert!((first - 6.0 / 19.0).abs() < 1e-12, "{first}");
        let others = parts.following(&gradient, &[first]);
        for (own, expected) in others.iter().zip([-22.0 / 19.0, -21.0 / 19.0]) {
            assert!((own - expected).abs() < 1e-12, "{others:?}");
        }
        let slopes = [4.0 * first + others[0] + others[1], first + 2.0 * others[0]];
        assert!((slopes[0] + 1.0).abs() < 1e-12 && (slopes[1] + 2.0).abs() < 1e-12);
    }
}
