//! Google Analytics' Measurement Protocol: `parse` (a request), `scan` (its events), `rules`.

mod scan;
mod parse;
mod rules;

pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};
