//! The question that a connector asks an ad platform, and the credentials it shows to be let in.

mod credentials;

use chrono_tz::Tz;

use crate::money::Currency;
use crate::name_set;
use crate::platform::Platform;

pub use credentials::Credentials;

name_set! {
    /// The level that figures are broken down to.
    Level {
        /// A row a campaign and day: the only one that is always asked for.
        Campaign = "campaign",
        /// A row an ad and day, with its ad set.
        Ad = "ad",
        /// A row a campaign, day and country.
        Country = "country",
        /// A row a campaign, day and class of device.
        Device = "device",
    }
}

name_set! {
    /// The code of an error of a pull.
    PullErrorCode {
        /// Too much was asked lately.
        Throttled = "throttled",
        /// The credentials do not work any more.
        Unauthorized = "unauthorized",
        /// The credentials may not read the account, or it is closed.
        Forbidden = "forbidden",
        /// The platform did not answer, or not in time.
        Unavailable = "unavailable",
        /// The answer would be too large.
        TooMuch = "too_much",
        /// The platform does not know its cursor any more.
        Stale = "stale",
        /// The platform refuses the question.
        Refused = "refused",
        /// Only some accounts are missing.
        ClosedAccounts = "closed_accounts",
        /// Only a breakdown is missing.
        Partial = "partial",
    }
}

/// An ad account as its platform describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's id as the user wrote it.
    pub id: String,
    /// The account's name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The time zone of its days.
    pub zone: Tz,
}

/// Whether a platform can be pulled from.
pub const fn is_pulled(platform: Platform) -> bool {
    !matches!(platform, Platform::Linkedin | Platform::Pinterest)
}
