//! LinkedIn's Conversions API: `parse` (a batch, or one event), `scan` (an event), `rules`.

mod scan;
mod parse;
mod rules;

pub use self::parse::{Shape, parse_events};
pub use self::rules::{judge, value_refused};
