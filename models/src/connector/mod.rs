//! What a connector asks an ad platform for, and what it shows to be let in.

mod credentials;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::platform::Platform;

pub use credentials::Credentials;

/// What figures are broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A row a campaign and day: the only one that is always asked for.
    Campaign,
    /// A row an ad and day, with its ad set.
    Ad,
    /// A row a campaign, day and country.
    Country,
    /// A row a campaign, day and class of device.
    Device,
}

impl Level {
    /// Every level, in the order they are asked for.
    pub const ALL: [Level; 4] = [Level::Campaign, Level::Ad, Level::Country, Level::Device];

    /// Its name in settings and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Campaign => "campaign",
            Level::Ad => "ad",
            Level::Country => "country",
            Level::Device => "device",
        }
    }
}

/// An ad account as its platform describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id as the user wrote it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The zone of its days.
    pub zone: Tz,
}

/// Whether a platform can be pulled from.
pub const fn is_pulled(platform: Platform) -> bool {
    !matches!(platform, Platform::Linkedin | Platform::Pinterest)
}
