//! Wire formats. Codes are stored: never renumber one.

use crate::platform::{Platform, coded, optional_codes};

coded! {
    /// The wire format that a request spoke. Several may speak of one platform, and one may speak of none.
    Dialect {
        /// Meta's Conversions API.
        Meta = 1 "meta",
    }
}

optional_codes!(Dialect);

impl Dialect {
    /// The ad platform that the events of this dialect are for; `None` for a dialect that is of no platform.
    pub const fn platform(self) -> Option<Platform> {
        match self {
            Dialect::Meta => Some(Platform::Meta),
        }
    }
}
