//! KPIs by what they are made of: campaigns, accounts, ad sets, ads, countries, devices.

use crate::fx::{Conversion, PartAmounts};
use crate::metrics::{KpiQuery, MetricSums};
use crate::money::Currency;
use crate::platform::{Platform, coded};

coded! {
    /// By what KPIs are broken down.
    BreakdownBy {
        /// The platform and its campaign.
        Campaign = 1 "campaign",
        /// The platform and its ad account.
        Account = 2 "account",
        /// The ad set of a campaign; the sum of its ads on days that report ads only.
        AdSet = 3 "ad_set",
        /// The ad of a campaign.
        Ad = 4 "ad",
        /// The country of the people, whatever the platform.
        Country = 5 "country",
        /// Their class of device, whatever the platform.
        Device = 6 "device",
    }
}

impl BreakdownBy {
    /// Whether our own events know it.
    pub const fn is_tracked(self) -> bool {
        matches!(self, BreakdownBy::Campaign | BreakdownBy::Country | BreakdownBy::Device)
    }
}

/// Which parts of which days are summed, and into which currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BreakdownQuery {
    /// The days and filters.
    pub of: KpiQuery,
    /// The parts.
    pub by: BreakdownBy,
    /// The currency of what is converted, and the rates.
    pub into: Conversion,
}

/// The key of a part. A dimension that the breakdown does not name is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartKey {
    /// The platform; none of countries and devices.
    pub platform: Option<Platform>,
    /// The ad account.
    pub account_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// The ad set.
    pub ad_set_id: String,
    /// The ad.
    pub ad_id: String,
    /// ISO 3166 alpha-2, upper case.
    pub country: String,
    /// `desktop`, `mobile`, `tablet`, `connected_tv` or `other`.
    pub device: String,
}

/// The names that were received last; empty where none was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartNames {
    /// Of the campaign.
    pub campaign: String,
    /// Of the ad set.
    pub ad_set: String,
    /// Of the ad.
    pub ad: String,
}

/// The sums of one part in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The currency of its amounts; `None` for rows without any amount.
    pub currency: Option<Currency>,
    /// Which part.
    pub key: PartKey,
    /// The names of the part's keys.
    pub names: PartNames,
    /// The sums.
    pub sums: MetricSums,
    /// Their amounts in the currency asked for, without those that have no rate.
    pub converted: PartAmounts,
}

impl Part {
    /// Adds what the same part comes to on later days.
    pub fn follow(&mut self, later: Part) {
        self.sums += later.sums;
        self.converted += later.converted;
        let names = [
            (&mut self.names.campaign, later.names.campaign),
            (&mut self.names.ad_set, later.names.ad_set),
            (&mut self.names.ad, later.names.ad),
        ];
        for (name, newer) in names {
            if !newer.is_empty() {
                *name = newer;
            }
        }
    }
}
