//! The changes that new ad reports make to those that are there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use stratum_models::ad_report::{AdReport, AdReportSplit, CampaignDay};
use stratum_models::metrics::MetricSums;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::WarehouseReader;

/// Days asked for at once: all campaigns' reports of them are one answer.
const DAYS_AT_ONCE: i32 = 31;

/// The change of a campaign's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayChange {
    /// The day is new.
    Add,
    /// The day replaces other figures.
    Replace,
    /// The day is as it was.
    Leave,
}

/// Changed days that are told one by one.
const TOLD_MAX: usize = 100;

/// A campaign's day that is new or replaces other figures.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedDay {
    /// The platform.
    pub platform: Platform,
    /// The ad account.
    pub account_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// The campaign's name; empty where it is not known.
    pub campaign_name: String,
    /// The day.
    pub day: Day,
    /// The figures that are there, with their currency; `None` where the day is new.
    pub before: Option<(Currency, MetricSums)>,
    /// The figures that will be there.
    pub after: (Currency, MetricSums),
}

/// New reports beside those that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportChanges {
    /// The change of each day, in the order of the reports.
    pub days: Vec<DayChange>,
    /// The sums of these days by currency: as they are, and as they will be.
    pub sums: BTreeMap<Currency, (MetricSums, MetricSums)>,
    /// The first 100 days that are new or replace other figures, in the order of the reports.
    pub told: Vec<ChangedDay>,
    /// The number of parts whose campaign has no figures of that day, among the new reports or before.
    pub parts_without_day: usize,
}

type Campaign = (Platform, String, String);
type CampaignDayKey = (Platform, String, String, Day);

fn key(report: &AdReport) -> CampaignDayKey {
    let AdReport { platform, account_id, campaign_id, date, .. } = report;
    (*platform, account_id.clone(), campaign_id.clone(), *date)
}

impl ReportChanges {
    /// Compares new days and parts of days with the days that are there. New days without a campaign's name
    /// are given the name that is there.
    pub async fn of(
        warehouse: &dyn WarehouseReader,
        scope: TenantScope,
        days: &mut [AdReport],
        parts: &[AdReportSplit],
    ) -> Result<ReportChanges, StoreError> {
        let wanted = days.iter().chain(parts.iter().map(|part| &part.report)).map(key);
        let known = known(warehouse, scope, &wanted.collect()).await?;
        let campaign = |day: &CampaignDay| -> Campaign {
            (day.key.platform, day.key.account_id.clone(), day.key.campaign_id.clone())
        };
        let names: HashMap<Campaign, &String> =
            known.values().map(|day| (campaign(day), &day.campaign_name)).collect();
        let mut changes = ReportChanges::default();
        for day in &mut *days {
            let campaign = (day.platform, day.account_id.clone(), day.campaign_id.clone());
            if day.campaign_name.is_empty()
                && let Some(name) = names.get(&campaign)
            {
                day.campaign_name.clone_from(name);
            }
            changes.add(day, known.get(&key(day)));
        }
        let told: BTreeSet<CampaignDayKey> = days.iter().map(key).collect();
        let lonely = parts.iter().map(|part| key(&part.report));
        let lonely = lonely.filter(|key| !told.contains(key) && !known.contains_key(key));
        changes.parts_without_day = lonely.count();
        Ok(changes)
    }

    fn add(&mut self, day: &AdReport, known: Option<&CampaignDay>) {
        let change = match known {
            None => DayChange::Add,
            Some(known) if is_same(day, known) => DayChange::Leave,
            Some(_) => DayChange::Replace,
        };
        self.days.push(change);
        if change != DayChange::Leave && self.told.len() < TOLD_MAX {
            self.told.push(ChangedDay {
                platform: day.platform,
                account_id: day.account_id.clone(),
                campaign_id: day.campaign_id.clone(),
                campaign_name: day.campaign_name.clone(),
                day: day.date,
                before: known.map(|known| (known.currency, known_sums(known))),
                after: (day.currency, new_sums(day)),
            });
        }
        self.sums.entry(day.currency).or_default().1 += new_sums(day);
        if let Some(known) = known {
            self.sums.entry(known.currency).or_default().0 += known_sums(known);
        }
    }

    /// The number of days with this change.
    pub fn count(&self, change: DayChange) -> usize {
        self.days.iter().filter(|is| **is == change).count()
    }
}

fn is_same(day: &AdReport, known: &CampaignDay) -> bool {
    let name = day.campaign_name.is_empty() || day.campaign_name == known.campaign_name;
    name && day.currency == known.currency && new_sums(day) == known_sums(known)
}

fn new_sums(day: &AdReport) -> MetricSums {
    MetricSums {
        spend_micros: day.spend_micros.into(),
        impressions: day.impressions.into(),
        clicks: day.clicks.into(),
        conversions_micros: day.conversions_micros.into(),
        revenue_micros: day.revenue_micros.into(),
        ..MetricSums::default()
    }
}

fn known_sums(day: &CampaignDay) -> MetricSums {
    MetricSums {
        spend_micros: day.spend_micros.into(),
        impressions: day.impressions.into(),
        clicks: day.clicks.into(),
        conversions_micros: day.conversions_micros.into(),
        revenue_micros: day.revenue_micros.into(),
        ..MetricSums::default()
    }
}

/// The days that are there, of those that are wanted.
async fn known(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    wanted: &BTreeSet<CampaignDayKey>,
) -> Result<HashMap<CampaignDayKey, CampaignDay>, StoreError> {
    let days: BTreeSet<i32> = wanted.iter().map(|(.., day)| day.to_epoch_days()).collect();
    let mut known = HashMap::new();
    let mut after = i32::MIN;
    while let Some(first) = days.range(after..).next().copied() {
        after = first.saturating_add(DAYS_AT_ONCE);
        let last = days.range(first..after).next_back().copied().unwrap_or(first);
        let range = Day::from_epoch_days(first).zip(Day::from_epoch_days(last));
        let Some(range) = range.and_then(|(first, last)| DayRange::new(first, last)) else { break };
        for day in warehouse.campaign_days(scope, range).await? {
            let CampaignDay { key, day: date, .. } = &day;
            let key = (key.platform, key.account_id.clone(), key.campaign_id.clone(), *date);
            if wanted.contains(&key) {
                known.insert(key, day);
            }
        }
    }
    Ok(known)
}
