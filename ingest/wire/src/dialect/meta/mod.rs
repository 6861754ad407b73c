//! Meta's Conversions API: `key` (who pays, where the head does not say), `parse` (a request's encoding), `scan`
//! (its events), `rules`.

mod fields;
mod key;
mod scan;
mod parse;
mod rules;

pub use self::key::key_in_body;
pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};
