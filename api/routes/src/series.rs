//! `GET /analytics/series`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_query::ask::figures::Kpi;
use stratum_query::ask::series::{Granularity, Period};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::figures::{Money, PeriodMetrics, PlatformFreshness, tenant_figures};
use super::kpis::{KpiParams, KpiRequest, fresh, untracked};

/// The KPI and the periods.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeriesParams {
    /// The KPI that stands as `value` in every period: `spend`, `revenue`, `impressions`, `clicks`,
    /// `conversions`, `roas`, `ctr`, `cpc`, `cpm`, `cpa`, `cvr`, `tracked_conversions`,
    /// `tracked_revenue` or `tracked_roas`.
    metric: Option<String>,
    /// `daily` (the default), `weekly` (from Mondays) or `monthly`.
    granularity: Option<String>,
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
    get, path = "/api/v1/analytics/series", tag = "analytics", params(SeriesParams, KpiParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Series>)),
)]
pub async fn series(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(params, own): JoinedParams<KpiParams, SeriesParams>,
) -> Answered<Series> {
    let mut fields = Fields::default();
    let metric: Option<Kpi> = fields.optional("metric", own.metric.as_deref());
    let granularity: Option<Granularity> =
        fields.optional("granularity", own.granularity.as_deref());
    let granularity = granularity.unwrap_or_default();
    let KpiRequest { query, range, currency } = params.read(&app, caller.scope, fields)?;
    let figures = tenant_figures(&app, caller.scope);
    let (series, freshness) = tokio::try_join!(
        figures.series(&query, granularity, currency),
        app.warehouse.freshness(caller.scope)
    )?;
    Ok(Answer::of(Series {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        granularity: granularity.as_str(),
        tracked_reason: untracked(&query),
        total: series.total.into(),
        series: series.periods.into_iter().map(|period| Point::of(period, metric)).collect(),
        freshness: fresh(&app, &range, freshness),
    }))
}

impl Point {
    fn of(period: Period, metric: Option<Kpi>) -> Point {
        let value = metric.and_then(|metric| period.figures.figures.value(metric));
        Point { value, period: period.into() }
    }
}
