//! TikTok's Events API: `parse` (the three shapes of a request), `scan` (its events), `rules`.

mod scan;
mod parse;
mod rules;

pub use self::parse::{Shape, TiktokRequest, parse_events};
pub use self::rules::{judge, value_refused};
