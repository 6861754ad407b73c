//! Google Analytics' Measurement Protocol: `parse` (a request), `scan` (its events), `rules`; and the other way `speak`
//! (events handed on, as a request) and `hear` (Google's answer).

mod scan;
mod parse;
mod rules;
mod speak;
mod hear;

use stratum_models::platform::ActionSource;
use stratum_models::time::DAY_MS;

use super::answer::{PlatformAnswer, PlatformReply};
use super::platform_format::{self, PlatformFormat, RequestHead};
use crate::envelope::{ClearIdKind, OutboundEvent};

pub use self::parse::parse_events;
pub use self::rules::{judge, value_refused};
pub use self::speak::is_web;

/// The format of the Measurement Protocol, as events are handed on to Google Analytics.
pub struct Ga4Format;

impl PlatformFormat for Ga4Format {
    fn events_max(&self) -> usize {
        rules::EVENTS_MAX
    }

    fn body_bytes_max(&self) -> usize {
        130_000
    }

    fn age_ms_max(&self, _: ActionSource) -> i64 {
        rules::AGE_DAYS_MAX * DAY_MS
    }

    fn untaken(&self, event: &OutboundEvent<'_>) -> Option<&'static str> {
        let is_nobodys = event.id(ClearIdKind::BrowserId).is_none();
        is_nobodys.then_some(platform_format::TOO_FEW_IDENTIFIERS)
    }

    fn share_request(&self, one: &OutboundEvent<'_>, other: &OutboundEvent<'_>) -> bool {
        speak::share_request(one, other)
    }

    fn speak(&self, events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
        speak::speak(events, head)
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        hear::hear(reply, events)
    }
}
