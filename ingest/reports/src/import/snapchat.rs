//! The headers of exports of Snapchat Ads Manager.

use stratum_models::platform::Platform;

use super::header::{Field, PlatformHeaders};
use stratum_wire::ad_reports::Column;

pub(super) const KNOWN: PlatformHeaders = PlatformHeaders {
    platform: Platform::Snapchat,
    telltales: &[
        "swipe ups",
        "swipes",
        "paid impressions",
        "ad squad id",
        "ad squad name",
        "purchases value",
        "clicks / swipe ups",
    ],
    headers: &[
        ("ad account id", Field::Of(Column::AccountId)),
        ("account id", Field::Of(Column::AccountId)),
        ("campaign id", Field::Of(Column::CampaignId)),
        ("campaign name", Field::Of(Column::CampaignName)),
        ("campaign", Field::Of(Column::CampaignName)),
        ("ad set id", Field::Of(Column::AdSetId)),
        ("ad squad id", Field::Of(Column::AdSetId)),
        ("ad set name", Field::Of(Column::AdSetName)),
        ("ad squad name", Field::Of(Column::AdSetName)),
        ("ad id", Field::Of(Column::AdId)),
        ("ad name", Field::Of(Column::AdName)),
        ("start time", Field::Of(Column::Date)),
        ("date", Field::Of(Column::Date)),
        ("day", Field::Of(Column::Date)),
        ("end time", Field::LastDay),
        ("currency", Field::Of(Column::Currency)),
        ("amount spent", Field::Of(Column::Spend)),
        ("spend", Field::Of(Column::Spend)),
        ("paid impressions", Field::Of(Column::Impressions)),
        ("impressions", Field::Of(Column::Impressions)),
        ("clicks / swipe ups", Field::Of(Column::Clicks)),
        ("clicks", Field::Of(Column::Clicks)),
        ("swipe ups", Field::Of(Column::Clicks)),
        ("swipes", Field::Of(Column::Clicks)),
        ("purchases", Field::Of(Column::Conversions)),
        ("results", Field::Of(Column::Conversions)),
        ("result type", Field::ResultKind),
        ("purchases value", Field::Of(Column::Revenue)),
        ("purchase value", Field::Of(Column::Revenue)),
        ("country", Field::Of(Column::Country)),
        ("device", Field::Of(Column::Device)),
        ("operating system", Field::Of(Column::Device)),
    ],
};
