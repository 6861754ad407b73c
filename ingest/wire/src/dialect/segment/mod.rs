//! Segment's tracking API, which RudderStack's, Jitsu's and PostHog's clients share: `parse` (a batch or one
//! message), `scan` (a message), `rules`.

mod scan;
mod parse;
mod rules;

use stratum_models::directory::ApiKeyHash;

use crate::decode::Malformed;

pub use self::parse::{Kind, Shape, parse_events};
pub use self::rules::{judge, value_refused};

/// The key in a body, unpacked already; `None` where it has none as far as it goes.
pub fn key_in_body(body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
    super::key::key_in_body(body, &["writeKey", "write_key", "api_key"])
}
