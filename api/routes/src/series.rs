//! `GET /analytics/series`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_models::metrics::KpiQuery;
use stratum_models::platform::Platform;
use stratum_query::ask::figures::Kpi;
use stratum_query::ask::series::{self as ask, Granularity, Period};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::compare::CompareParams;
use super::figures::{Money, PeriodMetrics, PlatformFreshness, UnreportedDays, tenant_figures};
use super::kpis::{KpiParams, KpiRequest, fresh, incomplete, untracked};

/// The KPI and the periods.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeriesParams {
    /// The KPI that stands as `value` in every period.
    #[param(value_type = Option<Kpi>)]
    metric: Option<String>,
    /// The length of a period, `daily` where absent. Weeks begin on Mondays.
    #[param(value_type = Option<Granularity>)]
    granularity: Option<String>,
    /// `platform`: beside the whole, each platform on its own. What the periods are compared with stands in `comparison`.
    by: Option<String>,
    /// As for `/analytics/kpis`.
    compare_period: Option<String>,
    /// As for `/analytics/kpis`.
    #[param(value_type = Option<NaiveDate>)]
    compare_from: Option<String>,
}

/// The platforms, apart beside the periods.
struct ByPlatform;

impl std::str::FromStr for ByPlatform {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        (text == "platform").then_some(ByPlatform).ok_or("is platform")
    }
}

/// KPIs over time. Their sum is the answer of `/analytics/kpis`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The number of days.
    days: i64,
    /// The time zone of the days of tracked events. The days of ad reports are in the time zone of their account.
    time_zone: &'static str,
    /// The length of a period.
    granularity: Granularity,
    /// The reason why tracked figures are null; null if they are known.
    tracked_reason: Option<&'static str>,
    /// The whole range.
    total: Money,
    /// Every period of the range, oldest first; the first and last are cut to the range.
    series: Vec<Point>,
    /// The same of each platform with data in the range, by name; null where `by` does not ask for it. They add
    /// up to the whole.
    platforms: Option<Vec<PlatformSeries>>,
    /// The periods of the days it is compared with, where asked for.
    comparison: Option<ComparedSeries>,
    /// Days of the range that a platform has not reported.
    incomplete: Vec<UnreportedDays>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// A platform over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformSeries {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The whole range.
    total: Money,
    /// The periods.
    series: Vec<Point>,
}

/// The compared days over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedSeries {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// All of these days.
    total: Money,
    /// Every period of them, cut to them.
    series: Vec<Point>,
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

/// Returns the KPIs of each day, week or month.
///
/// Periods without data are included, with zeros and without ratios. A day on which the clocks change has 23 or 25
/// hours.
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
    let by: Option<ByPlatform> = fields.optional("by", own.by.as_deref());
    let (compare_period, compare_from) = (own.compare_period, own.compare_from);
    let compare = CompareParams { compare_period, compare_from }.read(&mut fields);
    let KpiRequest { query, range, currency } = params.read(&app, caller.scope, fields)?;
    let figures = tenant_figures(&app, caller.scope);
    let (found, freshness) = tokio::try_join!(
        figures.series_by(&query, granularity, currency, by.is_some()),
        app.warehouse.freshness(caller.scope)
    )?;
    let (series, platforms) = found;
    let points = |series: ask::Series| {
        let points = series.periods.into_iter().map(|period| Point::of(period, metric));
        (series.total, points.collect::<Vec<_>>())
    };
    let comparison = match compare.and_then(|period| range.before(period)) {
        Some(days) => {
            let query = KpiQuery { days, ..query.clone() };
            let to = currency.or(series.total.currency);
            let (total, series) = points(figures.series(&query, granularity, to).await?);
            let (date_from, date_to) = (days.from.0, days.to.0);
            Some(ComparedSeries { date_from, date_to, total: total.into(), series })
        }
        None => None,
    };
    let platforms = platforms.into_iter().map(|(platform, series)| {
        let (total, series) = points(series);
        PlatformSeries { platform, total: total.into(), series }
    });
    let platforms = by.map(|ByPlatform| platforms.collect());
    let (total, series) = points(series);
    Ok(Answer::of(Series {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        granularity,
        tracked_reason: untracked(&query),
        total: total.into(),
        series,
        platforms,
        comparison,
        incomplete: incomplete(&app, &query, &range, &freshness),
        freshness: fresh(&app, &range, freshness),
    }))
}

impl Point {
    fn of(period: Period, metric: Option<Kpi>) -> Point {
        let value = metric.and_then(|metric| period.figures.figures.value(metric));
        Point { value, period: period.into() }
    }
}
