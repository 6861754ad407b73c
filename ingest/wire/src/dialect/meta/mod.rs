//! Meta's Conversions API: `parse` (a request's encoding), `scan` (its events), `rules`; and the other way `speak` (events
//! handed on, as a request) and `hear` (Meta's answer).

mod fields;
mod scan;
mod parse;
mod rules;
mod speak;
mod hear;

use stratum_models::directory::ApiKeyHash;

use crate::decode::Malformed;

pub use self::hear::hear;
pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};
pub use self::speak::{SPOKEN_EVENTS_MAX, SpokenRequest};

/// The key in a body, unpacked already; `None` where it has none as far as it goes.
pub fn key_in_body(body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
    super::key::key_in_body(body, &["access_token", "accessKey"])
}
