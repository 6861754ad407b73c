//! TikTok's Events API: `parse` (the three shapes of a request), `scan` (its events), `rules`; and the other way
//! `speak` (events handed on, as a request of Events 2.0) and `hear` (TikTok's answer).

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

pub use self::parse::{Shape, TiktokRequest, parse_events};
pub use self::rules::{judge, value_refused};

/// TikTok's format, as events are handed on to it.
pub struct TiktokFormat;

impl PlatformFormat for TiktokFormat {
    fn events_max(&self) -> usize {
        1000
    }

    fn age_ms_max(&self, source: ActionSource) -> i64 {
        match source {
            ActionSource::PhysicalStore => 28 * DAY_MS,
            _ => 7 * DAY_MS,
        }
    }

    /// The place stands beside the events of a request.
    fn share_request(&self, one: &OutboundEvent<'_>, other: &OutboundEvent<'_>) -> bool {
        speak::source(one) == speak::source(other)
    }

    fn speak(&self, events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
        speak::speak(events, head)
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        hear::hear(reply, events)
    }
}
