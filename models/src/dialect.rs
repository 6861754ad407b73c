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
        }
    }
}
