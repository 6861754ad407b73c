//! The headers of reports of Google Ads, in English and German.

use stratum_models::platform::Platform;

use super::header::{Field, PlatformHeaders};
use stratum_wire::ad_reports::Column;

pub(super) const KNOWN: PlatformHeaders = PlatformHeaders {
    platform: Platform::Google,
    telltales: &["impr.", "customer id", "conv. value", "currency code"],
    headers: &[
        ("customer id", Field::Of(Column::AccountId)),
        ("account id", Field::Of(Column::AccountId)),
        ("campaign id", Field::Of(Column::CampaignId)),
        ("campaign", Field::Of(Column::CampaignName)),
        ("campaign name", Field::Of(Column::CampaignName)),
        ("ad group id", Field::Of(Column::AdSetId)),
        ("ad group", Field::Of(Column::AdSetName)),
        ("ad id", Field::Of(Column::AdId)),
        ("ad name", Field::Of(Column::AdName)),
        ("day", Field::Of(Column::Date)),
        ("date", Field::Of(Column::Date)),
        ("currency code", Field::Of(Column::Currency)),
        ("currency", Field::Of(Column::Currency)),
        ("cost", Field::Of(Column::Spend)),
        ("impr.", Field::Of(Column::Impressions)),
        ("impressions", Field::Of(Column::Impressions)),
        ("clicks", Field::Of(Column::Clicks)),
        ("conversions", Field::Of(Column::Conversions)),
        ("conv. value", Field::Of(Column::Revenue)),
        ("total conv. value", Field::Of(Column::Revenue)),
        ("conversion value", Field::Of(Column::Revenue)),
        ("country/territory (user location)", Field::Of(Column::Country)),
        ("country/territory", Field::Of(Column::Country)),
        ("country", Field::Of(Column::Country)),
        ("device", Field::Of(Column::Device)),
        ("kundennummer", Field::Of(Column::AccountId)),
        ("kampagnen-id", Field::Of(Column::CampaignId)),
        ("kampagne", Field::Of(Column::CampaignName)),
        ("anzeigengruppen-id", Field::Of(Column::AdSetId)),
        ("anzeigengruppe", Field::Of(Column::AdSetName)),
        ("anzeigen-id", Field::Of(Column::AdId)),
        ("tag", Field::Of(Column::Date)),
        ("währungscode", Field::Of(Column::Currency)),
        ("kosten", Field::Of(Column::Spend)),
        ("klicks", Field::Of(Column::Clicks)),
        ("conv.-wert", Field::Of(Column::Revenue)),
        ("gerät", Field::Of(Column::Device)),
    ],
};
