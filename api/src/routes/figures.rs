//! The figures of a group of campaigns, the same in every answer that shows any.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use stratum_models::fx::{CarriedRates, Conversion, MissingRates, Tally};
use stratum_models::metrics::{KpiGroup, MetricSums};
use stratum_models::money::{Currency, MICROS};
use stratum_models::platform::Platform;
use stratum_models::time::Day;
use stratum_models::warehouse::Freshness;
use utoipa::ToSchema;

/// Sums and ratios. Amounts are null where they cannot be shown in one currency; a ratio is null where
/// its denominator is zero.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Amount spent, as the platforms report it.
    pub total_spend: Option<f64>,
    /// Conversion value, as the platforms report it.
    pub total_revenue: Option<f64>,
    /// Times shown.
    pub total_impressions: i64,
    /// Times clicked.
    pub total_clicks: i64,
    /// Conversions, as the platforms report them; they attribute fractions.
    pub total_conversions: f64,
    /// Revenue / spend.
    pub avg_roas: Option<f64>,
    /// Clicks / impressions × 100.
    pub avg_ctr: Option<f64>,
    /// Spend / clicks.
    pub avg_cpc: Option<f64>,
    /// Spend / impressions × 1000.
    pub avg_cpm: Option<f64>,
    /// Spend / conversions.
    pub avg_cpa: Option<f64>,
    /// Conversions / clicks × 100.
    pub avg_cvr: Option<f64>,
    /// Purchases our own events show. Never added to `total_conversions`; null where events cannot tell.
    pub tracked_conversions: Option<i64>,
    /// Their value.
    pub tracked_revenue: Option<f64>,
    /// Tracked revenue / spend.
    pub tracked_roas: Option<f64>,
}

impl Figures {
    /// The figures of a tally.
    pub fn tallied(tally: &Tally) -> Figures {
        let reported = tally.knows_reported();
        // A few tracked sales without a rate must not hide what the platforms report.
        Figures::of(&tally.sums(), reported, reported && tally.knows_tracked())
    }

    /// Without what events show, because they cannot tell.
    #[must_use]
    pub fn untracked(self) -> Figures {
        Figures { tracked_conversions: None, tracked_revenue: None, tracked_roas: None, ..self }
    }

    /// The figures of sums; without those amounts, reported or tracked, that are not in one currency.
    fn of(sums: &MetricSums, reported: bool, tracked: bool) -> Figures {
        let ratios = sums.ratios();
        let amount = |micros: i128| reported.then(|| units(micros));
        let of_amounts = |ratio: Option<f64>| ratio.filter(|_| reported);
        Figures {
            total_spend: amount(sums.spend_micros),
            total_revenue: amount(sums.revenue_micros),
            total_impressions: count(sums.impressions),
            total_clicks: count(sums.clicks),
            total_conversions: units(sums.conversions_micros),
            avg_roas: of_amounts(ratios.roas),
            avg_ctr: ratios.ctr,
            avg_cpc: of_amounts(ratios.cpc),
            avg_cpm: of_amounts(ratios.cpm),
            avg_cpa: of_amounts(ratios.cpa),
            avg_cvr: ratios.cvr,
            tracked_conversions: Some(count(sums.tracked_conversions)),
            tracked_revenue: tracked.then(|| units(sums.tracked_revenue_micros)),
            tracked_roas: of_amounts(ratios.tracked_roas).filter(|_| tracked),
        }
    }
}

/// One of the figures, by its short name.
#[derive(Clone, Copy, Debug)]
pub struct Metric(&'static str, fn(&Figures) -> Option<f64>);

/// Every figure that can be asked for.
const METRICS: &[Metric] = &[
    Metric("spend", |figures| figures.total_spend),
    Metric("revenue", |figures| figures.total_revenue),
    Metric("impressions", |figures| Some(figures.total_impressions as f64)),
    Metric("clicks", |figures| Some(figures.total_clicks as f64)),
    Metric("conversions", |figures| Some(figures.total_conversions)),
    Metric("roas", |figures| figures.avg_roas),
    Metric("ctr", |figures| figures.avg_ctr),
    Metric("cpc", |figures| figures.avg_cpc),
    Metric("cpm", |figures| figures.avg_cpm),
    Metric("cpa", |figures| figures.avg_cpa),
    Metric("cvr", |figures| figures.avg_cvr),
    Metric("tracked_conversions", |figures| figures.tracked_conversions.map(|all| all as f64)),
    Metric("tracked_revenue", |figures| figures.tracked_revenue),
    Metric("tracked_roas", |figures| figures.tracked_roas),
];

impl Default for Metric {
    fn default() -> Metric {
        METRICS[0]
    }
}

impl Metric {
    /// Its value; `None` where it is null.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        (self.1)(figures)
    }
}

impl std::str::FromStr for Metric {
    type Err = String;
    fn from_str(text: &str) -> Result<Metric, String> {
        let named = METRICS.iter().find(|metric| metric.0 == text).copied();
        named.ok_or_else(|| {
            let names = METRICS.iter().map(|metric| metric.0).collect::<Vec<_>>().join(", ");
            format!("is one of {names}")
        })
    }
}

fn units(micros: i128) -> f64 {
    micros as f64 / MICROS as f64
}

fn count(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The figures of one currency.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CurrencyFigures {
    /// The currency of the amounts.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// What was spent, earned and shown in it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Days of a currency without an exchange rate that need one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MissingRate {
    /// The currency.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The first such day; null where the days are not known.
    pub date_from: Option<NaiveDate>,
    /// The last one.
    pub date_to: Option<NaiveDate>,
    /// How many there are in between.
    pub days: usize,
}

impl From<MissingRates> for MissingRate {
    fn from(missing: MissingRates) -> MissingRate {
        MissingRate {
            currency: missing.currency,
            date_from: missing.days.map(|days| days.from.0),
            date_to: missing.days.map(|days| days.to.0),
            days: missing.count,
        }
    }
}

/// Days whose amounts were converted by the exchange rate of an earlier day, because banks publish none on
/// weekends and holidays.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RateCarried {
    /// The currency whose rate it is.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The day of the rate; of several that of the last.
    pub rate_date: NaiveDate,
    /// The first day it was taken for.
    pub date_from: NaiveDate,
    /// The last one.
    pub date_to: NaiveDate,
    /// How many there are in between.
    pub days: usize,
}

impl From<CarriedRates> for RateCarried {
    fn from(carried: CarriedRates) -> RateCarried {
        RateCarried {
            currency: carried.currency,
            rate_date: carried.of.0,
            date_from: carried.days.from.0,
            date_to: carried.days.to.0,
            days: carried.count,
        }
    }
}

/// Figures with the currency they are in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Money {
    /// The currency of every amount beside it; null where amounts cannot be shown in one.
    #[schema(value_type = Option<String>, example = "USD")]
    pub currency: Option<Currency>,
    /// Why amounts are null; null when none is.
    pub currency_reason: Option<String>,
    /// The exchange rates that are missing for them.
    pub missing_rates: Vec<MissingRate>,
    /// The exchange rates of earlier days, seven at most, that amounts were converted by. Of the parts of a
    /// whole only the whole tells them.
    pub rates_carried: Vec<RateCarried>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// The same split by currency, each in its own, whenever there are amounts.
    pub by_currency: Vec<CurrencyFigures>,
}

impl Money {
    /// The figures of these groups together in one currency.
    pub fn of<'a, G>(groups: G, into: &Conversion) -> Money
    where
        G: IntoIterator<Item = &'a KpiGroup> + Clone,
    {
        let tally = Tally::of(groups.clone(), into);
        Money::tallied(&tally, &MetricSums::by_currency(groups), into.to)
    }

    /// The figures of a tally in this currency, and of its parts.
    pub fn tallied(
        tally: &Tally,
        by_currency: &BTreeMap<Currency, MetricSums>,
        to: Currency,
    ) -> Money {
        let reported = tally.knows_reported();
        let tracked = reported && tally.knows_tracked();
        let holds = by_currency.values().any(MetricSums::has_reported_amounts);
        // A currency that cannot be given is not claimed.
        let currency = Some(to).filter(|_| reported && (tracked || holds));
        let missing = tally.missing();
        let reason = match (reported, tracked) {
            (true, true) => None,
            (false, _) => {
                let held = held(by_currency, MetricSums::has_reported_amounts);
                Some(unknown("amounts", &held, to, &missing))
            }
            (true, false) => {
                let held = held(by_currency, MetricSums::has_tracked_amounts);
                Some(unknown("tracked amounts", &held, to, &missing))
            }
        };
        let each = by_currency.iter().map(|(currency, sums)| CurrencyFigures {
            currency: *currency,
            figures: Figures::of(sums, true, true),
        });
        Money {
            currency,
            currency_reason: reason,
            missing_rates: missing.into_iter().map(MissingRate::from).collect(),
            rates_carried: tally.carried().into_iter().map(RateCarried::from).collect(),
            figures: Figures::tallied(tally),
            by_currency: each.collect(),
        }
    }
}

impl Money {
    /// Without what events show, unless they can tell.
    #[must_use]
    pub fn tracked_if(mut self, events_tell: bool) -> Money {
        if events_tell {
            return self;
        }
        self.figures = self.figures.untracked();
        for one in &mut self.by_currency {
            one.figures = one.figures.clone().untracked();
        }
        self
    }
}

fn held(sums: &BTreeMap<Currency, MetricSums>, has: fn(&MetricSums) -> bool) -> Vec<Currency> {
    sums.iter().filter(|(_, sums)| has(sums)).map(|(currency, _)| *currency).collect()
}

fn unknown(what: &str, held: &[Currency], to: Currency, missing: &[MissingRates]) -> String {
    let is_missing = |currency| missing.iter().any(|one| one.currency == currency);
    let lacking = held.iter().filter(|one| **one != to && (is_missing(**one) || is_missing(to)));
    let lacking = lacking.map(|one| format!("{one} to {to}")).collect::<Vec<_>>().join(", ");
    let held = held.iter().map(Currency::as_str).collect::<Vec<_>>().join(", ");
    format!(
        "{what} are in {held} and exchange rates for {lacking} are missing; see missing_rates and by_currency"
    )
}

/// The newest data of a platform.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlatformFreshness {
    /// The platform; null for events that are for no ad platform.
    pub platform: Option<&'static str>,
    /// When the newest landed event was received.
    pub events_received_at: Option<chrono::DateTime<chrono::Utc>>,
    /// When the newest ad report was received.
    pub reports_received_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The newest day an ad report is for.
    pub reports_until: Option<NaiveDate>,
    /// From this day on the platform may still restate its reports: these figures can move. Null without a
    /// platform.
    pub open_from: Option<NaiveDate>,
}

impl PlatformFreshness {
    /// As of today.
    pub fn of(freshness: Freshness, today: Day) -> PlatformFreshness {
        let restated = freshness.platform.map(|platform| Days::new(platform.restated_days()));
        PlatformFreshness {
            platform: freshness.platform.map(Platform::as_str),
            events_received_at: freshness.events_received_at.map(|at| at.to_utc()),
            reports_received_at: freshness.reports_received_at.map(|at| at.to_utc()),
            reports_until: freshness.reports_until.map(|day| day.0),
            open_from: restated.and_then(|days| today.0.checked_sub_days(days)),
        }
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::fx::FxRate;

    use super::*;

    fn group(currency: Option<Currency>, spend: i128, tracked: i128) -> KpiGroup {
        let sums = MetricSums {
            spend_micros: spend * 1_000_000,
            impressions: 1_000,
            clicks: 10,
            tracked_conversions: 1,
            tracked_revenue_micros: tracked * 1_000_000,
            ..MetricSums::default()
        };
        let (platform, day, campaign_id, campaign_name) = (None, None, None, None);
        KpiGroup { currency, platform, day, campaign_id, campaign_name, sums }
    }

    fn within(to: Currency) -> Conversion {
        Conversion::new(to, [])
    }

    #[test]
    fn one_currency_gives_amounts() {
        let groups = [group(Some(Currency::USD), 5, 10), group(None, 0, 0)];
        let money = Money::of(&groups, &within(Currency::USD));
        assert_eq!((money.currency, money.currency_reason), (Some(Currency::USD), None));
        assert_eq!(money.figures.total_spend, Some(5.0));
        assert_eq!((money.figures.total_clicks, money.figures.avg_cpc), (20, Some(0.25)));
        assert_eq!(money.figures.avg_cpa, None);
        assert_eq!(money.by_currency.len(), 1);
    }

    #[test]
    fn amounts_without_a_rate_are_not_added() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 7, 0)];
        let money = Money::of(&groups, &within(Currency::EUR));
        assert_eq!((money.currency, money.figures.total_spend), (None, None));
        assert_eq!((money.figures.avg_cpc, money.figures.avg_roas), (None, None));
        assert_eq!((money.figures.total_clicks, money.figures.avg_ctr), (20, Some(1.0)));
        let reason = money.currency_reason.unwrap();
        assert!(reason.contains("EUR, USD") && reason.contains("USD to EUR"), "{reason}");
        let spends = money.by_currency.iter().map(|one| (one.currency, one.figures.total_spend));
        let spends: Vec<_> = spends.collect();
        assert_eq!(spends, [(Currency::EUR, Some(7.0)), (Currency::USD, Some(5.0))]);
    }

    #[test]
    fn amounts_of_two_currencies_are_added_by_the_rates_of_their_days() {
        let day = |text: &str| Some(Day(text.parse().unwrap()));
        let on = |day, group: KpiGroup| KpiGroup { day, ..group };
        let (one, other) = (day("2026-03-01"), day("2026-03-02"));
        let groups = [
            on(one, group(Some(Currency::USD), 5, 0)),
            on(other, group(Some(Currency::USD), 5, 0)),
            on(one, group(Some(Currency::EUR), 8, 0)),
        ];
        let rate = |day: Option<Day>, per_usd_nanos| FxRate {
            day: day.unwrap(),
            currency: Currency::EUR,
            per_usd_nanos,
        };
        let (half, all) = (rate(one, 500_000_000), rate(other, 1_000_000_000));
        let money = Money::of(&groups, &Conversion::new(Currency::EUR, [half, all]));
        assert_eq!((money.currency, money.figures.total_spend), (Some(Currency::EUR), Some(15.5)));
        assert_eq!((money.missing_rates.len(), money.by_currency.len()), (0, 2));
        let money = Money::of(&groups, &Conversion::new(Currency::EUR, [half]));
        assert_eq!((money.figures.total_spend, money.figures.total_clicks), (None, 30));
        let missing = MissingRate {
            currency: Currency::EUR,
            date_from: other.map(|day| day.0),
            date_to: other.map(|day| day.0),
            days: 1,
        };
        assert_eq!(money.missing_rates, [missing]);
    }

    #[test]
    fn tracked_sales_in_another_currency_do_not_hide_what_is_reported() {
        let groups = [group(Some(Currency::EUR), 5, 10), group(Some(Currency::USD), 0, 3)];
        let money = Money::of(&groups, &within(Currency::EUR));
        assert_eq!((money.currency, money.figures.total_spend), (Some(Currency::EUR), Some(5.0)));
        assert_eq!((money.figures.tracked_revenue, money.figures.tracked_roas), (None, None));
        assert_eq!(money.figures.tracked_conversions, Some(2));
        assert!(money.currency_reason.unwrap().starts_with("tracked amounts are in EUR, USD"));
    }

    #[test]
    fn a_currency_without_any_amount_is_in_nobodys_way() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 0, 0)];
        assert_eq!(Money::of(&groups, &within(Currency::USD)).currency, Some(Currency::USD));
        assert_eq!(Money::of(&groups[1..], &within(Currency::USD)).currency, Some(Currency::USD));
        assert_eq!(Money::of(&[], &within(Currency::USD)).figures.total_spend, Some(0.0));
    }
}
