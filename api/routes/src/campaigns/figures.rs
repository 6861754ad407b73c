//! The figures of campaigns, as ad reports say.

use serde::Serialize;
use stratum_models::money::Currency;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::CampaignReports;
use stratum_query::ask::sums::ConvertedFigures;
use utoipa::ToSchema;

use super::super::figures::reason;

/// Sums of a campaign's ad reports in one currency, and their ratios. What was reported in another one is
/// converted day by day.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CampaignFigures {
    /// Amount spent.
    total_spend: Option<f64>,
    /// Times shown.
    impressions: Option<i64>,
    /// Times clicked.
    clicks: Option<i64>,
    /// Conversions the platform reports.
    conversions: Option<f64>,
    /// Their value.
    revenue: Option<f64>,
    /// Clicks / impressions × 100.
    ctr: Option<f64>,
    /// Spend / clicks.
    cpc: Option<f64>,
    /// Spend / impressions × 1000.
    cpm: Option<f64>,
    /// Spend / conversions.
    cpa: Option<f64>,
    /// Revenue / spend.
    roas: Option<f64>,
    /// Why figures are null: nothing was reported, or exchange rates are missing. Null when none is
    /// missing but ratios without a denominator.
    figures_reason: Option<String>,
}

impl CampaignFigures {
    /// The figures of one campaign among those reported, in a currency.
    pub fn of(
        reports: &CampaignReports,
        key: Option<&CampaignKey>,
        currency: Currency,
    ) -> CampaignFigures {
        match key.and_then(|key| reports.figures(key, currency)) {
            Some(figures) => figures.into(),
            None => CampaignFigures {
                figures_reason: Some("no ad report of these days names this campaign".into()),
                ..CampaignFigures::default()
            },
        }
    }
}

impl From<ConvertedFigures> for CampaignFigures {
    fn from(all: ConvertedFigures) -> CampaignFigures {
        let figures = all.figures;
        CampaignFigures {
            total_spend: figures.spend,
            impressions: Some(figures.impressions),
            clicks: Some(figures.clicks),
            conversions: Some(figures.conversions),
            revenue: figures.revenue,
            ctr: figures.ctr,
            cpc: figures.cpc,
            cpm: figures.cpm,
            cpa: figures.cpa,
            roas: figures.roas,
            figures_reason: all.unknown.as_ref().map(reason),
        }
    }
}
