//! Predictions of a fitted response for other steps.

use serde::{Deserialize, Serialize};
use stratum_models::chance::Chance;

use super::design::{Columns, controls};
use super::diagnostics::quantile;
use super::fit::{Draw, Response};
use super::hill::adstock_after;
use super::series::{ResponseError, Series};

/// Errors of the fit that are thrown on each draw of a step: they come as they came, whatever their
/// distribution.
const ERRORS: usize = 10;

/// A value with how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best single answer: the mean of what is possible.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// The mean and the middle share `level` of draws. Zeros where there are none.
    pub(super) fn of(mut draws: Vec<f64>, level: f64) -> Estimate {
        if draws.is_empty() {
            return Estimate { value: 0.0, low: 0.0, high: 0.0 };
        }
        draws.sort_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        Estimate {
            value: draws.iter().sum::<f64>() / draws.len() as f64,
            low: quantile(&draws, tail),
            high: quantile(&draws, 1.0 - tail),
        }
    }

    /// The same in other units.
    pub(super) fn times(self, by: f64) -> Estimate {
        Estimate { value: self.value * by, low: self.low * by, high: self.high * by }
    }
}

impl Response {
    /// The target at each step of `later`, whose target is not looked at, with the interval of
    /// what would be measured. Spend carries over from the fitted steps to those that follow them.
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
        let columns = controls(later, steps, self.steps, &self.config);
        if columns.len() != self.basis.columns() {
            return Err(ResponseError::Columns);
        }
        let columns = self.basis.apply(&columns);
        let mut chance = Chance::new(self.seed);
        let mut drawn = vec![Vec::with_capacity(self.draws.len() * ERRORS); steps];
        for draw in &self.draws {
            let expected = self.expect(draw, later, &columns, steps);
            for (all, expected) in drawn.iter_mut().zip(expected) {
                let mut error = || draw.errors[chance.below(draw.errors.len())];
                all.extend((0..ERRORS).map(|_| expected + error()));
            }
        }
        Ok(drawn.into_iter().map(|all| Estimate::of(all, self.config.level)).collect())
    }

    /// The expectation of each step by one draw.
    fn expect(&self, draw: &Draw, later: &Series, columns: &Columns, steps: usize) -> Vec<f64> {
        let gap = later.start.checked_sub(self.steps);
        let mut values = vec![-draw.total; steps];
        for (column, by) in columns.iter().zip(&draw.coefficients) {
            values.iter_mut().zip(column).for_each(|(value, one)| *value += by * one);
        }
        let spends = later.channels.iter().zip(&self.spends);
        for (place, spend) in spends.filter_map(|(one, spend)| Some((spend.place?, one))) {
            let decay = draw.decays[place];
            let before = gap.map_or(0.0, |gap| draw.carried[place] * decay.powf(gap as f64));
            let stock = adstock_after(&spend.amounts, decay, before);
            let brought = stock.into_iter().map(|amount| draw.hills[place].value(amount));
            values.iter_mut().zip(brought).for_each(|(value, one)| *value += one);
        }
        let last = draw.errors.last().copied().unwrap_or(0.0);
        let mut error = gap.map_or(0.0, |gap| last * draw.memory.powf(gap as f64));
        for value in &mut values {
            error *= draw.memory;
            *value += error;
        }
        values
    }

    /// Half the width of the interval of a step's target, were everything else known: so often the
    /// errors of the fit are smaller.
    pub fn margin(&self) -> f64 {
        let errors = self.draws.iter().flat_map(|draw| &draw.errors);
        let mut errors: Vec<f64> = errors.map(|error| error.abs()).collect();
        errors.sort_by(f64::total_cmp);
        quantile(&errors, self.config.level)
    }
}
