//! The formats in which platforms are handed events, and what their answers mean.

use stratum_models::platform::{ActionSource, Platform};

use super::answer::{PlatformAnswer, PlatformReply};
use super::ga4::Ga4Format;
use super::linkedin::LinkedinFormat;
use super::meta::MetaFormat;
use super::pinterest::PinterestFormat;
use super::snapchat::SnapchatFormat;
use super::tiktok::TiktokFormat;
use crate::envelope::OutboundEvent;

/// The platform has no name for the event.
pub(super) const UNKNOWN_NAME: &str = "unknown_name";
/// The platform wants a value and its currency.
pub(super) const NO_VALUE: &str = "no_value";
/// The platform wants more that tells whose the event is.
pub(super) const TOO_FEW_IDENTIFIERS: &str = "too_few_identifiers";

/// The part of a request beside its events.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestHead<'a> {
    /// The pixel or dataset at the platform.
    pub remote_id: &'a str,
    /// The platform's code that events are shown under among its test events.
    pub test_code: Option<&'a str>,
}

/// A platform's format, both ways.
pub trait PlatformFormat: Sync {
    /// Events that one request may hold.
    fn events_max(&self) -> usize;

    /// Bytes that the body of a request may have.
    fn body_bytes_max(&self) -> usize {
        usize::MAX
    }

    /// The age that an event from such a place may have, in milliseconds.
    fn age_ms_max(&self, source: ActionSource) -> i64;

    /// The code of the reason why an event is nothing that the platform takes; `None` where it takes it.
    fn untaken(&self, _event: &OutboundEvent<'_>) -> Option<&'static str> {
        None
    }

    /// Whether two events may stand in one request.
    fn share_request(&self, _one: &OutboundEvent<'_>, _other: &OutboundEvent<'_>) -> bool {
        true
    }

    /// The body of a request with these events: not more than it may hold, and such as may stand in one.
    fn speak(&self, events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8>;

    /// The meaning of an answer to a request of `events` events.
    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer;
}

/// The format in which a platform is handed events.
pub fn platform_format(platform: Platform) -> &'static dyn PlatformFormat {
    match platform {
        Platform::Meta => &MetaFormat,
        Platform::Tiktok => &TiktokFormat,
        Platform::Snapchat => &SnapchatFormat,
        Platform::Pinterest => &PinterestFormat,
        Platform::Linkedin => &LinkedinFormat,
        Platform::Google => &Ga4Format,
    }
}
