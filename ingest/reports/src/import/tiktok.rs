//! The headers of exports of TikTok Ads Manager.

use stratum_models::platform::Platform;

use super::header::{Field, PlatformHeaders};
use stratum_wire::ad_reports::Column;

pub(super) const KNOWN: PlatformHeaders = PlatformHeaders {
    platform: Platform::Tiktok,
    telltales: &[
        "by day",
        "clicks (destination)",
        "total purchase value",
        "complete payment",
        "total complete payment value",
    ],
    headers: &[
        ("advertiser id", Field::Of(Column::AccountId)),
        ("account id", Field::Of(Column::AccountId)),
        ("campaign id", Field::Of(Column::CampaignId)),
        ("campaign name", Field::Of(Column::CampaignName)),
        ("campaign", Field::Of(Column::CampaignName)),
        ("ad group id", Field::Of(Column::AdSetId)),
        ("ad group name", Field::Of(Column::AdSetName)),
        ("ad id", Field::Of(Column::AdId)),
        ("ad name", Field::Of(Column::AdName)),
        ("by day", Field::Of(Column::Date)),
        ("date", Field::Of(Column::Date)),
        ("day", Field::Of(Column::Date)),
        ("currency", Field::Of(Column::Currency)),
        ("cost", Field::Of(Column::Spend)),
        ("total cost", Field::Of(Column::Spend)),
        ("impressions", Field::Of(Column::Impressions)),
        ("impression", Field::Of(Column::Impressions)),
        ("clicks (all)", Field::Of(Column::Clicks)),
        ("clicks (destination)", Field::Of(Column::Clicks)),
        ("clicks", Field::Of(Column::Clicks)),
        ("click", Field::Of(Column::Clicks)),
        ("complete payment", Field::Of(Column::Conversions)),
        ("purchases", Field::Of(Column::Conversions)),
        ("conversions", Field::Of(Column::Conversions)),
        ("conversion", Field::Of(Column::Conversions)),
        ("results", Field::Of(Column::Conversions)),
        ("result type", Field::ResultKind),
        ("total complete payment value", Field::Of(Column::Revenue)),
        ("total purchase value", Field::Of(Column::Revenue)),
        ("total conversion value", Field::Of(Column::Revenue)),
        ("country/region", Field::Of(Column::Country)),
        ("country", Field::Of(Column::Country)),
        ("device", Field::Of(Column::Device)),
        ("operating system", Field::Of(Column::Device)),
    ],
};
