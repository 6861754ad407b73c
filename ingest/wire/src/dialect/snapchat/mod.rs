//! Snapchat's Conversions API, v3 and v2: `parse` (a request), `scan` (its events), `rules`; and the other way `speak`
//! (events handed on, as a request of v3) and `hear` (Snapchat's answer).

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

pub use self::parse::{Shape, parse_events};
pub use self::rules::{judge, value_refused};

/// Snapchat's format, as events are handed on to it.
pub struct SnapchatFormat;

impl PlatformFormat for SnapchatFormat {
    fn events_max(&self) -> usize {
        2000
    }

    fn age_ms_max(&self, _: ActionSource) -> i64 {
        rules::AGE_DAYS_MAX * DAY_MS
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
