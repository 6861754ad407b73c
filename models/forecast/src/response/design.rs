//! The columns beside spend, and how they are taken out of the others.

use std::f64::consts::TAU;

use super::series::Series;

/// Columns of equal length.
pub(super) type Columns = Vec<Vec<f64>>;

/// The scale that every column is divided by before it is solved for; kept with the fit.
pub(super) fn scale(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    if largest > 0.0 { largest } else { 1.0 }
}

/// Level, trend, seasons and controls of a series.
pub(super) fn controls(
    series: &Series,
    steps: usize,
    year_steps: f64,
    seasons: usize,
    trend_steps: f64,
) -> Columns {
    let at = |step: usize| (series.start + step) as f64;
    let mut columns = vec![vec![1.0; steps], (0..steps).map(|s| at(s) / trend_steps).collect()];
    for season in 1..=seasons {
        let angle = |step: usize| TAU * season as f64 * at(step) / year_steps;
        columns.push((0..steps).map(|step| angle(step).sin()).collect());
        columns.push((0..steps).map(|step| angle(step).cos()).collect());
    }
    columns.extend(series.controls.iter().map(|control| control.values.clone()));
    columns
}

/// An orthonormal basis of what the columns span, on the chosen rows; others are 0.
#[derive(Clone, Debug)]
pub(super) struct Basis(Columns);

impl Basis {
    /// Modified Gram–Schmidt, twice for exactness; columns that add nothing are left out.
    pub fn of(columns: &Columns, rows: &[bool]) -> Basis {
        let mut basis = Basis(Vec::with_capacity(columns.len()));
        for column in columns {
            let mut rest = masked(column, rows);
            let before = norm(&rest);
            basis.remove_from(&mut rest);
            basis.remove_from(&mut rest);
            let after = norm(&rest);
            if after > 1e-9 * before && after > 0.0 {
                rest.iter_mut().for_each(|value| *value /= after);
                basis.0.push(rest);
            }
        }
        basis
    }

    /// How many directions it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What is left of these values when the basis is taken out. Values off the rows must be 0.
    pub fn remove_from(&self, values: &mut [f64]) {
        for direction in &self.0 {
            let share = dot(direction, values);
            for (value, unit) in values.iter_mut().zip(direction) {
                *value -= share * unit;
            }
        }
    }
}

/// The values on these rows, 0 elsewhere.
pub(super) fn masked(values: &[f64], rows: &[bool]) -> Vec<f64> {
    values.iter().zip(rows).map(|(value, on)| if *on { *value } else { 0.0 }).collect()
}

/// The sum of products.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

/// The length.
pub(super) fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}
