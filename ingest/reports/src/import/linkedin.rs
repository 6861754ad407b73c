//! The headers of exports of LinkedIn Campaign Manager.

use stratum_models::platform::Platform;

use super::header::{Field, PlatformHeaders};
use stratum_wire::ad_reports::Column;

pub(super) const KNOWN: PlatformHeaders = PlatformHeaders {
    platform: Platform::Linkedin,
    telltales: &["start date (in utc)", "total spent", "campaign group name", "campaign group id"],
    headers: &[
        ("account id", Field::Of(Column::AccountId)),
        ("campaign id", Field::Of(Column::CampaignId)),
        ("campaign name", Field::Of(Column::CampaignName)),
        ("ad id", Field::Of(Column::AdId)),
        ("creative id", Field::Of(Column::AdId)),
        ("creative name", Field::Of(Column::AdName)),
        ("ad headline", Field::Of(Column::AdName)),
        ("start date (in utc)", Field::Of(Column::Date)),
        ("date", Field::Of(Column::Date)),
        ("day", Field::Of(Column::Date)),
        ("end date (in utc)", Field::LastDay),
        ("currency", Field::Of(Column::Currency)),
        ("total spent", Field::Of(Column::Spend)),
        ("spend", Field::Of(Column::Spend)),
        ("impressions", Field::Of(Column::Impressions)),
        ("clicks", Field::Of(Column::Clicks)),
        ("conversions", Field::Of(Column::Conversions)),
        ("total conversion value", Field::Of(Column::Revenue)),
        ("conversion value", Field::Of(Column::Revenue)),
        ("member country", Field::Of(Column::Country)),
        ("country", Field::Of(Column::Country)),
        ("device type", Field::Of(Column::Device)),
    ],
};
