//! A campaign's day, as it is read back from all reports of it.

use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::platform::Platform;
use crate::time::Day;

/// A campaign of one ad account; two accounts of a platform may each have theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountCampaign {
    /// The platform of the account.
    pub platform: Platform,
    /// The platform's ad account.
    pub account_id: String,
    /// The platform's id of it.
    pub campaign_id: String,
}

/// A day of a campaign as its platform reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignDay {
    /// Which campaign.
    pub key: AccountCampaign,
    /// The campaign's name on that day.
    pub campaign_name: String,
    /// A day of the ad account's zone.
    pub day: Day,
    /// The currency of both amounts.
    pub currency: Currency,
    /// Amount spent.
    pub spend_micros: i64,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Conversions, in millionths.
    pub conversions_micros: i64,
    /// Conversion value.
    pub revenue_micros: i64,
}
