//! Meta's Conversions API: `parse` (a request's encoding), `scan` (its events), `rules`; and the other way `speak` (events
//! handed on, as a request) and `hear` (Meta's answer).

mod fields;
mod scan;
mod parse;
mod rules;
mod speak;
mod hear;

use stratum_models::directory::ApiKeyHash;
use stratum_models::platform::ActionSource;
use stratum_models::time::DAY_MS;

use super::answer::{PlatformAnswer, PlatformReply};
use super::platform_format::{PlatformFormat, RequestHead};
use crate::decode::Malformed;
use crate::envelope::OutboundEvent;

pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};

/// Meta's format, as events are handed on to it.
pub struct MetaFormat;

impl PlatformFormat for MetaFormat {
    fn events_max(&self) -> usize {
        1000
    }

    fn age_ms_max(&self, source: ActionSource) -> i64 {
        match source {
            ActionSource::PhysicalStore => 62 * DAY_MS,
            _ => 7 * DAY_MS,
        }
    }

    fn speak(&self, events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
        speak::speak(events, head)
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        hear::hear(reply, events)
    }
}

/// The key in a body, unpacked already; `None` where it has none as far as it goes.
pub fn key_in_body(body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
    super::key::key_in_body(body, &["access_token", "accessKey"])
}
