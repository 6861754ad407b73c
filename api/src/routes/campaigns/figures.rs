//! What campaigns spent and earned, as ad reports say.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use stratum_models::fx::Conversion;
use stratum_models::metrics::KpiGroup;
use stratum_models::money::Currency;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::CampaignKey;
use utoipa::ToSchema;

use super::super::App;
use super::super::figures::Money;

/// Sums of a campaign's ad reports, in the campaign's own currency, and their ratios.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CampaignFigures {
    /// Amount spent.
    pub total_spend: Option<f64>,
    /// Times shown.
    impressions: Option<i64>,
    /// Times clicked.
    clicks: Option<i64>,
    /// Conversions the platform reports.
    conversions: Option<f64>,
    /// Their value.
    pub revenue: Option<f64>,
    /// Clicks / impressions × 100.
    ctr: Option<f64>,
    /// Spend / clicks.
    cpc: Option<f64>,
    /// Spend / impressions × 1000.
    cpm: Option<f64>,
    /// Spend / conversions.
    cpa: Option<f64>,
    /// Revenue / spend.
    pub roas: Option<f64>,
    /// Why figures are null: nothing was reported, or amounts are in another currency than the
    /// campaign's. Null when none is missing but ratios without a denominator.
    figures_reason: Option<String>,
}

impl CampaignFigures {
    /// The figures of what is reported of one campaign.
    pub fn of(groups: &[KpiGroup], currency: Currency) -> CampaignFigures {
        if groups.is_empty() {
            let reason = "no ad report of these days names this campaign";
            return CampaignFigures { figures_reason: Some(reason.into()), ..Self::default() };
        }
        let money = Money::of(groups, &Conversion::new(currency, []));
        let figures = money.figures;
        CampaignFigures {
            total_spend: figures.total_spend,
            impressions: Some(figures.total_impressions),
            clicks: Some(figures.total_clicks),
            conversions: Some(figures.total_conversions),
            revenue: figures.total_revenue,
            ctr: figures.avg_ctr,
            cpc: figures.avg_cpc,
            cpm: figures.avg_cpm,
            cpa: figures.avg_cpa,
            roas: figures.avg_roas,
            figures_reason: money.currency_reason,
        }
    }
}

/// What is reported, by campaign.
pub struct Reported(HashMap<CampaignKey, Vec<KpiGroup>>);

impl Reported {
    /// What is reported of these campaigns over these days; of every campaign where none is named.
    pub async fn ask(
        app: &App,
        scope: TenantScope,
        days: DayRange,
        campaigns: &[CampaignKey],
    ) -> Result<Reported, StoreError> {
        let groups = app.warehouse.campaign_groups(scope, days, campaigns).await?;
        let mut reported = HashMap::<CampaignKey, Vec<KpiGroup>>::new();
        for group in groups {
            if let (Some(platform), Some(id)) = (group.platform, &group.campaign_id) {
                let key = CampaignKey { platform, campaign_id: id.clone() };
                reported.entry(key).or_default().push(group);
            }
        }
        Ok(Reported(reported))
    }

    /// Nothing.
    pub fn none() -> Reported {
        Reported(HashMap::new())
    }

    /// The figures of one campaign.
    pub fn figures(&self, key: Option<&CampaignKey>, currency: Currency) -> CampaignFigures {
        let groups = key.and_then(|key| self.0.get(key));
        CampaignFigures::of(groups.map_or(&[], Vec::as_slice), currency)
    }
}

/// Later than any day of data, within the warehouse's calendar.
pub const DISTANT: NaiveDate = match NaiveDate::from_ymd_opt(2149, 6, 6) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The days from one to another, every day there is on the side that is open; `None` when the last
/// lies before the first.
pub fn days(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<DayRange> {
    DayRange::new(Day(from.unwrap_or_default()), Day(to.unwrap_or(DISTANT)))
}

#[cfg(test)]
mod tests {
    use stratum_models::metrics::MetricSums;

    use super::*;

    #[test]
    fn unknown_is_null_with_its_reason_and_nothing_spent_is_zero() {
        let unknown = CampaignFigures::of(&[], Currency::EUR);
        assert_eq!((unknown.total_spend, unknown.impressions), (None, None));
        assert!(unknown.figures_reason.unwrap().contains("no ad report"));
        let sums = MetricSums { impressions: 10, ..MetricSums::default() };
        let group = KpiGroup {
            currency: Some(Currency::USD),
            platform: None,
            day: None,
            campaign_id: None,
            campaign_name: None,
            sums,
        };
        let nothing = CampaignFigures::of(std::slice::from_ref(&group), Currency::EUR);
        assert_eq!((nothing.total_spend, nothing.roas), (Some(0.0), None));
        assert_eq!(nothing.figures_reason, None);
        let sums = MetricSums { spend_micros: 5, ..sums };
        let dollars = CampaignFigures::of(&[KpiGroup { sums, ..group }], Currency::EUR);
        assert_eq!((dollars.total_spend, dollars.impressions), (None, Some(10)));
        assert!(dollars.figures_reason.unwrap().contains("USD to EUR"));
    }
}
