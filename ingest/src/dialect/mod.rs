//! Vendors' wire formats, one folder each: parse, rules, answers, fixtures. Steps that they share stand beside
//! the folders.

mod fault;
mod names;
mod scan;
mod canonical;
mod intake;
pub mod meta;

use std::sync::Arc;

use axum::Router;

pub use self::canonical::Canon;
pub use self::fault::Fault;
pub use self::names::is_standard_name;
pub use self::scan::{EventScan, Given, ParsedRequest, Refusal};

pub(crate) use self::intake::EventIntake;

use crate::receive::Door;

/// The routes of every dialect.
pub(crate) fn routes(door: &Arc<Door>) -> Router {
    Router::new().merge(meta::routes(door.clone()))
}
