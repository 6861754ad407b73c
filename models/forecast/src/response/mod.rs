//! How revenue responds to spend: geometric adstock, Hill saturation, effects that are never
//! negative, fitted together with trend, season, controls and the evidence of lift tests.
//!
//! [`Response::fit`] fits, [`Response::predict`] answers for later steps, [`Response::effects`]
//! says what each channel brought and what the next unit would bring, with how sure that is.

mod hill;
mod series;
mod design;
mod solve;
mod search;
mod fit;
mod validate;
mod predict;
mod effects;

pub use effects::{ChannelEffect, Knowledge};
pub use fit::{Response, ResponseConfig};
pub use hill::{Hill, adstock, adstock_after};
pub use predict::Estimate;
pub use search::Shape;
pub use series::{Control, LiftTest, ResponseError, Series, Spend};

pub(crate) use solve::solve_spd;
