//! What a response is fitted on.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Steps of equal length (days, weeks), oldest first. All columns have the target's length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What is explained, such as revenue.
    pub target: Vec<f64>,
    /// What was spent, a channel each.
    pub channels: Vec<Spend>,
    /// Whatever else moves the target and its own spend: competitors, promotions, prices.
    pub controls: Vec<Control>,
    /// How many steps lie between the fit's first step and the first of this series: 0 to fit,
    /// the length of the fitted series for the steps right after it.
    pub start: usize,
}

/// A channel's spend.
#[derive(Clone, Debug, PartialEq)]
pub struct Spend {
    /// The channel.
    pub name: String,
    /// Amount a step, never negative.
    pub amounts: Vec<f64>,
}

/// A confounder that the user knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// What it is.
    pub name: String,
    /// Its value a step.
    pub values: Vec<f64>,
}

/// What an experiment found: extra evidence, weighed by its own precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftTest {
    /// The channel.
    pub channel: String,
    /// Steady spend a step without the treatment.
    pub spend_control: f64,
    /// Steady spend a step with it.
    pub spend_treated: f64,
    /// Target a step that the difference brought.
    pub lift: f64,
    /// Standard error of the lift; above 0.
    pub standard_error: f64,
}

/// Why nothing can be fitted.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ResponseError {
    /// A column has another length than the target.
    #[error("{column} has {found} steps, the target has {expected}")]
    Length {
        /// The column.
        column: String,
        /// Its steps.
        found: usize,
        /// The target's.
        expected: usize,
    },
    /// A value is not finite, or a spend is negative.
    #[error("{column} holds a value that is not finite, or is a negative spend")]
    Value {
        /// The column.
        column: String,
    },
    /// Fewer steps than can carry the parameters.
    #[error("{found} steps are too few: {needed} are needed for this many columns")]
    TooShort {
        /// Steps that there are.
        found: usize,
        /// Steps that are needed.
        needed: usize,
    },
    /// A lift test that cannot be used.
    #[error("the lift test of {channel:?} {fault}")]
    LiftTest {
        /// Its channel.
        channel: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// Columns differ from those that were fitted.
    #[error("the columns are not those that were fitted")]
    Columns,
}

impl Series {
    /// Checks lengths and values. The target may be empty where only its future is asked for.
    pub(super) fn check(&self, steps: usize) -> Result<(), ResponseError> {
        let spends = self.channels.iter().map(|one| (&one.name, &one.amounts, true));
        let controls = self.controls.iter().map(|one| (&one.name, &one.values, false));
        for (name, values, spend) in spends.chain(controls) {
            check(name, values, steps, spend)?;
        }
        if self.target.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(ResponseError::Value { column: "the target".into() })
    }

    /// Checks the lift tests against the channels.
    pub(super) fn check_tests(&self, tests: &[LiftTest]) -> Result<(), ResponseError> {
        for test in tests {
            let numbers = [test.spend_control, test.spend_treated, test.lift];
            let fault = if !self.channels.iter().any(|one| one.name == test.channel) {
                "names a channel that is not there"
            } else if !numbers.iter().all(|number| number.is_finite()) {
                "holds a number that is not finite"
            } else if test.spend_control < 0.0 || test.spend_treated < 0.0 {
                "has a negative spend"
            } else if !(test.standard_error.is_finite() && test.standard_error > 0.0) {
                "needs a standard error above 0"
            } else {
                continue;
            };
            return Err(ResponseError::LiftTest { channel: test.channel.clone(), fault });
        }
        Ok(())
    }
}

fn check(name: &str, values: &[f64], steps: usize, spend: bool) -> Result<(), ResponseError> {
    if values.len() != steps {
        let (column, found) = (name.to_owned(), values.len());
        return Err(ResponseError::Length { column, found, expected: steps });
    }
    let fine = |value: &f64| value.is_finite() && (!spend || *value >= 0.0);
    if values.iter().all(fine) {
        return Ok(());
    }
    Err(ResponseError::Value { column: name.to_owned() })
}
