//! `GET /analytics/series`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::metrics::KpiGrouping;
use stratum_models::money::Currency;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::exchange::Exchange;
use super::fields::{Fields, Params};
use super::figures::{Metric, Money, PlatformFreshness};
use super::kpis::{KpiParams, fresh, untracked};
use super::periods::{Granularity, PeriodMetrics, periods};
use crate::answer::{Answer, Answered, RefusalBody};
use crate::auth::Authenticated;

/// Which days of which campaigns, and how they are gathered.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesParams {
    /// The KPI that stands as `value` in every period: `spend`, `revenue`, `impressions`, `clicks`,
    /// `conversions`, `roas`, `ctr`, `cpc`, `cpm`, `cpa`, `cvr`, `tracked_conversions`,
    /// `tracked_revenue` or `tracked_roas`.
    metric: Option<String>,
    /// `daily` (the default), `weekly` (from Mondays) or `monthly`.
    granularity: Option<String>,
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// `meta`, `google`, `tiktok`, `snapchat`, `linkedin` or `pinterest`.
    platform: Option<String>,
    /// The platform's ad account. Events do not tell theirs: tracked figures are null then.
    account_id: Option<String>,
    /// The platform's campaign id.
    campaign_id: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
    currency: Option<String>,
}

/// KPIs over time. Their sum is the answer of `/analytics/kpis`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// How many days that is.
    days: i64,
    /// The zone of the days of tracked events; an ad report's day is of its account's zone.
    time_zone: &'static str,
    /// `daily`, `weekly` or `monthly`.
    granularity: &'static str,
    /// Why tracked figures are null; null where they are not.
    tracked_reason: Option<&'static str>,
    /// The whole range.
    total: Money,
    /// Every period of the range, oldest first; the first and last are cut to the range.
    series: Vec<Point>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// One period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Point {
    /// The KPI asked for; null where none is, or where it is not known.
    value: Option<f64>,
    /// The period and all of its figures.
    #[serde(flatten)]
    period: PeriodMetrics,
}

/// KPIs per day, week or month.
///
/// Periods without data are there, with zeros and without ratios. A day on which clocks change has 23
/// or 25 hours and is one day.
#[utoipa::path(
    get, path = "/api/v1/analytics/series", tag = "analytics", params(SeriesParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Series>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn series(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<SeriesParams>,
) -> Answered<Series> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let metric: Option<Metric> = fields.optional("metric", params.metric.as_deref());
    let granularity: Option<Granularity> =
        fields.optional("granularity", params.granularity.as_deref());
    let granularity = granularity.unwrap_or_default();
    let SeriesParams { date_from, date_to, platform, account_id, campaign_id, .. } = params;
    let asked =
        KpiParams { date_from, date_to, platform, account_id, campaign_id, ..KpiParams::default() };
    let (query, range) = asked.read(&app, caller.scope, fields)?;
    let (groups, freshness) = tokio::try_join!(
        app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Day),
        app.warehouse.freshness(caller.scope)
    )?;
    let exchange = Exchange::of(&app, &caller, currency, &groups);
    let into = exchange.conversion(range.days, &groups).await?;
    let points = periods(&groups, granularity, range.days, &into).into_iter().map(|mut period| {
        period.money = period.money.tracked_if(query.is_tracked());
        let value = metric.and_then(|metric| metric.of(&period.money.figures));
        Point { value, period }
    });
    Ok(Answer::of(Series {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        granularity: granularity.as_str(),
        tracked_reason: untracked(&query),
        total: Money::of(&groups, &into).tracked_if(query.is_tracked()),
        series: points.collect(),
        freshness: fresh(&app, &range, freshness),
    }))
}
