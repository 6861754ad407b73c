//! The KPIs of a range of days, of all campaigns together and of each platform.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use futures::future::{OptionFuture, try_join};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::DayRange;

use super::TenantFigures;
use super::exchange::Exchange;
use super::sums::ConvertedFigures;

/// The KPIs of a range of days.
#[derive(Clone, Debug, PartialEq)]
pub struct Kpis {
    /// The figures of the range.
    pub now: ConvertedFigures,
    /// The figures of the days it is compared with, in the same currency.
    pub before: Option<ConvertedFigures>,
}

/// The KPIs of each platform; their sum is the total.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformKpis {
    /// The figures of all platforms.
    pub total: ConvertedFigures,
    /// The platforms with data in the range, by name.
    pub platforms: Vec<PlatformFigures>,
}

/// The figures of a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformFigures {
    /// The platform; `None` for events that are for no ad platform.
    pub platform: Option<Platform>,
    /// The number of campaigns it reported in the range.
    pub campaigns: usize,
    /// The figures.
    pub figures: ConvertedFigures,
}

impl TenantFigures<'_> {
    /// The KPIs of a range, and of the days before it where they are given. In the currency that is wanted,
    /// else the only one there is, else the tenant's own.
    pub async fn kpis(
        &self,
        query: &KpiQuery,
        before: Option<DayRange>,
        wanted: Option<Currency>,
    ) -> Result<Kpis, StoreError> {
        let before = before.map(|days| KpiQuery { days, ..query.clone() });
        let ask = |query| self.warehouse.kpi_groups(self.scope, query, KpiGrouping::Total);
        let ask_before = OptionFuture::from(before.as_ref().map(ask)).map(Option::transpose);
        let (groups, earlier) = try_join(ask(query), ask_before).await?;
        // Of a time without anything the other one decides.
        let known = if groups.is_empty() { earlier.as_deref() } else { Some(groups.as_slice()) };
        let exchange = Exchange::of(self, wanted, known.unwrap_or_default());
        let in_one = async |query: &KpiQuery, groups| {
            let (groups, into) = exchange.convert(query, groups, KpiGrouping::Day).await?;
            let figures = ConvertedFigures::of(&groups, &into);
            Ok::<_, StoreError>(figures.tracked_if(query.is_tracked()))
        };
        let now = in_one(query, groups).await?;
        let before = match before.zip(earlier) {
            Some((query, groups)) => Some(in_one(&query, groups).await?),
            None => None,
        };
        Ok(Kpis { now, before })
    }

    /// The KPIs of each platform, in the currency of [`TenantFigures::kpis`].
    pub async fn platforms(
        &self,
        query: &KpiQuery,
        wanted: Option<Currency>,
    ) -> Result<PlatformKpis, StoreError> {
        let groups = self.warehouse.kpi_groups(self.scope, query, KpiGrouping::Campaign).await?;
        let campaigns = campaigns(&groups);
        let exchange = Exchange::of(self, wanted, &groups);
        let (groups, into) = exchange.convert(query, groups, KpiGrouping::PlatformDay).await?;
        let figures = |groups: &[&KpiGroup]| {
            let groups = groups.iter().copied();
            ConvertedFigures::of(groups, &into).tracked_if(query.is_tracked())
        };
        let mut platforms =
            BTreeMap::<Option<&'static str>, (Option<Platform>, Vec<&KpiGroup>)>::new();
        for group in &groups {
            let named = platforms.entry(group.platform.map(Platform::as_str));
            named.or_insert((group.platform, Vec::new())).1.push(group);
        }
        let platforms = platforms.into_values().map(|(platform, groups)| PlatformFigures {
            platform,
            campaigns: campaigns.get(&platform).copied().unwrap_or(0),
            figures: figures(&groups),
        });
        let platforms = platforms.collect();
        Ok(PlatformKpis { total: figures(&groups.iter().collect::<Vec<_>>()), platforms })
    }
}

/// The number of campaigns that each platform reports. One that reports in two currencies has two groups.
fn campaigns(groups: &[KpiGroup]) -> BTreeMap<Option<Platform>, usize> {
    let mut campaigns = BTreeMap::<Option<Platform>, BTreeSet<&str>>::new();
    for group in groups.iter().filter(|group| group.campaign_name.is_some()) {
        if let Some(id) = &group.campaign_id {
            campaigns.entry(group.platform).or_default().insert(id);
        }
    }
    campaigns.into_iter().map(|(platform, ids)| (platform, ids.len())).collect()
}
