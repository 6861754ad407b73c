#![doc = include_str!("../README.md")]

pub mod receive;
pub mod decode;
pub mod dialect;
pub mod redact;
mod rejections;
pub mod normalize;
pub mod hash;
pub mod append;
pub mod ad_reports;
pub mod connector;
pub mod import;
pub mod reference_rates;
pub mod log;
pub mod telemetry;
pub mod config;

use std::sync::Arc;

use axum::Router;

use receive::{Door, FrontDoor};

/// The vendors' routes and our own for ad reports. A path that is not theirs is left to the router
/// this one is merged into. Install the metrics recorder first.
pub fn router(front: FrontDoor) -> Router {
    let door = Arc::new(Door::new(front));
    Router::new().merge(dialect::routes(&door)).merge(ad_reports::routes(door))
}
