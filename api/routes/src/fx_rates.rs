//! `GET` and `PUT /fx-rates`

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::day::Date;
use stratum_http::fields::{Fields, Params};
use stratum_http::paging::read_page;
use stratum_http::rules::Rules;
use stratum_models::fx::FxRate;
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::time::Day;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::fx_rate::{FxRateQuery, ListedFxRate};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Rates are kept to the billionth.
const NANOS: f64 = 1e9;
/// The largest rate.
const PER_USD_MAX: f64 = 1e9;
/// Broken rules named at once.
const FAULTS_MAX: usize = 20;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_fx_rates, put_fx_rates))
        .routes(routes!(delete_fx_rate))
}

/// The worth of one US dollar on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct FxRateItem {
    /// The day.
    date: NaiveDate,
    /// The currency.
    currency: Currency,
    /// Units of the currency for one US dollar.
    per_usd: f64,
    /// Where the rate comes from.
    source: FxRateSource,
}

name_set! {
    /// Where an exchange rate comes from: `own` where the tenant wrote it, `ecb` where it follows from the European
    /// Central Bank's reference rates.
    FxRateSource {
        /// The tenant wrote it.
        Own = "own",
        /// The bank published it.
        Bank = "ecb",
    }
}

impl From<ListedFxRate> for FxRateItem {
    fn from(ListedFxRate { rate, is_own }: ListedFxRate) -> FxRateItem {
        let per_usd = rate.per_usd_nanos as f64 / NANOS;
        let source = if is_own { FxRateSource::Own } else { FxRateSource::Bank };
        FxRateItem { date: rate.day.0, currency: rate.currency, per_usd, source }
    }
}

/// Rates to write, each over the one of its day and currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FxRatesBody {
    /// The rates, 1000 at most unless configured otherwise.
    rates: Vec<FxRateBody>,
}

/// The worth of one US dollar on a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FxRateBody {
    /// The day.
    date: NaiveDate,
    /// The currency, ISO 4217; not USD.
    #[schema(value_type = Currency)]
    currency: String,
    /// Units of the currency for one US dollar; kept to the billionth.
    #[schema(exclusive_minimum = 0, maximum = 1000000000)]
    per_usd: f64,
}

/// The number of rates that were written.
#[derive(Debug, Serialize, ToSchema)]
pub struct FxRateCount {
    /// Rates.
    written: usize,
}

/// Which rates.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FxRateListParams {
    /// First day, included.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// One currency.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

/// Lists the exchange rates that apply to the tenant, newest day first.
///
/// The tenant's own rates take precedence. For a day and currency without one, the reference rate of the European
/// Central Bank applies, which is fetched automatically unless this is turned off.
#[utoipa::path(
    get, path = "/api/v1/fx-rates", tag = "fx-rates", params(FxRateListParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<FxRateItem>>)),
)]
pub async fn list_fx_rates(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<FxRateListParams>,
) -> Answered<Vec<FxRateItem>> {
    let mut fields = Fields::default();
    let day = |Date(day)| day;
    let query = FxRateQuery {
        from: fields.optional("date_from", params.date_from.as_deref()).map(day),
        to: fields.optional("date_to", params.date_to.as_deref()).map(day),
        currency: fields.optional("currency", params.currency.as_deref()),
    };
    let page = read_page(&mut fields, params.page.as_deref(), params.page_size.as_deref());
    fields.finish()?;
    let mut work = caller.work(&app).await?;
    let (rates, total) = work.list_fx_rates(query, page.limit(), page.offset()).await?;
    Ok(Answer::page(rates, page.of(total)))
}

/// Stores exchange rates, all of them or none.
///
/// They take precedence over the bank's. A day without a rate uses the last rate of the seven days before it;
/// answers that use it say so (`rates_carried`).
#[utoipa::path(
    put, path = "/api/v1/fx-rates", tag = "fx-rates", security(("bearer" = [])),
    request_body = FxRatesBody,
    responses(
        (status = 200, body = Answer<FxRateCount>),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, there are too many rates, or two of the same day and currency"),
    ),
)]
pub async fn put_fx_rates(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<FxRatesBody>,
) -> Answered<FxRateCount> {
    let rates = body.read(app.bounds.fx_rates_max)?;
    let written = rates.len();
    let mut work = caller.work(&app).await?;
    work.put_fx_rates(&rates).await?;
    let currencies: BTreeSet<Currency> = rates.iter().map(|rate| rate.currency).collect();
    let days = rates.iter().map(|rate| rate.day.0);
    let changes = json!({
        "rates": written, "currencies": currencies, "from": days.clone().min(), "to": days.max(),
    });
    work.audit(&AuditEntry::done(AuditAction::FxRatesUpdated, "fx_rate", "", changes)).await?;
    work.commit().await?;
    app.fx.clear();
    Ok(Answer::of(FxRateCount { written }))
}

impl FxRatesBody {
    fn read(self, most: usize) -> Result<Vec<FxRate>, Refusal> {
        if !(1..=most).contains(&self.rates.len()) {
            return Err(Refusal::unprocessable(
                "rates",
                Fault::above(FaultCode::TooMany, most, format!("must be 1 to {most} rates")),
            ));
        }
        let mut rules = Rules::default();
        let mut seen = BTreeSet::new();
        let mut rates = Vec::with_capacity(self.rates.len());
        for (at, rate) in self.rates.into_iter().enumerate() {
            if rules.count() >= FAULTS_MAX {
                break;
            }
            let field = |name: &str| format!("rates[{at}].{name}");
            let currency = rules.currency(&field("currency"), &rate.currency, Currency::EUR);
            let other = currency != Currency::USD;
            rules.hold(&field("currency"), other, "must not be USD, which is worth itself");
            rules.day(&field("date"), Some(rate.date));
            let nanos = (rate.per_usd * NANOS).round();
            let holds = nanos >= 1.0 && rate.per_usd <= PER_USD_MAX;
            rules.hold(
                &field("per_usd"),
                holds,
                Fault::range(0, 1_000_000_000, "must be above 0 and at most 1000000000"),
            );
            let known = Currency::parse(&rate.currency).is_some();
            let first = !known || seen.insert((rate.date, currency));
            rules.hold(
                &field("date"),
                first,
                Fault::new(FaultCode::Twice, "comes twice with this currency"),
            );
            // In range: the rule above holds, or nothing is written.
            let per_usd_nanos = nanos as i64;
            rates.push(FxRate { day: Day(rate.date), currency, per_usd_nanos });
        }
        rules.finish().map(|()| rates)
    }
}

/// Deletes a rate of the tenant's own.
///
/// Where a bank publishes one for that day, it counts again.
#[utoipa::path(
    delete, path = "/api/v1/fx-rates/{date}/{currency}", tag = "fx-rates", security(("bearer" = [])),
    params(
        ("date" = NaiveDate, Path, description = "the day"),
        ("currency" = Currency, Path, description = "the currency"),
    ),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_fx_rate(
    State(app): State<App>,
    caller: Authenticated,
    Path((date, currency)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let named = date.parse().ok().zip(Currency::parse(&currency));
    let (day, currency) = named.ok_or_else(|| Refusal::not_found("exchange rate"))?;
    let mut work = caller.work(&app).await?;
    if !work.delete_fx_rate(day, currency).await? {
        return Err(Refusal::not_found("exchange rate"));
    }
    let changes = json!({"date": day, "currency": currency});
    let of = "fx_rate";
    work.audit(&AuditEntry::done(AuditAction::FxRateDeleted, of, "", changes)).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: serde_json::Value) -> Result<Vec<FxRate>, Refusal> {
        serde_json::from_value::<FxRatesBody>(body).unwrap().read(5)
    }

    #[test]
    fn rates_are_kept_to_the_billionth() {
        let body = json!({"rates": [
            {"date": "2026-01-31", "currency": "eur", "per_usd": 0.923456789},
            {"date": "2026-01-31", "currency": "IRR", "per_usd": 1_100_000.0},
        ]});
        let rates = read(body).unwrap();
        assert_eq!((rates[0].currency, rates[0].per_usd_nanos), (Currency::EUR, 923_456_789));
        assert_eq!(rates[1].per_usd_nanos, 1_100_000_000_000_000);
    }

    #[test]
    fn every_broken_rule_is_named() {
        let rate = |date: &str, currency: &str, per_usd: f64| json!({"date": date, "currency": currency, "per_usd": per_usd});
        let body = json!({"rates": [
            rate("2026-01-31", "USD", 1.0), rate("2026-01-31", "EUR", 0.0),
            rate("2026-01-31", "EUR", 1.0), rate("0001-01-01", "XQZ", 1e-10),
        ]});
        let refusal = read(body).unwrap_err();
        let fields: Vec<_> = refusal.details().iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "rates[0].currency",
            "rates[1].per_usd",
            "rates[2].date",
            "rates[3].currency",
            "rates[3].date",
            "rates[3].per_usd",
        ];
        assert_eq!(fields, expected);
        let many = vec![rate("2026-01-31", "EUR", 1.0); 6];
        assert_eq!(read(json!({"rates": many})).unwrap_err().details()[0].field, "rates");
        assert!(read(json!({"rates": []})).is_err());
    }
}
