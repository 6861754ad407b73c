//! Campaigns as the warehouse knows them.

use crate::money::Currency;
use crate::platform::Platform;
use crate::time::{DayRange, UnixMillis};

/// A campaign, by its platform's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CampaignKey {
    /// The platform.
    pub platform: Platform,
    /// The platform's campaign id.
    pub campaign_id: String,
}

/// Which campaigns are summed, over which days.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CampaignGroupQuery {
    /// The days, both ends included.
    pub days: DayRange,
    /// The campaigns; every one where empty.
    pub campaigns: Vec<CampaignKey>,
    /// Whether days stand apart.
    pub by_day: bool,
}

/// A campaign that ad reports name, and what the one received last says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedCampaign {
    /// Which one.
    pub key: CampaignKey,
    /// The platform's ad account.
    pub account_id: String,
    /// The campaign's name; empty where the report has none.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// When that report was received.
    pub received_at: UnixMillis,
}
