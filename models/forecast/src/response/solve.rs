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

/// Minimises `x' G x / 2 - x' r` over `x >= 0` by coordinate descent from `start`. `gram` is
/// positive semidefinite, so this converges to the optimum.
pub(super) fn solve_non_negative(gram: &[Vec<f64>], right: &[f64], start: &[f64]) -> Vec<f64> {
    const ROUNDS_MAX: usize = 500;
    let mut solution = start.to_vec();
    for _ in 0..ROUNDS_MAX {
        let mut moved = 0.0f64;
        let mut largest = 0.0f64;
        for at in 0..right.len() {
            if gram[at][at] <= 0.0 {
                continue;
            }
            let pull: f64 = gram[at].iter().zip(&solution).map(|(g, x)| g * x).sum();
            let next = (solution[at] + (right[at] - pull) / gram[at][at]).max(0.0);
            moved = moved.max((next - solution[at]).abs());
            largest = largest.max(next);
            solution[at] = next;
        }
        if moved <= 1e-10 * largest {
            break;
        }
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_effect_becomes_none() {
        let gram = vec![vec![2.0, 1.0], vec![1.0, 2.0]];
        assert_eq!(solve_non_negative(&gram, &[2.0, -3.0], &[0.0, 0.0]), [1.0, 0.0]);
        let free = solve_non_negative(&gram, &[3.0, 3.0], &[0.0, 0.0]);
        assert!(free.iter().all(|x| (x - 1.0).abs() < 1e-8), "{free:?}");
    }

    #[test]
    fn a_singular_system_is_answered() {
        let solution = solve_spd(&[vec![1.0, 1.0], vec![1.0, 1.0]], &[2.0, 2.0]);
        assert!((solution[0] + solution[1] - 2.0).abs() < 1e-3, "{solution:?}");
        assert_eq!(solve_spd(&[vec![0.0]], &[1.0]), [0.0]);
    }
}
