#![doc = include_str!("../README.md")]

pub mod receive;
mod dialect;
pub mod append;
mod ad_reports;
pub mod log;
pub mod telemetry;
pub mod config;

use std::sync::Arc;

use axum::Router;

use receive::{Door, FrontDoor};

/// The paths that take events and ad reports.
pub fn paths() -> impl Iterator<Item = &'static str> {
    dialect::event_paths().chain([ad_reports::PATH])
}

/// The vendors' routes and our own for ad reports. A path that is not theirs is left to the router
/// this one is merged into. Install the metrics recorder first.
pub fn router(front: FrontDoor) -> Router {
    let door = Arc::new(Door::new(front));
    Router::new().merge(dialect::routes(&door)).merge(ad_reports::routes(door))
}
