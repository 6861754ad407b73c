//! The series that a response is fitted on.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::prior::Belief;

/// Steps of equal length (days, weeks), oldest first. All columns have the target's length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The target to be explained, such as revenue.
    pub target: Vec<f64>,
    /// The spend, a channel each.
    pub channels: Vec<Spend>,
    /// Whatever else moves the target and its own spend: competitors, promotions, prices.
    pub controls: Vec<Control>,
    /// The number of steps between the fit's first step and the first of this series: 0 to fit,
    /// the length of the fitted series for the steps right after it.
    pub start: usize,
}

/// The length of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// A day.
    Daily,
    /// A week.
    #[default]
    Weekly,
}

/// A channel's spend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spend {
    /// The channel.
    pub name: String,
    /// Amount a step, never negative.
    pub amounts: Vec<f64>,
    /// The part of what all channels bring that a user expects of it, 0 to 1; `None` where nothing
    /// is expected: then half an equal part and half its part of the spend.
    pub expected: Option<f64>,
}

/// A confounder that the user knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The control's name.
    pub name: String,
    /// The control's value a step.
    pub values: Vec<f64>,
}

/// The result of an experiment: extra evidence, weighed by its own precision.
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
        /// The number of its steps.
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
        /// The channel of the test.
        channel: String,
        /// The fault, in words.
        fault: &'static str,
    },
    /// Sales that sum up to nothing.
    #[error("the target sums up to nothing: shares of it have no meaning")]
    NoSales,
    /// No channel has any spend.
    #[error("nothing was spent on any channel")]
    NoSpend,
    /// A belief that is no distribution of a share.
    #[error(
        "a share that is believed lies between 0 and 1, and its sd is above 0 and leaves room for it"
    )]
    Belief,
    /// The sampler's chains did not agree, even when they were longer.
    #[error(
        "no stable answer: the chains of the sampler do not agree; use fewer channels and controls, \
         or more steps"
    )]
    Disagreement,
    /// The caller stopped it.
    #[error("the fit was stopped")]
    Stopped,
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
        let expects = |one: &Spend| one.expected.is_none_or(|part| (0.0..=1.0).contains(&part));
        if !self.channels.iter().all(expects) {
            return Err(ResponseError::Belief);
        }
        if self.target.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(ResponseError::Value { column: "the target".into() })
    }

    /// The channels on which anything was spent.
    pub(super) fn spent(&self) -> Vec<usize> {
        let channels = self.channels.iter().enumerate();
        let spent = channels.filter(|(_, one)| one.amounts.iter().any(|amount| *amount > 0.0));
        spent.map(|(at, _)| at).collect()
    }

    /// A number made of all that is asked, so that the same question has the same answer.
    pub(super) fn seed(&self, tests: &[LiftTest], belief: Option<Belief>) -> u64 {
        let mut hash = Sha256::new();
        let mut column = |name: &str, values: &[f64]| {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| hash.update(value.to_le_bytes()));
        };
        column("", &self.target);
        for one in &self.channels {
            column(&one.name, &one.amounts);
            column("", &[one.expected.unwrap_or(-1.0)]);
        }
        self.controls.iter().for_each(|one| column(&one.name, &one.values));
        for test in tests {
            let LiftTest { channel, spend_control, spend_treated, lift, standard_error } = test;
            column(channel, &[*spend_control, *spend_treated, *lift, *standard_error]);
        }
        column("", &belief.map_or([0.0; 2], |belief| [belief.mean, belief.sd]));
        let digest = hash.finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
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
