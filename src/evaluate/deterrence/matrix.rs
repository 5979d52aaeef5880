//! Small symmetric systems: the inverse of a positive definite matrix by Cholesky's factor.

/// A square matrix as rows.
pub(super) type Matrix = Vec<Vec<f64>>;

/// `n` rows of `n` zeros.
pub(super) fn zeros(n: usize) -> Matrix {
    vec![vec![0.0; n]; n]
}

/// The inverse; `None` where a row repeats rows before it.
pub(super) fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let n = matrix.len();
    let lower = factor(matrix)?;
    let mut inverse = zeros(n);
    for column in 0..n {
        let mut x = vec![0.0; n];
        x[column] = 1.0;
        for (row, value) in solve(&lower, x).into_iter().enumerate() {
            inverse[row][column] = value;
        }
    }
    Some(inverse)
}

/// Matrix times vector.
pub(super) fn times(matrix: &Matrix, vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

/// Scalar product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds `factor · x xᵀ`.
pub(super) fn add_outer(matrix: &mut Matrix, x: &[f64], factor: f64) {
    for (row, a) in matrix.iter_mut().zip(x) {
        for (cell, b) in row.iter_mut().zip(x) {
            *cell += factor * a * b;
        }
    }
}

/// Standard errors of a sandwich: roots of the diagonal of `bread · meat · bread`.
pub(super) fn sandwich(bread: &Matrix, meat: &Matrix, correction: f64) -> Vec<f64> {
    let se = |row: &Vec<f64>| (correction * dot(row, &times(meat, row))).max(0.0).sqrt();
    bread.iter().map(se).collect()
}

#[allow(
    clippy::needless_range_loop,
    reason = "rows and columns are told apart by their indices"
)]
fn factor(matrix: &Matrix) -> Option<Matrix> {
    let n = matrix.len();
    let mut lower = zeros(n);
    for j in 0..n {
        let pivot = matrix[j][j] - dot(&lower[j][..j], &lower[j][..j]);
        if pivot.is_nan() || pivot <= 1e-11 * matrix[j][j].abs().max(1e-300) {
            return None;
        }
        lower[j][j] = pivot.sqrt();
        for i in j + 1..n {
            lower[i][j] = (matrix[i][j] - dot(&lower[i][..j], &lower[j][..j])) / lower[j][j];
        }
    }
    Some(lower)
}

#[allow(
    clippy::needless_range_loop,
    reason = "rows and columns are told apart by their indices"
)]
fn solve(lower: &Matrix, mut x: Vec<f64>) -> Vec<f64> {
    let n = x.len();
    for i in 0..n {
        x[i] = (x[i] - dot(&lower[i][..i], &x[..i])) / lower[i][i];
    }
    for i in (0..n).rev() {
        let after: f64 = (i + 1..n).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - after) / lower[i][i];
    }
    x
}
