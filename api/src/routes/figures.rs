//! The figures of a group of campaigns, the same in every answer that shows any.

use std::collections::BTreeMap;

use serde::Serialize;
use stratum_models::metrics::{KpiGroup, MetricSums};
use stratum_models::money::{Currency, MICROS};
use stratum_models::warehouse::Freshness;
use utoipa::ToSchema;

/// Sums and ratios. Amounts are null where they are in several currencies; a ratio is null where
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
    /// Purchases our own events show. Never added to `total_conversions`.
    pub tracked_conversions: i64,
    /// Their value.
    pub tracked_revenue: Option<f64>,
    /// Tracked revenue / spend.
    pub tracked_roas: Option<f64>,
}

impl Figures {
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
            tracked_conversions: count(sums.tracked_conversions),
            tracked_revenue: tracked.then(|| units(sums.tracked_revenue_micros)),
            tracked_roas: of_amounts(ratios.tracked_roas).filter(|_| tracked),
        }
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

/// Figures with the currency they are in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Money {
    /// The currency of every amount beside it; null when there is none, or the reported amounts are not
    /// in one only.
    #[schema(value_type = Option<String>, example = "USD")]
    pub currency: Option<Currency>,
    /// Why amounts are null; null when none is.
    pub currency_reason: Option<String>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// The same split by currency, whenever there are amounts.
    pub by_currency: Vec<CurrencyFigures>,
}

impl Money {
    /// The figures of these groups together, in `wanted` where one is asked for. Amounts of several
    /// currencies are never added.
    pub fn of<'a>(
        groups: impl IntoIterator<Item = &'a KpiGroup>,
        wanted: Option<Currency>,
    ) -> Money {
        let mut total = MetricSums::default();
        let mut by_currency = BTreeMap::<Currency, MetricSums>::new();
        for group in groups {
            total += group.sums;
            if let Some(currency) = group.currency {
                *by_currency.entry(currency).or_default() += group.sums;
            }
        }
        let choice = Choice::of(&by_currency, wanted);
        let figures = Figures::of(&total, choice.reported, choice.tracked);
        let by_currency = by_currency
            .iter()
            .map(|(currency, sums)| CurrencyFigures {
                currency: *currency,
                figures: Figures::of(sums, true, true),
            })
            .collect();
        Money { currency: choice.currency, currency_reason: choice.reason, figures, by_currency }
    }
}

/// Which currency an answer is in, and which of its amounts are.
struct Choice {
    currency: Option<Currency>,
    reported: bool,
    tracked: bool,
    reason: Option<String>,
}

impl Choice {
    /// A few tracked sales in another currency must not hide what the platforms report in one.
    fn of(by_currency: &BTreeMap<Currency, MetricSums>, wanted: Option<Currency>) -> Choice {
        // Nothing is nothing in any currency.
        let held = |has_amount: fn(&MetricSums) -> bool| -> Vec<Currency> {
            let held = by_currency.iter().filter(|(_, sums)| has_amount(sums));
            held.map(|(currency, _)| *currency).collect()
        };
        let reported = held(|sums| (sums.spend_micros, sums.revenue_micros) != (0, 0));
        let tracked = held(|sums| sums.tracked_revenue_micros != 0);
        let only = by_currency.keys().next().copied().filter(|_| by_currency.len() == 1);
        let target = wanted.or(reported.first().or(tracked.first()).copied()).or(only);
        let in_target = |held: &[Currency]| held.iter().all(|one| Some(*one) == target);
        let reported_in_target = in_target(&reported);
        let tracked_in_target = reported_in_target && in_target(&tracked);
        let reason = match (reported_in_target, tracked_in_target, target) {
            (false, _, Some(target)) => Some(missing_rates("amounts", &reported, target)),
            (true, false, Some(target)) => Some(missing_rates("tracked amounts", &tracked, target)),
            _ => None,
        };
        // A currency that was asked for and cannot be given is not claimed.
        let sole = reported_in_target && (tracked_in_target || !reported.is_empty());
        let currency = target.filter(|_| sole);
        Choice { currency, reported: reported_in_target, tracked: tracked_in_target, reason }
    }
}

fn missing_rates(what: &str, held: &[Currency], target: Currency) -> String {
    let missing = held.iter().filter(|one| **one != target).map(|one| format!("{one} to {target}"));
    let missing = missing.collect::<Vec<_>>().join(", ");
    let held = held.iter().map(Currency::as_str).collect::<Vec<_>>().join(", ");
    format!(
        "{what} are in {held} and the exchange rates for {missing} are missing; see by_currency"
    )
}

/// The newest data of a platform.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlatformFreshness {
    /// The platform.
    pub platform: &'static str,
    /// When the newest landed event was received.
    pub events_received_at: Option<chrono::DateTime<chrono::Utc>>,
    /// When the newest ad report was received.
    pub reports_received_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The newest day an ad report is for.
    pub reports_until: Option<chrono::NaiveDate>,
}

impl From<Freshness> for PlatformFreshness {
    fn from(freshness: Freshness) -> PlatformFreshness {
        PlatformFreshness {
            platform: freshness.platform.as_str(),
            events_received_at: freshness.events_received_at.map(|at| at.to_utc()),
            reports_received_at: freshness.reports_received_at.map(|at| at.to_utc()),
            reports_until: freshness.reports_until.map(|day| day.0),
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn one_currency_gives_amounts() {
        let groups = [group(Some(Currency::USD), 5, 10), group(None, 0, 0)];
        let money = Money::of(&groups, None);
        assert_eq!((money.currency, money.currency_reason), (Some(Currency::USD), None));
        assert_eq!(money.figures.total_spend, Some(5.0));
        assert_eq!((money.figures.total_clicks, money.figures.avg_cpc), (20, Some(0.25)));
        assert_eq!(money.figures.avg_cpa, None);
        assert_eq!(money.by_currency.len(), 1);
    }

    #[test]
    fn amounts_of_two_currencies_are_not_added() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 7, 0)];
        let money = Money::of(&groups, None);
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
    fn tracked_sales_in_another_currency_do_not_hide_what_is_reported() {
        let groups = [group(Some(Currency::EUR), 5, 10), group(Some(Currency::USD), 0, 3)];
        let money = Money::of(&groups, None);
        assert_eq!((money.currency, money.figures.total_spend), (Some(Currency::EUR), Some(5.0)));
        assert_eq!((money.figures.tracked_revenue, money.figures.tracked_roas), (None, None));
        assert_eq!(money.figures.tracked_conversions, 2);
        assert!(money.currency_reason.unwrap().starts_with("tracked amounts are in EUR, USD"));
    }

    #[test]
    fn an_asked_for_currency_needs_a_rate() {
        let groups = [group(Some(Currency::USD), 5, 0)];
        assert_eq!(Money::of(&groups, Some(Currency::USD)).figures.total_spend, Some(5.0));
        let euros = Money::of(&groups, Some(Currency::EUR));
        assert_eq!((euros.currency, euros.figures.total_spend), (None, None));
        assert!(euros.currency_reason.unwrap().contains("USD to EUR"));
    }

    #[test]
    fn a_currency_without_any_amount_is_in_nobodys_way() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 0, 0)];
        assert_eq!(Money::of(&groups, None).currency, Some(Currency::USD));
        assert_eq!(Money::of(&groups[1..], None).currency, Some(Currency::EUR));
        assert_eq!(Money::of(&[], None).currency, None);
        assert_eq!(Money::of(&[], None).figures.total_spend, Some(0.0));
    }
}
