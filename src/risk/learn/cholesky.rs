//! The inverse of a positive definite matrix, by its Cholesky factor.

use ndarray::Array2;

/// The inverse, or the first row (from 0) that repeats rows before it.
pub(super) fn inverse(matrix: &Array2<f64>) -> Result<Array2<f64>, usize> {
    let factor = factor(matrix)?;
    let n = matrix.nrows();
    let mut inverse = Array2::zeros((n, n));
    for column in 0..n {
        let mut unit = vec![0.0; n];
        unit[column] = 1.0;
        for (row, value) in solve(&factor, unit).into_iter().enumerate() {
            inverse[[row, column]] = value;
        }
    }
    Ok(inverse)
}

/// The lower factor.
fn factor(matrix: &Array2<f64>) -> Result<Array2<f64>, usize> {
    let n = matrix.nrows();
    let mut lower: Array2<f64> = Array2::zeros((n, n));
    for j in 0..n {
        let before: f64 = (0..j).map(|k| lower[[j, k]] * lower[[j, k]]).sum();
        let pivot = matrix[[j, j]] - before;
        if pivot.is_nan() || pivot <= 1e-12 * matrix[[j, j]].abs().max(1e-300) {
            return Err(j);
        }
        lower[[j, j]] = pivot.sqrt();
        for i in j + 1..n {
            let before: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            lower[[i, j]] = (matrix[[i, j]] - before) / lower[[j, j]];
        }
    }
    Ok(lower)
}

fn solve(lower: &Array2<f64>, mut x: Vec<f64>) -> Vec<f64> {
    let n = x.len();
    for i in 0..n {
        let before: f64 = (0..i).map(|k| lower[[i, k]] * x[k]).sum();
        x[i] = (x[i] - before) / lower[[i, i]];
    }
    for i in (0..n).rev() {
        let after: f64 = (i + 1..n).map(|k| lower[[k, i]] * x[k]).sum();
        x[i] = (x[i] - after) / lower[[i, i]];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::inverse;
    use ndarray::array;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = array![[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]];
        let product = matrix.dot(&inverse(&matrix).unwrap());
        for ((i, j), value) in product.indexed_iter() {
            let expected = f64::from(u8::from(i == j));
            assert!((value - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_row_that_repeats_another_is_named() {
        let matrix = array![[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]];
        assert_eq!(inverse(&matrix), Err(2));
    }
}
