//! Vendors' routes and answers, one folder each, over the wire formats of `stratum_wire::dialect`.

mod case;
mod version;
mod intake;
mod meta;
mod tiktok;
mod pinterest;

use std::sync::Arc;

use axum::Router;

pub(crate) use self::intake::EventIntake;

use crate::receive::Door;

/// The paths that take events, of every dialect.
pub(crate) fn event_paths() -> impl Iterator<Item = &'static str> {
    meta::EVENT_PATHS.into_iter().chain(tiktok::EVENT_PATHS).chain(pinterest::EVENT_PATHS)
}

/// The routes of every dialect.
pub(crate) fn routes(door: &Arc<Door>) -> Router {
    Router::new()
        .merge(meta::routes(door.clone()))
        .merge(tiktok::routes(door.clone()))
        .merge(pinterest::routes(door.clone()))
}
