//! The headers of exports of Pinterest Ads Manager.

use stratum_models::platform::Platform;

use super::header::{Field, PlatformHeaders};
use stratum_wire::ad_reports::Column;

pub(super) const KNOWN: PlatformHeaders = PlatformHeaders {
    platform: Platform::Pinterest,
    telltales: &[
        "spend in account currency",
        "pin clicks",
        "paid pin clicks",
        "total order value (checkout)",
        "total conversions (checkout)",
    ],
    headers: &[
        ("advertiser id", Field::Of(Column::AccountId)),
        ("ad account id", Field::Of(Column::AccountId)),
        ("campaign id", Field::Of(Column::CampaignId)),
        ("campaign name", Field::Of(Column::CampaignName)),
        ("ad group id", Field::Of(Column::AdSetId)),
        ("ad group name", Field::Of(Column::AdSetName)),
        ("ad id", Field::Of(Column::AdId)),
        ("ad name", Field::Of(Column::AdName)),
        ("date", Field::Of(Column::Date)),
        ("day", Field::Of(Column::Date)),
        ("currency", Field::Of(Column::Currency)),
        ("account currency", Field::Of(Column::Currency)),
        ("spend in account currency", Field::Of(Column::Spend)),
        ("spend", Field::Of(Column::Spend)),
        ("impressions", Field::Of(Column::Impressions)),
        ("total impressions", Field::Of(Column::Impressions)),
        ("pin clicks", Field::Of(Column::Clicks)),
        ("paid pin clicks", Field::Of(Column::Clicks)),
        ("outbound clicks", Field::Of(Column::Clicks)),
        ("clicks", Field::Of(Column::Clicks)),
        ("total conversions (checkout)", Field::Of(Column::Conversions)),
        ("conversions (checkout)", Field::Of(Column::Conversions)),
        ("total conversions", Field::Of(Column::Conversions)),
        ("total order value (checkout)", Field::Of(Column::Revenue)),
        ("order value (checkout)", Field::Of(Column::Revenue)),
        ("total conversions value (checkout)", Field::Of(Column::Revenue)),
        ("country", Field::Of(Column::Country)),
        ("targeting country", Field::Of(Column::Country)),
        ("device", Field::Of(Column::Device)),
        ("app type", Field::Of(Column::Device)),
    ],
};
