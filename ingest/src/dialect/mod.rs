//! Vendors' routes and answers, one folder each, over the wire formats of `stratum_wire::dialect`.

mod intake;
mod meta;

use std::sync::Arc;

use axum::Router;

pub(crate) use self::intake::EventIntake;

use crate::receive::Door;

/// The routes of every dialect.
pub(crate) fn routes(door: &Arc<Door>) -> Router {
    Router::new().merge(meta::routes(door.clone()))
}
