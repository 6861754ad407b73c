//! Small dense least squares.

use nalgebra::{Cholesky, DMatrix, DVector};

/// The solution of a symmetric positive definite system given by its rows; a little is added to the
/// diagonal until it can be solved. All zeros when it cannot be solved at all.
pub(crate) fn solve_spd(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let size = right.len();
    let largest = (0..size).map(|at| matrix[at][at].abs()).fold(0.0f64, f64::max);
    for ridge in [0.0, 1e-12, 1e-9, 1e-6] {
        let filled = DMatrix::from_fn(size, size, |row, column| {
            matrix[row][column] + if row == column { ridge * largest } else { 0.0 }
        });
        if let Some(factors) = Cholesky::new(filled) {
            let solution = factors.solve(&DVector::from_column_slice(right));
            if solution.iter().all(|value| value.is_finite()) {
                return solution.iter().copied().collect();
            }
        }
    }
    vec![0.0; size]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_singular_system_is_answered() {
        let solution = solve_spd(&[vec![1.0, 1.0], vec![1.0, 1.0]], &[2.0, 2.0]);
        assert!((solution[0] + solution[1] - 2.0).abs() < 1e-3, "{solution:?}");
        assert_eq!(solve_spd(&[vec![0.0]], &[1.0]), [0.0]);
    }
}
