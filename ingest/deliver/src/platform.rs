//! Platforms as destinations need them, whatever their formats.

use stratum_models::platform::Platform;
use stratum_wire::dialect::ga4::is_web;
use stratum_wire::dialect::{PlatformFormat, platform_format};

const ID_BYTES_MAX: usize = 100;

/// The way in which a platform is told that events are a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEvents {
    /// By a code of its own, which it shows them under.
    UnderCode,
    /// By another address, which judges events and counts none.
    AtAnotherAddress,
    /// Not at all: it counts all that it is sent.
    Nowhere,
}

/// A platform that events are handed on to.
#[derive(Clone, Copy)]
pub struct DeliveryPlatform {
    platform: Platform,
    /// The name to show.
    pub name: &'static str,
    /// The format in which it is handed events.
    pub format: &'static dyn PlatformFormat,
    /// The name of the credential that it wants.
    pub credential: &'static str,
    /// The way in which it is told that events are a test.
    pub tests: TestEvents,
    /// Whether it drops copies of an event.
    pub drops_copies: bool,
}

impl DeliveryPlatform {
    /// A platform as events are handed on to it.
    pub fn of(platform: Platform) -> DeliveryPlatform {
        let (name, tests) = match platform {
            Platform::Meta => ("Meta", TestEvents::UnderCode),
            Platform::Tiktok => ("TikTok", TestEvents::UnderCode),
            Platform::Snapchat => ("Snapchat", TestEvents::AtAnotherAddress),
            Platform::Pinterest => ("Pinterest", TestEvents::AtAnotherAddress),
            Platform::Linkedin => ("LinkedIn", TestEvents::Nowhere),
            Platform::Google => ("Google Analytics", TestEvents::AtAnotherAddress),
        };
        let is_google = platform == Platform::Google;
        DeliveryPlatform {
            platform,
            name,
            format: platform_format(platform),
            credential: if is_google { "api_secret" } else { "access_token" },
            tests,
            // Google drops those of purchases alone.
            drops_copies: !is_google,
        }
    }

    /// Why a text is no id of a pixel or dataset there; `None` of one that may be. An id is part of an address, where it
    /// must not mean anything else.
    pub fn id_fault(&self, id: &str) -> Option<&'static str> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
        let is_plain = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(plain);
        // Google says nothing to events of a stream that is none.
        let is_stream = self.platform != Platform::Google || is_web(id) || id.contains(':');
        match (is_plain, is_stream) {
            (false, _) => Some("must be 1 to 100 letters, digits, `-`, `_` and `:`"),
            (_, false) => Some("must be a measurement id (`G-…`) or the Firebase id of an app"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_means_nothing_else_in_an_address() {
        let fault = |platform, id: &str| DeliveryPlatform::of(platform).id_fault(id);
        assert_eq!(fault(Platform::Meta, "1234567890"), None);
        for wrong in ["", "1/../me", "1?x=", "1#", "..", "a b", "é", &"1".repeat(101)] {
            assert!(fault(Platform::Meta, wrong).is_some(), "{wrong}");
        }
        assert_eq!(fault(Platform::Google, "G-ABC123"), None);
        assert_eq!(fault(Platform::Google, "1:234:ios:5a6b"), None);
        assert!(fault(Platform::Google, "1234567890").is_some());
    }
}
