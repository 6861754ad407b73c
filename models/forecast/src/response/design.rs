//! The columns beside spend: level, trend, seasons, weekdays, controls.

use std::f64::consts::TAU;

use super::fit::ResponseConfig;
use super::series::{Series, Step};

/// Below this share of its length, what is left of a column says nothing of its own.
const REST_MIN: f64 = 1e-6;

/// Columns of equal length.
pub(super) type Columns = Vec<Vec<f64>>;

/// Level, trend, seasons and controls of a series; a trend of 1 lies between the first and the last
/// of the `fitted` steps.
pub(super) fn controls(
    series: &Series,
    steps: usize,
    fitted: usize,
    config: &ResponseConfig,
) -> Columns {
    let at = |step: usize| (series.start + step) as f64;
    let trend = (0..steps).map(|step| at(step) / fitted.max(1) as f64);
    let mut columns = vec![vec![1.0; steps], trend.collect()];
    let mut waves = |pairs: usize, period: f64| {
        for pair in 1..=pairs {
            let angle = |step: usize| TAU * pair as f64 * at(step) / period;
            columns.push((0..steps).map(|step| angle(step).sin()).collect());
            columns.push((0..steps).map(|step| angle(step).cos()).collect());
        }
    };
    match config.step {
        Step::Daily => {
            waves(config.seasons, 365.25);
            waves(3, 7.0);
        }
        Step::Weekly => waves(config.seasons, 52.18),
    }
    columns.extend(series.controls.iter().map(|control| control.values.clone()));
    columns
}

/// The map from columns to orthogonal ones of root mean square 1: each loses what those before it
/// explain. Columns that add nothing are left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Basis {
    columns: usize,
    /// A kept column each: which it was, the shares of the earlier kept ones in it, its scale.
    kept: Vec<(usize, Vec<f64>, f64)>,
}

impl Basis {
    /// The basis of columns, and the columns in it.
    pub fn of(columns: &Columns) -> (Basis, Columns) {
        let mut kept = Vec::with_capacity(columns.len());
        let mut made: Columns = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let steps = column.len().max(1) as f64;
            let mut rest = column.clone();
            let mut shares = vec![0.0; made.len()];
            // Twice, for exactness.
            for _ in 0..2 {
                for (unit, sum) in made.iter().zip(&mut shares) {
                    let share = dot(unit, &rest) / steps;
                    remove(&mut rest, unit, share);
                    *sum += share;
                }
            }
            let scale = (dot(&rest, &rest) / steps).sqrt();
            if scale > REST_MIN * (dot(column, column) / steps).sqrt() {
                rest.iter_mut().for_each(|value| *value /= scale);
                made.push(rest);
                kept.push((at, shares, scale));
            }
        }
        (Basis { columns: columns.len(), kept }, made)
    }

    /// The number of columns it was made of.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Other steps of the same columns in this basis.
    pub fn apply(&self, columns: &Columns) -> Columns {
        let mut made: Columns = Vec::with_capacity(self.kept.len());
        for (at, shares, scale) in &self.kept {
            let mut rest = columns.get(*at).cloned().unwrap_or_default();
            for (unit, share) in made.iter().zip(shares) {
                remove(&mut rest, unit, *share);
            }
            rest.iter_mut().for_each(|value| *value /= scale);
            made.push(rest);
        }
        made
    }
}

/// The share of the variance of `values` that no column explains, 0 to 1.
pub(super) fn unexplained(values: &[f64], columns: &Columns) -> f64 {
    let steps = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / steps;
    let all: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let mut rest = values.to_vec();
    for unit in Basis::of(columns).1 {
        let share = dot(&unit, &rest) / steps;
        remove(&mut rest, &unit, share);
    }
    if all > 0.0 { dot(&rest, &rest) / all } else { 0.0 }
}

fn remove(values: &mut [f64], unit: &[f64], share: f64) {
    values.iter_mut().zip(unit).for_each(|(value, one)| *value -= share * one);
}

/// The sum of products.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_steps_are_put_into_the_same_basis() {
        let column = |by: f64| (0..40).map(move |t| (f64::from(t) * by).sin() + 0.1 * f64::from(t));
        let columns: Columns =
            vec![vec![1.0; 40], column(0.7).collect(), vec![2.0; 40], column(1.9).collect()];
        let (basis, made) = Basis::of(&columns);
        assert_eq!(made.len(), 3, "a second constant adds nothing");
        for (at, left) in made.iter().enumerate() {
            for (other, right) in made.iter().enumerate() {
                let expected = if at == other { 40.0 } else { 0.0 };
                assert!((dot(left, right) - expected).abs() < 1e-9);
            }
        }
        for (again, first) in basis.apply(&columns).iter().zip(&made) {
            assert!(again.iter().zip(first).all(|(a, f)| (a - f).abs() < 1e-9));
        }
    }
}
