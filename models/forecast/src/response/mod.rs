//! The response of revenue to spend, by full Bayesian inference: geometric adstock and Hill
//! saturation of each channel, beside a trend, seasons, controls and an error that remembers, with
//! lift tests as further evidence.
//!
//! [`Response::fit`] draws from the posterior, [`Response::predict`] answers for later steps,
//! [`Response::effects`] says what each channel brought and what the next unit would bring, with how
//! sure that is, and [`Response::overall`] what all of them did. Sales and each channel's spend are
//! scaled to a mean of 1; then a channel's effect is its share of sales, and one prior on the sum
//! of these shares keeps many small effects from adding up to a large one.

mod hill;
mod series;
mod prior;
mod design;
mod elementary;
mod point;
mod curve;
mod density;
mod diagnostics;
mod sampler;
mod fit;
mod predict;
mod effects;
mod solve;

pub use diagnostics::Diagnostics;
pub use effects::{ChannelEffect, ChannelShape, CurvePoint, Knowledge, Overall};
pub use fit::{Response, ResponseConfig};
pub use hill::{Hill, adstock, adstock_after};
pub use predict::Estimate;
pub use prior::Belief;
pub use sampler::Watch;
pub use series::{Control, LiftTest, ResponseError, Series, Spend, Step};

pub(crate) use solve::solve_spd;

#[cfg(test)]
mod tests;
