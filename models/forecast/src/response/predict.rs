//! What a fitted response says of other steps.

use serde::{Deserialize, Serialize};

use super::design::controls;
use super::fit::Response;
use super::hill::adstock_after;
use super::series::{ResponseError, Series};

/// A value with how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best single answer.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Response {
    /// The target at each step of `later`, whose target is not looked at. Spend carries over from
    /// the fitted steps to those that follow them.
    ///
    /// # Errors
    /// When the columns are not those that were fitted, or hold what is no number.
    pub fn predict(&self, later: &Series) -> Result<Vec<Estimate>, ResponseError> {
        let names = later.channels.iter().map(|channel| &channel.name);
        if !names.eq(&self.channels) {
            return Err(ResponseError::Columns);
        }
        let steps = later.channels.first().map_or(later.target.len(), |one| one.amounts.len());
        later.check(steps)?;
        let config = &self.config;
        let columns = controls(later, steps, config.year_steps, config.seasons, self.steps as f64);
        if columns.len() != self.coefficients.len() {
            return Err(ResponseError::Columns);
        }
        let mut values = vec![0.0; steps];
        for (column, by) in columns.iter().zip(&self.coefficients) {
            values.iter_mut().zip(column).for_each(|(value, one)| *value += by * one);
        }
        for (at, channel) in later.channels.iter().enumerate() {
            let brought = self.brought(at, &channel.amounts, later.start);
            values.iter_mut().zip(brought).for_each(|(value, one)| *value += one);
        }
        let margin = self.margin;
        let estimate = |value| Estimate { value, low: value - margin, high: value + margin };
        Ok(values.into_iter().map(estimate).collect())
    }

    /// What a channel brings at each step.
    fn brought(&self, channel: usize, spend: &[f64], start: usize) -> Vec<f64> {
        let shape = self.shapes[channel];
        let hill = shape.hill(self.tops[channel]);
        let before = match start.checked_sub(self.steps) {
            Some(gap) => self.carried[channel] * shape.decay.powf(gap as f64),
            None => 0.0,
        };
        adstock_after(spend, shape.decay, before).into_iter().map(|one| hill.value(one)).collect()
    }
}
