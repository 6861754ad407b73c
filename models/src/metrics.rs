//! Daily campaign metrics, their sums, and the ratios made of the sums.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::{Currency, MICROS};
use crate::platform::Platform;
use crate::time::{Day, DayRange};

/// The sums every KPI is made of. Additive: the sum of two ranges is the sum of their union.
/// What platforms report and what our own events show stand side by side and are never added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricSums {
    /// Amount spent.
    pub spend_micros: i128,
    /// Times shown.
    pub impressions: i128,
    /// Times clicked.
    pub clicks: i128,
    /// Conversions the platforms report, in millionths.
    pub conversions_micros: i128,
    /// Their value.
    pub revenue_micros: i128,
    /// Purchases our own events show.
    pub tracked_conversions: i128,
    /// Their value.
    pub tracked_revenue_micros: i128,
}

impl MetricSums {
    /// The counts alone, amounts left out.
    #[must_use]
    pub fn without_amounts(self) -> MetricSums {
        MetricSums { spend_micros: 0, revenue_micros: 0, tracked_revenue_micros: 0, ..self }
    }

    /// Whether platforms report an amount.
    pub fn has_reported_amounts(&self) -> bool {
        (self.spend_micros, self.revenue_micros) != (0, 0)
    }

    /// Whether events show one.
    pub fn has_tracked_amounts(&self) -> bool {
        self.tracked_revenue_micros != 0
    }

    /// The sums of these groups by currency, without those that have none.
    pub fn by_currency<'a>(
        groups: impl IntoIterator<Item = &'a KpiGroup>,
    ) -> BTreeMap<Currency, MetricSums> {
        let mut sums = BTreeMap::<Currency, MetricSums>::new();
        for group in groups {
            if let Some(currency) = group.currency {
                *sums.entry(currency).or_default() += group.sums;
            }
        }
        sums
    }
}

impl MetricSums {
    fn each(&mut self, other: MetricSums, change: fn(&mut i128, i128)) {
        change(&mut self.spend_micros, other.spend_micros);
        change(&mut self.impressions, other.impressions);
        change(&mut self.clicks, other.clicks);
        change(&mut self.conversions_micros, other.conversions_micros);
        change(&mut self.revenue_micros, other.revenue_micros);
        change(&mut self.tracked_conversions, other.tracked_conversions);
        change(&mut self.tracked_revenue_micros, other.tracked_revenue_micros);
    }
}

impl std::ops::AddAssign for MetricSums {
    fn add_assign(&mut self, other: MetricSums) {
        self.each(other, |mine, theirs| *mine += theirs);
    }
}

impl std::ops::SubAssign for MetricSums {
    fn sub_assign(&mut self, other: MetricSums) {
        self.each(other, |mine, theirs| *mine -= theirs);
    }
}

impl std::iter::Sum for MetricSums {
    fn sum<I: Iterator<Item = MetricSums>>(all: I) -> MetricSums {
        all.fold(MetricSums::default(), |mut total, one| {
            total += one;
            total
        })
    }
}

/// The ratios of the sums. `None` where the denominator is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiRatios {
    /// Clicks per hundred impressions.
    pub ctr: Option<f64>,
    /// Spend per click, in units.
    pub cpc: Option<f64>,
    /// Spend per thousand impressions, in units.
    pub cpm: Option<f64>,
    /// Spend per reported conversion, in units.
    pub cpa: Option<f64>,
    /// Reported conversions per hundred clicks.
    pub cvr: Option<f64>,
    /// Reported revenue per unit spent.
    pub roas: Option<f64>,
    /// Tracked revenue per unit spent.
    pub tracked_roas: Option<f64>,
    /// Spend per tracked purchase, in units.
    pub tracked_cpa: Option<f64>,
    /// Tracked purchases per hundred clicks.
    pub tracked_cvr: Option<f64>,
}

fn ratio(numerator: i128, denominator: i128, scale: f64) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64 * scale)
}

impl MetricSums {
    /// The KPIs of these sums.
    pub fn ratios(&self) -> KpiRatios {
        let micros = MICROS as f64;
        KpiRatios {
            ctr: ratio(self.clicks, self.impressions, 100.0),
            cpc: ratio(self.spend_micros, self.clicks, 1.0 / micros),
            cpm: ratio(self.spend_micros, self.impressions, 1000.0 / micros),
            cpa: ratio(self.spend_micros, self.conversions_micros, 1.0),
            cvr: ratio(self.conversions_micros, self.clicks, 100.0 / micros),
            roas: ratio(self.revenue_micros, self.spend_micros, 1.0),
            tracked_roas: ratio(self.tracked_revenue_micros, self.spend_micros, 1.0),
            tracked_cpa: ratio(self.spend_micros, self.tracked_conversions, 1.0 / micros),
            tracked_cvr: ratio(self.tracked_conversions, self.clicks, 100.0),
        }
    }
}

/// The change from `before` to `now` in percent; `None` when `before` is zero or either is unknown.
pub fn change_percent(now: Option<f64>, before: Option<f64>) -> Option<f64> {
    let (now, before) = (now?, before?);
    (before != 0.0).then(|| (now - before) / before * 100.0)
}

/// Which days of which campaigns are summed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KpiQuery {
    /// The days, both ends included.
    pub days: DayRange,
    /// Of one of these platforms; of any where empty.
    pub platforms: Vec<Platform>,
    /// Of one of these ad accounts, of any where empty. With an account no tracked events count, since they
    /// do not tell theirs.
    pub account_ids: Vec<String>,
    /// Of one campaign, by the platform's id.
    pub campaign_id: Option<String>,
}

impl KpiQuery {
    /// The question about everything on these days.
    pub fn of(days: DayRange) -> KpiQuery {
        KpiQuery { days, platforms: Vec::new(), account_ids: Vec::new(), campaign_id: None }
    }

    /// Whether a platform is asked for.
    pub fn is_of(&self, platform: Platform) -> bool {
        self.platforms.is_empty() || self.platforms.contains(&platform)
    }

    /// Whether our own events can answer it.
    pub fn is_tracked(&self) -> bool {
        self.account_ids.is_empty()
    }
}

/// The key that sums are grouped by, beside the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KpiGrouping {
    /// Nothing.
    Total,
    /// The platform.
    Platform,
    /// The day.
    Day,
    /// The platform and the day.
    PlatformDay,
    /// The platform and its campaign.
    Campaign,
}

impl KpiGrouping {
    /// Whether platforms stand apart.
    pub fn by_platform(self) -> bool {
        matches!(self, KpiGrouping::Platform | KpiGrouping::PlatformDay | KpiGrouping::Campaign)
    }

    /// Whether days stand apart.
    pub fn by_day(self) -> bool {
        matches!(self, KpiGrouping::Day | KpiGrouping::PlatformDay)
    }

    /// Whether campaigns stand apart.
    pub fn by_campaign(self) -> bool {
        self == KpiGrouping::Campaign
    }
}

/// Sums of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpiGroup {
    /// The currency of its amounts; `None` for rows without any amount.
    pub currency: Option<Currency>,
    /// When grouped by platform or campaign.
    pub platform: Option<Platform>,
    /// When grouped by day.
    pub day: Option<Day>,
    /// When grouped by campaign; empty for tracked events that name none.
    pub campaign_id: Option<String>,
    /// The campaign's newest name, when grouped by campaign and reported.
    pub campaign_name: Option<String>,
    /// The sums.
    pub sums: MetricSums,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_null_without_a_denominator() {
        let none = MetricSums::default().ratios();
        assert_eq!((none.ctr, none.cpc, none.cpm, none.cpa), (None, None, None, None));
        assert_eq!((none.cvr, none.roas, none.tracked_roas), (None, None, None));
        assert_eq!((none.tracked_cpa, none.tracked_cvr), (None, None));
    }

    #[test]
    fn ratios_are_in_their_units() {
        let sums = MetricSums {
            spend_micros: 50_000_000,
            impressions: 10_000,
            clicks: 100,
            conversions_micros: 2_500_000,
            revenue_micros: 125_000_000,
            tracked_conversions: 3,
            tracked_revenue_micros: 100_000_000,
        };
        let kpis = sums.ratios();
        assert_eq!((kpis.ctr, kpis.cpc, kpis.cpm), (Some(1.0), Some(0.5), Some(5.0)));
        assert_eq!((kpis.cpa, kpis.cvr), (Some(20.0), Some(2.5)));
        assert_eq!((kpis.roas, kpis.tracked_roas), (Some(2.5), Some(2.0)));
        assert_eq!(kpis.tracked_cvr, Some(3.0));
        assert!((kpis.tracked_cpa.unwrap() - 50.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn change_is_unknown_from_nothing() {
        assert_eq!(change_percent(Some(150.0), Some(100.0)), Some(50.0));
        assert_eq!(change_percent(Some(1.0), Some(0.0)), None);
        assert_eq!(change_percent(None, Some(1.0)), None);
    }
}
