//! The figures of a group of campaigns, the same in every answer that shows any.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use stratum_models::fx::{CarriedRates, MissingRates};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::Freshness;
use stratum_query::ask::series::Period;
use stratum_query::ask::sums::{Amounts, ConvertedFigures, UnknownAmounts};
use stratum_query::ask::{TenantFigures, figures as ask};
use utoipa::ToSchema;

use super::Services;

/// The stores that a tenant's figures come from.
pub fn tenant_figures(app: &Services, scope: TenantScope) -> TenantFigures<'_> {
    let reporting = app.auth.directory.reporting_currency(scope.tenant_id());
    TenantFigures {
        warehouse: &*app.warehouse,
        rates: &app.fx,
        scope,
        reporting_currency: reporting.unwrap_or(Currency::USD),
    }
}

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
    /// Spend / tracked conversions.
    pub tracked_cpa: Option<f64>,
    /// Tracked conversions / clicks × 100.
    pub tracked_cvr: Option<f64>,
}

impl From<&ask::Figures> for Figures {
    fn from(figures: &ask::Figures) -> Figures {
        Figures {
            total_spend: figures.spend,
            total_revenue: figures.revenue,
            total_impressions: figures.impressions,
            total_clicks: figures.clicks,
            total_conversions: figures.conversions,
            avg_roas: figures.roas,
            avg_ctr: figures.ctr,
            avg_cpc: figures.cpc,
            avg_cpm: figures.cpm,
            avg_cpa: figures.cpa,
            avg_cvr: figures.cvr,
            tracked_conversions: figures.tracked_conversions,
            tracked_revenue: figures.tracked_revenue,
            tracked_roas: figures.tracked_roas,
            tracked_cpa: figures.tracked_cpa,
            tracked_cvr: figures.tracked_cvr,
        }
    }
}

/// The figures of one currency.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CurrencyFigures {
    /// The currency of the amounts.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The amounts spent, earned and shown in it.
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
    /// The number of days in between.
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
pub struct CarriedRate {
    /// The currency whose rate it is.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    /// The day of the rate; of several that of the last.
    pub rate_date: NaiveDate,
    /// The first day it was taken for.
    pub date_from: NaiveDate,
    /// The last one.
    pub date_to: NaiveDate,
    /// The number of days in between.
    pub days: usize,
}

impl From<CarriedRates> for CarriedRate {
    fn from(carried: CarriedRates) -> CarriedRate {
        CarriedRate {
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
    pub rates_carried: Vec<CarriedRate>,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// The same split by currency, each in its own, whenever there are amounts.
    pub by_currency: Vec<CurrencyFigures>,
}

impl From<ConvertedFigures> for Money {
    fn from(all: ConvertedFigures) -> Money {
        let by_currency = all.by_currency.iter().map(|(currency, figures)| CurrencyFigures {
            currency: *currency,
            figures: figures.into(),
        });
        Money {
            currency: all.currency,
            currency_reason: all.unknown.as_ref().map(reason),
            missing_rates: all.missing_rates.into_iter().map(MissingRate::from).collect(),
            rates_carried: all.carried_rates.into_iter().map(CarriedRate::from).collect(),
            figures: (&all.figures).into(),
            by_currency: by_currency.collect(),
        }
    }
}

/// Why amounts are null.
pub fn reason(unknown: &UnknownAmounts) -> String {
    let UnknownAmounts { amounts, held, without_rate, to } = unknown;
    let what = match amounts {
        Amounts::Reported => "amounts",
        Amounts::Tracked => "tracked amounts",
    };
    let lacking = without_rate.iter().map(|one| format!("{one} to {to}")).collect::<Vec<_>>();
    let lacking = lacking.join(", ");
    let held = held.iter().map(Currency::as_str).collect::<Vec<_>>().join(", ");
    format!(
        "{what} are in {held} and exchange rates for {lacking} are missing; see missing_rates and by_currency"
    )
}

/// The figures of one day, week or month.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodMetrics {
    /// First day, included.
    pub date_from: NaiveDate,
    /// Last day, included.
    pub date_to: NaiveDate,
    /// The figures.
    #[serde(flatten)]
    pub money: Money,
}

impl From<Period> for PeriodMetrics {
    fn from(Period { days, figures }: Period) -> PeriodMetrics {
        PeriodMetrics { date_from: days.from.0, date_to: days.to.0, money: figures.into() }
    }
}

/// The newest data of a platform.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlatformFreshness {
    /// The platform; null for events that are for no ad platform.
    pub platform: Option<Platform>,
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
            platform: freshness.platform,
            events_received_at: freshness.events_received_at.map(|at| at.to_utc()),
            reports_received_at: freshness.reports_received_at.map(|at| at.to_utc()),
            reports_until: freshness.reports_until.map(|day| day.0),
            open_from: restated.and_then(|days| today.0.checked_sub_days(days)),
        }
    }
}

/// Days of the range that a platform has not reported.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UnreportedDays {
    /// The platform.
    pub platform: Platform,
    /// The first such day of the range.
    pub date_from: NaiveDate,
    /// The last one, today at the latest.
    pub date_to: NaiveDate,
    /// The number of days.
    pub days: i64,
}

impl From<(Platform, DayRange)> for UnreportedDays {
    fn from((platform, days): (Platform, DayRange)) -> UnreportedDays {
        let (date_from, date_to) = (days.from.0, days.to.0);
        UnreportedDays { platform, date_from, date_to, days: days.days() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_the_currencies_and_the_rates_that_are_missing() {
        let unknown = UnknownAmounts {
            amounts: Amounts::Tracked,
            held: vec![Currency::EUR, Currency::USD],
            without_rate: vec![Currency::USD],
            to: Currency::EUR,
        };
        let expected = "tracked amounts are in EUR, USD and exchange rates for USD to EUR are \
                        missing; see missing_rates and by_currency";
        assert_eq!(reason(&unknown), expected);
    }
}
