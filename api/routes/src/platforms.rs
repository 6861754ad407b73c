//! `GET /analytics/platforms`

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_models::metrics::KpiQuery;
use stratum_models::platform::Platform;
use stratum_query::ask::kpis::PlatformFigures;
use utoipa::ToSchema;

use super::App;
use super::compare::CompareParams;
use super::figures::{Money, PlatformFreshness, UnreportedDays, tenant_figures};
use super::kpis::{Comparison, KpiParams, KpiRequest, fresh, incomplete, untracked};

/// The KPIs of each platform. Their sum is the answer of `/analytics/kpis`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Platforms {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The number of days.
    days: i64,
    /// The reason why tracked figures are null; null if they are known.
    tracked_reason: Option<&'static str>,
    /// All of them together.
    total: Money,
    /// All of them together on the days they are compared with, where asked for.
    comparison: Option<Comparison>,
    /// Platforms with data in the range, by name; first what is for no ad platform, where there is any.
    platforms: Vec<PlatformKpis>,
    /// Days of the range that a platform has not reported.
    incomplete: Vec<UnreportedDays>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// One platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformKpis {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// Campaigns it reported in the range.
    campaigns: usize,
    /// The figures.
    #[serde(flatten)]
    money: Money,
    /// The days it is compared with, where asked for; null for a platform without data then.
    comparison: Option<Comparison>,
}

/// Returns the KPIs of each platform.
///
/// All amounts are in the currency that `/analytics/kpis` would use, so that they add up to its totals.
#[utoipa::path(
    get, path = "/api/v1/analytics/platforms", tag = "analytics", params(KpiParams, CompareParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Platforms>)),
)]
pub async fn platforms(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(params, own): JoinedParams<KpiParams, CompareParams>,
) -> Answered<Platforms> {
    let mut fields = Fields::default();
    let compare = own.read(&mut fields);
    let KpiRequest { query, range, currency } = params.read(&app, caller.scope, fields)?;
    let figures = tenant_figures(&app, caller.scope);
    let (kpis, freshness) = tokio::try_join!(
        figures.platforms(&query, currency),
        app.warehouse.freshness(caller.scope)
    )?;
    let mut before = match compare.and_then(|period| range.before(period)) {
        Some(days) => {
            let query = KpiQuery { days, ..query.clone() };
            Some((days, figures.platforms(&query, currency.or(kpis.total.currency)).await?))
        }
        None => None,
    };
    let mut compared = |one: &PlatformFigures| {
        let (days, before) = before.as_mut()?;
        let at = before.platforms.iter().position(|then| then.platform == one.platform)?;
        Some(Comparison::of(&one.figures, before.platforms.swap_remove(at).figures, *days))
    };
    let platforms = kpis.platforms.into_iter();
    let platforms = platforms.map(|one| PlatformKpis::of(compared(&one), one)).collect();
    let comparison = before.map(|(days, before)| Comparison::of(&kpis.total, before.total, days));
    Ok(Answer::of(Platforms {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        tracked_reason: untracked(&query),
        total: kpis.total.into(),
        platforms,
        comparison,
        incomplete: incomplete(&app, &query, &range, &freshness),
        freshness: fresh(&app, &range, freshness),
    }))
}

impl PlatformKpis {
    fn of(comparison: Option<Comparison>, one: PlatformFigures) -> PlatformKpis {
        let (platform, campaigns) = (one.platform, one.campaigns);
        PlatformKpis { platform, campaigns, money: one.figures.into(), comparison }
    }
}
