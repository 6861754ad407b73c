//! Vendors' routes and answers, one folder each, over the wire formats of `stratum_wire::dialect`.

mod case;
mod version;
mod intake;
mod meta;
mod tiktok;
mod pinterest;
mod segment;
mod ga4;
mod snapchat;
mod linkedin;
mod shared;

use std::sync::Arc;

use axum::Router;

pub(crate) use self::intake::{EventIntake, named_datasets};

use crate::receive::{Door, Endpoint};

/// The paths that take events, of every dialect.
pub(crate) fn event_paths() -> impl Iterator<Item = &'static str> {
    let vendors: [&[&str]; 7] = [
        &meta::EVENT_PATHS,
        &tiktok::EVENT_PATHS,
        &pinterest::EVENT_PATHS,
        &segment::EVENT_PATHS,
        &ga4::EVENT_PATHS,
        &snapchat::EVENT_PATHS,
        &linkedin::EVENT_PATHS,
    ];
    vendors.into_iter().flatten().copied()
}

/// The routes of every dialect.
pub(crate) fn routes(door: &Arc<Door>) -> Router {
    let meta = Endpoint::new(door.clone());
    let snapchat = Endpoint::new(door.clone());
    Router::new()
        .merge(shared::routes(meta.clone(), snapchat.clone()))
        .merge(meta::routes(meta))
        .merge(snapchat::routes(snapchat))
        .merge(tiktok::routes(door.clone()))
        .merge(pinterest::routes(door.clone()))
        .merge(segment::routes(door.clone()))
        .merge(ga4::routes(door.clone()))
        .merge(linkedin::routes(door.clone()))
}
