//! Wire formats. Codes are stored: never renumber one.

use crate::platform::{Platform, coded, optional_codes};

coded! {
    /// The wire format that a request spoke. Several may speak of one platform, and one may speak of none.
    Dialect {
        /// Meta's Conversions API.
        Meta = 1 "meta",
        /// TikTok's Events API, 2.0 and 1.0.
        Tiktok = 2 "tiktok",
        /// Pinterest's Conversions API.
        Pinterest = 3 "pinterest",
        /// Segment's tracking API, which customer data platforms share.
        Segment = 4 "segment",
        /// Google Analytics' Measurement Protocol.
        Ga4 = 5 "ga4",
        /// Snapchat's Conversions API, v3 and v2.
        Snapchat = 6 "snapchat",
        /// LinkedIn's Conversions API.
        Linkedin = 7 "linkedin",
    }
}

optional_codes!(Dialect);

impl Dialect {
    /// The ad platform that the events of this dialect are for; `None` for a dialect that is of no platform.
    pub const fn platform(self) -> Option<Platform> {
        match self {
            Dialect::Meta => Some(Platform::Meta),
            Dialect::Tiktok => Some(Platform::Tiktok),
            Dialect::Pinterest => Some(Platform::Pinterest),
            Dialect::Segment => None,
            Dialect::Ga4 => Some(Platform::Google),
            Dialect::Snapchat => Some(Platform::Snapchat),
            Dialect::Linkedin => Some(Platform::Linkedin),
        }
    }
}
