//! The prior: beliefs before the data speak, in scaled units; sales and each channel's spend have a mean of 1.

use serde::{Deserialize, Serialize};

use super::series::{ResponseError, Series, Step};

/// The contribution that a user believes all channels together to make, as a share of sales.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Belief {
    /// The share most likely, above 0 and below 1.
    pub mean: f64,
    /// The standard deviation of the belief, above 0.
    pub sd: f64,
}

/// A normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Normal {
    pub mean: f64,
    pub sd: f64,
}

/// A part that all channels share and a part of each, of the logarithm of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Common {
    pub mean: f64,
    pub shared: f64,
    pub own: f64,
}

/// The prior distributions of a fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    /// Beta of the share of sales that all channels bring.
    pub total: (f64, f64),
    /// Dirichlet of how it is split, a channel each.
    pub split: Vec<f64>,
    /// Beta of the carry-over.
    pub decay: (f64, f64),
    /// Of the logarithm of the half-saturation.
    pub half: Common,
    /// Of the logarithm of the slope.
    pub slope: Common,
    /// Of the level.
    pub level: Normal,
    /// Of the coefficients of the other columns.
    pub coefficient: Normal,
    /// Half-normal of the error's standard deviation above `error_min`.
    pub error: f64,
    /// No series is measured more exactly.
    pub error_min: f64,
    /// Of the inverse hyperbolic tangent of what an error leaves to the next.
    pub memory: Normal,
}

impl Prior {
    /// The prior for the channels of a series of which something was spent.
    ///
    /// # Errors
    /// When a belief is no distribution of a share.
    pub fn of(
        series: &Series,
        spent: &[usize],
        step: Step,
        belief: Option<Belief>,
    ) -> Result<Prior, ResponseError> {
        Ok(Prior {
            total: belief.map_or(Ok((2.0, 5.0)), beta)?,
            split: split(series, spent)?,
            decay: match step {
                Step::Daily => (3.0, 1.5),
                Step::Weekly => (1.5, 3.0),
            },
            half: Common { mean: 0.2, shared: 0.4, own: 0.6 },
            slope: Common { mean: 0.2, shared: 0.4, own: 0.3 },
            level: Normal { mean: 1.0, sd: 1.0 },
            coefficient: Normal { mean: 0.0, sd: 0.5 },
            error: 0.3,
            error_min: 0.005,
            memory: Normal { mean: 0.2, sd: 0.4 },
        })
    }
}

/// The Beta distribution of this mean and standard deviation.
fn beta(belief: Belief) -> Result<(f64, f64), ResponseError> {
    let Belief { mean, sd } = belief;
    let count = mean * (1.0 - mean) / (sd * sd) - 1.0;
    let (left, right) = (mean * count, (1.0 - mean) * count);
    let fits = |value: f64| (0.2..=1e5).contains(&value);
    if mean > 0.0 && mean < 1.0 && sd > 0.0 && fits(left) && fits(right) {
        return Ok((left, right));
    }
    Err(ResponseError::Belief)
}

/// Half equal and half by spend, unless the user expects otherwise; as many counts as channels.
fn split(series: &Series, spent: &[usize]) -> Result<Vec<f64>, ResponseError> {
    let count = spent.len() as f64;
    let amount = |at: &usize| series.channels[*at].amounts.iter().sum::<f64>();
    let all: f64 = spent.iter().map(amount).sum();
    let weight = |at: &usize| match series.channels[*at].expected {
        Some(expected) => expected,
        None => 0.5 / count + 0.5 * amount(at) / all,
    };
    let weights: Vec<f64> = spent.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    // A weight of next to nothing has a density without a mode that no sampler can follow.
    let floor = 0.1 / count;
    let split: Vec<f64> = weights.iter().map(|one| count * (one / sum).max(floor)).collect();
    match split.iter().all(|one| one.is_finite()) {
        true => Ok(split),
        false => Err(ResponseError::Belief),
    }
}
