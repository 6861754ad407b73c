//! The reports of single campaigns, each in the currency it is shown in.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery};
use stratum_models::fx::Conversion;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::{CampaignGroupQuery, CampaignKey, WarehouseReader};

use super::TenantFigures;
use super::exchange::Exchange;
use super::sums::{ConvertedFigures, CurrencySums};

/// The sums that platforms report of campaigns, and those that events show of them.
#[derive(Clone, Debug, Default)]
pub struct CampaignReports {
    groups: HashMap<CampaignKey, Vec<KpiGroup>>,
    converted: HashMap<(CampaignKey, Currency), CurrencySums>,
}

impl CampaignReports {
    /// The reports of every campaign on these days.
    pub async fn of_all(
        warehouse: &dyn WarehouseReader,
        scope: TenantScope,
        days: DayRange,
    ) -> Result<CampaignReports, StoreError> {
        let query = CampaignGroupQuery { days, campaigns: Vec::new(), by_day: false };
        let groups = warehouse.campaign_groups(scope, &query).await?;
        Ok(CampaignReports::grouped(groups))
    }

    /// The reports of these campaigns on these days.
    pub async fn of(
        warehouse: &dyn WarehouseReader,
        scope: TenantScope,
        days: DayRange,
        campaigns: &[CampaignKey],
    ) -> Result<CampaignReports, StoreError> {
        // The port takes no campaign for every campaign.
        if campaigns.is_empty() {
            return Ok(CampaignReports::default());
        }
        let query = CampaignGroupQuery { days, campaigns: campaigns.to_vec(), by_day: false };
        let groups = warehouse.campaign_groups(scope, &query).await?;
        Ok(CampaignReports::grouped(groups))
    }

    fn grouped(groups: Vec<KpiGroup>) -> CampaignReports {
        let mut by_campaign = HashMap::<CampaignKey, Vec<KpiGroup>>::new();
        for group in groups {
            if let (Some(platform), Some(id)) = (group.platform, &group.campaign_id) {
                let key = CampaignKey { platform, campaign_id: id.clone() };
                by_campaign.entry(key).or_default().push(group);
            }
        }
        CampaignReports { groups: by_campaign, converted: HashMap::new() }
    }

    /// Converts, day by day, the reports in another currency than the wanted one. Campaigns of each
    /// currency that have such are asked for together; most tenants have none. May be asked again.
    pub async fn convert(
        &mut self,
        source: &TenantFigures<'_>,
        days: DayRange,
        wanted: impl IntoIterator<Item = (CampaignKey, Currency)>,
    ) -> Result<(), StoreError> {
        let mut foreign = BTreeMap::<Currency, HashSet<CampaignKey>>::new();
        for (key, to) in wanted {
            // What was converted before would be added to it a second time.
            let is_new = self.converted(&key, to).is_none();
            if is_new && self.groups_of(&key).iter().any(|group| is_foreign(group, to)) {
                foreign.entry(to).or_default().insert(key);
            }
        }
        for (to, keys) in foreign {
            let groups = keys.iter().flat_map(|key| self.groups_of(key).to_vec());
            let groups: Vec<KpiGroup> = groups.collect();
            let into = Exchange::of(source, Some(to), &groups).conversion(days, &groups).await?;
            let of = question(days, &keys);
            let query = BreakdownQuery { of, by: BreakdownBy::Campaign, into };
            for part in source.warehouse.breakdown(source.scope, &query).await? {
                let Some(platform) = part.key.platform else { continue };
                let key = CampaignKey { platform, campaign_id: part.key.campaign_id.clone() };
                if keys.contains(&key) {
                    let sums = self.converted.entry((key, to));
                    sums.or_insert_with(|| CurrencySums::new(to)).add(&part);
                }
            }
        }
        Ok(())
    }

    pub(super) fn groups_of(&self, key: &CampaignKey) -> &[KpiGroup] {
        self.groups.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether a platform reports this campaign.
    pub fn is_reported(&self, key: &CampaignKey) -> bool {
        self.groups_of(key).iter().any(is_reported)
    }

    /// The campaign's sums converted into this currency; `None` where nothing was.
    pub(super) fn converted(&self, key: &CampaignKey, to: Currency) -> Option<&CurrencySums> {
        self.converted.get(&(key.clone(), to))
    }

    /// The figures of a campaign in a currency; `None` where nothing is reported of it and events show nothing.
    /// Amounts in another currency are known after [`CampaignReports::convert`] only.
    pub fn figures(&self, key: &CampaignKey, currency: Currency) -> Option<ConvertedFigures> {
        if let Some(sums) = self.converted(key, currency) {
            return Some(sums.converted());
        }
        let groups = self.groups.get(key)?;
        Some(ConvertedFigures::of(groups, &Conversion::new(currency, [])))
    }

    /// The sums of a campaign, whatever their currencies; `None` where nothing is reported of it.
    pub fn sums(&self, key: &CampaignKey) -> Option<MetricSums> {
        self.is_reported(key).then(|| self.groups_of(key).iter().map(|group| group.sums).sum())
    }

    /// The sums of a campaign whose reports are all in this currency; `None` where one is not, or where
    /// nothing is reported of it.
    pub fn sums_in(&self, key: &CampaignKey, currency: Currency) -> Option<MetricSums> {
        let mut reported = self.groups_of(key).iter().filter(|group| is_reported(group));
        self.sums(key).filter(|_| reported.all(|one| one.currency == Some(currency)))
    }
}

/// A group of events alone has no name.
fn is_reported(group: &KpiGroup) -> bool {
    group.campaign_name.is_some()
}

fn is_foreign(group: &KpiGroup, to: Currency) -> bool {
    let sums = &group.sums;
    group.currency != Some(to) && (sums.has_reported_amounts() || sums.has_tracked_amounts())
}

/// The question about these campaigns: about one alone, or about all there are.
fn question(days: DayRange, keys: &HashSet<CampaignKey>) -> KpiQuery {
    let only = keys.iter().next().filter(|_| keys.len() == 1);
    KpiQuery {
        platforms: only.map(|key| key.platform).into_iter().collect(),
        campaign_id: only.map(|key| key.campaign_id.clone()),
        ..KpiQuery::of(days)
    }
}

/// The platforms that report these campaigns or whose events name them, each with the newest name that is
/// reported; `None` where only events name them.
pub async fn platforms_of(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    query: &KpiQuery,
) -> Result<BTreeMap<Platform, Option<String>>, StoreError> {
    let groups = warehouse.kpi_groups(scope, query, KpiGrouping::Campaign).await?;
    let mut platforms = BTreeMap::<Platform, Option<String>>::new();
    for group in groups {
        if let Some(platform) = group.platform {
            let name = platforms.entry(platform).or_default();
            *name = name.take().or(group.campaign_name);
        }
    }
    Ok(platforms)
}

/// Later than any day of data, within the warehouse's calendar.
const DISTANT: NaiveDate = match NaiveDate::from_ymd_opt(2149, 6, 6) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The days from one to another, every day there is on the side that is open; `None` where the last
/// lies before the first.
pub fn open_days(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<DayRange> {
    DayRange::new(Day(from.unwrap_or_default()), Day(to.unwrap_or(DISTANT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(currency: Currency, sums: MetricSums) -> KpiGroup {
        let (platform, campaign_id) = (Some(Platform::Meta), Some("1".to_owned()));
        let (day, campaign_name) = (None, Some("Sale".to_owned()));
        KpiGroup { currency: Some(currency), platform, day, campaign_id, campaign_name, sums }
    }

    #[test]
    fn unknown_is_none_and_nothing_spent_is_zero() {
        let key = CampaignKey { platform: Platform::Meta, campaign_id: "1".into() };
        let none = CampaignReports::grouped(Vec::new());
        assert_eq!((none.figures(&key, Currency::EUR), none.sums(&key)), (None, None));
        let sums = MetricSums { impressions: 10, ..MetricSums::default() };
        let shown = CampaignReports::grouped(vec![group(Currency::USD, sums)]);
        let figures = shown.figures(&key, Currency::EUR).unwrap();
        assert_eq!((figures.figures.spend, figures.figures.roas), (Some(0.0), None));
        assert_eq!(figures.unknown, None);
    }

    #[test]
    fn amounts_of_another_currency_are_not_taken_for_the_campaigns_own() {
        let key = CampaignKey { platform: Platform::Meta, campaign_id: "1".into() };
        let sums = MetricSums { impressions: 10, spend_micros: 5, ..MetricSums::default() };
        let groups = vec![group(Currency::USD, sums), group(Currency::EUR, sums)];
        let both = CampaignReports::grouped(groups);
        let figures = both.figures(&key, Currency::EUR).unwrap();
        assert_eq!((figures.figures.spend, figures.figures.impressions), (None, 20));
        assert_eq!(figures.unknown.unwrap().without_rate, [Currency::USD]);
        assert_eq!(both.sums(&key).unwrap().impressions, 20);
        assert_eq!(both.sums_in(&key, Currency::EUR), None);
        let sale = MetricSums { tracked_revenue_micros: 7, ..MetricSums::default() };
        let sale = KpiGroup { campaign_name: None, ..group(Currency::USD, sale) };
        let one = CampaignReports::grouped(vec![group(Currency::EUR, sums), sale.clone()]);
        assert_eq!(one.sums_in(&key, Currency::EUR).unwrap().spend_micros, 5);
        let only_events = CampaignReports::grouped(vec![sale]);
        assert_eq!((only_events.is_reported(&key), only_events.sums(&key)), (false, None));
        let figures = only_events.figures(&key, Currency::USD).unwrap().figures;
        assert_eq!(figures.tracked_revenue, Some(0.000_007));
    }
}
