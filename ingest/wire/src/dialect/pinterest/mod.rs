//! Pinterest's Conversions API: `parse` (a request), `scan` (its events), `rules`; and the other way `speak` (events
//! handed on, as a request) and `hear` (Pinterest's answer).

mod scan;
mod parse;
mod rules;
mod speak;
mod hear;

use stratum_models::platform::ActionSource;
use stratum_models::time::DAY_MS;

use super::answer::{PlatformAnswer, PlatformReply};
use super::platform_format::{PlatformFormat, RequestHead};
use crate::envelope::OutboundEvent;

pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};

/// Pinterest's format, as events are handed on to it.
pub struct PinterestFormat;

impl PlatformFormat for PinterestFormat {
    fn events_max(&self) -> usize {
        1000
    }

    fn age_ms_max(&self, _: ActionSource) -> i64 {
        7 * DAY_MS
    }

    fn untaken(&self, event: &OutboundEvent<'_>) -> Option<&'static str> {
        speak::untaken(event)
    }

    fn speak(&self, events: &[&OutboundEvent<'_>], _: &RequestHead<'_>) -> Vec<u8> {
        speak::speak(events)
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        hear::hear(reply, events)
    }
}
