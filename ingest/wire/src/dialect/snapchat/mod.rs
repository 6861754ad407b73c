//! Snapchat's Conversions API, v3 and v2: `parse` (a request), `scan` (its events), `rules`.

mod scan;
mod parse;
mod rules;

pub use self::parse::{Shape, parse_events};
pub use self::rules::{judge, value_refused};
