//! The figures of campaigns, as ad reports say.

use chrono::NaiveDate;
use serde::Serialize;
use stratum_models::money::Currency;
use stratum_models::time::DayRange;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::CampaignReports;
use stratum_query::ask::sums::ConvertedFigures;
use utoipa::ToSchema;

use super::super::compare::Changes;
use super::super::figures::reason;

/// Sums of a campaign's ad reports in one currency, and their ratios; beside them what events show. What is in another
/// currency is converted day by day.
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
    /// Conversions / clicks × 100.
    cvr: Option<f64>,
    /// Purchases our own events show of it. Never added to `conversions`.
    tracked_conversions: Option<i64>,
    /// Their value.
    tracked_revenue: Option<f64>,
    /// Tracked revenue / spend.
    tracked_roas: Option<f64>,
    /// Spend / tracked conversions.
    tracked_cpa: Option<f64>,
    /// Tracked conversions / clicks × 100.
    tracked_cvr: Option<f64>,
    /// The reason why figures are null: nothing was reported, or exchange rates are missing. Null if only ratios
    /// without a denominator are missing.
    figures_reason: Option<String>,
}

impl CampaignFigures {
    /// The figures of one campaign among those reported, in a currency.
    pub fn of(
        reports: &CampaignReports,
        key: Option<&CampaignKey>,
        currency: Currency,
    ) -> CampaignFigures {
        let Some(figures) = key.and_then(|key| reports.figures(key, currency)) else {
            return CampaignFigures::unreported();
        };
        if key.is_some_and(|key| reports.is_reported(key)) {
            return figures.into();
        }
        CampaignFigures {
            tracked_conversions: figures.figures.tracked_conversions,
            tracked_revenue: figures.figures.tracked_revenue,
            ..CampaignFigures::unreported()
        }
    }

    fn unreported() -> CampaignFigures {
        CampaignFigures {
            figures_reason: Some("no ad report of these days names this campaign".into()),
            ..CampaignFigures::default()
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
            cvr: figures.cvr,
            tracked_conversions: figures.tracked_conversions,
            tracked_revenue: figures.tracked_revenue,
            tracked_roas: figures.tracked_roas,
            tracked_cpa: figures.tracked_cpa,
            tracked_cvr: figures.tracked_cvr,
            figures_reason: all.unknown.as_ref().map(reason),
        }
    }
}

/// A campaign on the days it is compared with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignComparison {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The figures then.
    previous: CampaignFigures,
    /// The changes since.
    #[serde(flatten)]
    changes: Changes,
}

impl CampaignComparison {
    /// The comparison of a campaign, in a currency, with these days before; `None` where either time tells nothing of it.
    pub fn of(
        now: &CampaignReports,
        (days, before): &(DayRange, CampaignReports),
        key: &CampaignKey,
        currency: Currency,
    ) -> Option<CampaignComparison> {
        let (now, then) = (now.figures(key, currency)?, before.figures(key, currency)?);
        Some(CampaignComparison {
            date_from: days.from.0,
            date_to: days.to.0,
            previous: CampaignFigures::of(before, Some(key), currency),
            changes: Changes::since(&then, &now),
        })
    }
}
