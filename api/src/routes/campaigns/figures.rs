//! What campaigns spent and earned, as ad reports say.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part};
use stratum_models::fx::{Conversion, PartAmounts, Tally};
use stratum_models::metrics::{KpiGroup, KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::CampaignKey;
use utoipa::ToSchema;

use super::super::App;
use super::super::exchange::Exchange;
use super::super::figures::Money;
use crate::answer::Refusal;
use crate::auth::Authenticated;

/// Sums of a campaign's ad reports in one currency, and their ratios. What was reported in another one is
/// converted day by day.
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
    /// Why figures are null: nothing was reported, or exchange rates are missing. Null when none is
    /// missing but ratios without a denominator.
    figures_reason: Option<String>,
}

impl CampaignFigures {
    /// The figures of what is reported of one campaign.
    pub fn of(groups: &[KpiGroup], currency: Currency) -> CampaignFigures {
        if groups.is_empty() {
            let reason = "no ad report of these days names this campaign";
            return CampaignFigures { figures_reason: Some(reason.into()), ..Self::default() };
        }
        CampaignFigures::shown(Money::of(groups, &Conversion::new(currency, [])))
    }

    fn shown(money: Money) -> CampaignFigures {
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

/// What is reported, by campaign; what is converted stands apart.
pub struct Reported {
    groups: HashMap<CampaignKey, Vec<KpiGroup>>,
    converted: HashMap<(CampaignKey, Currency), Converted>,
}

/// What one campaign comes to in one currency.
#[derive(Default)]
struct Converted {
    tally: Tally,
    by_currency: BTreeMap<Currency, MetricSums>,
}

impl Converted {
    /// What the platform reports; what events show is no figure of a campaign.
    fn add(&mut self, part: &Part) {
        let converted = PartAmounts { lacks_tracked: false, ..part.converted };
        self.tally.add_part(part.currency, part.sums, converted);
        if let Some(currency) = part.currency {
            *self.by_currency.entry(currency).or_default() += part.sums;
        }
    }
}

/// Campaigns, each with the currency it is shown in.
pub type Wanted = Vec<(CampaignKey, Currency)>;

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
        Ok(Reported { groups: reported, converted: HashMap::new() })
    }

    /// Nothing.
    pub fn none() -> Reported {
        Reported { groups: HashMap::new(), converted: HashMap::new() }
    }

    /// Converts, day by day, what is reported in another currency than the wanted one. Campaigns of each
    /// currency that are so are asked for together; most tenants have none.
    pub async fn convert(
        &mut self,
        app: &App,
        caller: &Authenticated,
        days: DayRange,
        wanted: Wanted,
    ) -> Result<(), Refusal> {
        let mut foreign = BTreeMap::<Currency, HashSet<CampaignKey>>::new();
        for (key, to) in wanted {
            if self.groups_of(&key).iter().any(|group| is_foreign(group, to)) {
                foreign.entry(to).or_default().insert(key);
            }
        }
        for (to, keys) in foreign {
            let groups = keys.iter().flat_map(|key| self.groups_of(key).to_vec());
            let groups: Vec<KpiGroup> = groups.collect();
            let exchange = Exchange::of(app, caller, Some(to), &groups);
            let into = exchange.conversion(days, &groups).await?;
            let query = BreakdownQuery { of: about(days, &keys), by: BreakdownBy::Campaign, into };
            for part in app.warehouse.breakdown(caller.scope, &query).await? {
                let Some(platform) = part.key.platform else { continue };
                let key = CampaignKey { platform, campaign_id: part.key.campaign_id.clone() };
                if keys.contains(&key) {
                    self.converted.entry((key, to)).or_default().add(&part);
                }
            }
        }
        Ok(())
    }

    fn groups_of(&self, key: &CampaignKey) -> &[KpiGroup] {
        self.groups.get(key).map_or(&[], Vec::as_slice)
    }

    /// The figures of one campaign.
    pub fn figures(&self, key: Option<&CampaignKey>, currency: Currency) -> CampaignFigures {
        let Some(key) = key else { return CampaignFigures::of(&[], currency) };
        match self.converted.get(&(key.clone(), currency)) {
            Some(one) => {
                CampaignFigures::shown(Money::tallied(&one.tally, &one.by_currency, currency))
            }
            None => CampaignFigures::of(self.groups_of(key), currency),
        }
    }
}

fn is_foreign(group: &KpiGroup, to: Currency) -> bool {
    group.currency != Some(to) && group.sums.has_reported_amounts()
}

/// The question about these campaigns: about one alone, or about all there are.
fn about(days: DayRange, keys: &HashSet<CampaignKey>) -> KpiQuery {
    let only = keys.iter().next().filter(|_| keys.len() == 1);
    KpiQuery {
        days,
        platform: only.map(|key| key.platform),
        account_id: None,
        campaign_id: only.map(|key| key.campaign_id.clone()),
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
