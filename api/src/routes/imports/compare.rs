//! What a file changes: its days beside those that are there now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use stratum_models::ad_report::AdReport;
use stratum_models::ad_report::CampaignDay;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_reports::import::Import;

use crate::routes::App;

/// Days asked for at once: what all campaigns report of them is one answer.
const DAYS_AT_ONCE: i32 = 31;

/// What becomes of a campaign's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Add,
    /// It replaces other figures.
    Replace,
    /// It is as it was.
    Leave,
}

/// Sums of one currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Amount spent.
    pub spend_micros: i128,
    /// Times shown.
    pub impressions: i128,
    /// Times clicked.
    pub clicks: i128,
    /// Conversions.
    pub conversions_micros: i128,
    /// Their worth.
    pub revenue_micros: i128,
}

/// A file beside what is there.
#[derive(Debug, Default)]
pub struct Comparison {
    /// For each day of the file, in its order.
    pub changes: Vec<Change>,
    /// By currency: of these days what is there now, and what will be.
    pub sums: BTreeMap<Currency, (Sums, Sums)>,
    /// Parts whose campaign has no figures of that day, in the file or before.
    pub parts_without_day: usize,
}

type Key = (Platform, String, String, Day);

fn key(report: &AdReport) -> Key {
    let AdReport { platform, account_id, campaign_id, date, .. } = report;
    (*platform, account_id.clone(), campaign_id.clone(), *date)
}

impl Comparison {
    /// Compares, and gives days without a name the name their campaign has.
    pub async fn of(
        app: &App,
        scope: TenantScope,
        import: &mut Import,
    ) -> Result<Comparison, StoreError> {
        let known = known(app, scope, import).await?;
        let names: HashMap<_, _> = known
            .values()
            .map(|day| {
                ((day.key.platform, day.key.account_id.clone(), day.key.campaign_id.clone()), day)
            })
            .collect();
        let mut comparison = Comparison::default();
        for day in &mut import.days {
            let campaign = (day.platform, day.account_id.clone(), day.campaign_id.clone());
            if day.campaign_name.is_empty()
                && let Some(named) = names.get(&campaign)
            {
                day.campaign_name.clone_from(&named.campaign_name);
            }
            comparison.add(day, known.get(&key(day)));
        }
        let told: BTreeSet<Key> = import.days.iter().map(key).collect();
        let lonely = import.splits.iter().map(|split| key(&split.report));
        let lonely = lonely.filter(|key| !told.contains(key) && !known.contains_key(key));
        comparison.parts_without_day = lonely.count();
        Ok(comparison)
    }

    fn add(&mut self, day: &AdReport, known: Option<&CampaignDay>) {
        self.changes.push(match known {
            None => Change::Add,
            Some(known) if is_same(day, known) => Change::Leave,
            Some(_) => Change::Replace,
        });
        self.sums.entry(day.currency).or_default().1.add_report(day);
        if let Some(known) = known {
            self.sums.entry(known.currency).or_default().0.add_known(known);
        }
    }

    /// How many days meet this.
    pub fn count(&self, change: Change) -> usize {
        self.changes.iter().filter(|is| **is == change).count()
    }
}

fn is_same(day: &AdReport, known: &CampaignDay) -> bool {
    let name = day.campaign_name.is_empty() || day.campaign_name == known.campaign_name;
    name && day.currency == known.currency
        && day.spend_micros == known.spend_micros
        && day.impressions == known.impressions
        && day.clicks == known.clicks
        && day.conversions_micros == known.conversions_micros
        && day.revenue_micros == known.revenue_micros
}

impl Sums {
    fn add_report(&mut self, day: &AdReport) {
        self.spend_micros += i128::from(day.spend_micros);
        self.impressions += i128::from(day.impressions);
        self.clicks += i128::from(day.clicks);
        self.conversions_micros += i128::from(day.conversions_micros);
        self.revenue_micros += i128::from(day.revenue_micros);
    }

    fn add_known(&mut self, day: &CampaignDay) {
        self.spend_micros += i128::from(day.spend_micros);
        self.impressions += i128::from(day.impressions);
        self.clicks += i128::from(day.clicks);
        self.conversions_micros += i128::from(day.conversions_micros);
        self.revenue_micros += i128::from(day.revenue_micros);
    }
}

/// What is there now of the campaigns and days of the file.
async fn known(
    app: &App,
    scope: TenantScope,
    import: &Import,
) -> Result<HashMap<Key, CampaignDay>, StoreError> {
    let splits = import.splits.iter().map(|split| &split.report);
    let wanted: BTreeSet<Key> = import.days.iter().chain(splits).map(key).collect();
    let days: BTreeSet<i32> = wanted.iter().map(|(.., day)| day.to_epoch_days()).collect();
    let mut known = HashMap::new();
    let mut after = i32::MIN;
    while let Some(first) = days.range(after..).next().copied() {
        after = first.saturating_add(DAYS_AT_ONCE);
        let last = days.range(first..after).next_back().copied().unwrap_or(first);
        let range = Day::from_epoch_days(first).zip(Day::from_epoch_days(last));
        let Some(range) = range.and_then(|(first, last)| DayRange::new(first, last)) else { break };
        for day in app.warehouse.campaign_days(scope, range).await? {
            let key = (
                day.key.platform,
                day.key.account_id.clone(),
                day.key.campaign_id.clone(),
                day.day,
            );
            if wanted.contains(&key) {
                known.insert(key, day);
            }
        }
    }
    Ok(known)
}
