//! `GET /analytics/platforms`

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::platform::Platform;
use stratum_query::ask::kpis::PlatformFigures;
use utoipa::ToSchema;

use super::App;
use super::figures::{Money, PlatformFreshness, tenant_figures};
use super::kpis::{KpiParams, KpiRequest, fresh, untracked};

/// The KPIs of each platform. Their sum is the answer of `/analytics/kpis`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Platforms {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// How many days that is.
    days: i64,
    /// Why tracked figures are null; null where they are not.
    tracked_reason: Option<&'static str>,
    /// All of them together.
    total: Money,
    /// Platforms with data in the range, by name; first what is for no ad platform, where there is any.
    platforms: Vec<PlatformKpis>,
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
}

/// KPIs per platform.
///
/// All in the currency that `/analytics/kpis` would show, so that they add up to it.
#[utoipa::path(
    get, path = "/api/v1/analytics/platforms", tag = "analytics", params(KpiParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Platforms>)),
)]
pub async fn platforms(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<KpiParams>,
) -> Answered<Platforms> {
    let asked = params.read(&app, caller.scope, Fields::default())?;
    let KpiRequest { query, range, currency } = asked;
    let figures = tenant_figures(&app, caller.scope);
    let (kpis, freshness) = tokio::try_join!(
        figures.platforms(&query, currency),
        app.warehouse.freshness(caller.scope)
    )?;
    Ok(Answer::of(Platforms {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        tracked_reason: untracked(&query),
        total: kpis.total.into(),
        platforms: kpis.platforms.into_iter().map(PlatformKpis::from).collect(),
        freshness: fresh(&app, &range, freshness),
    }))
}

impl From<PlatformFigures> for PlatformKpis {
    fn from(one: PlatformFigures) -> PlatformKpis {
        PlatformKpis { platform: one.platform, campaigns: one.campaigns, money: one.figures.into() }
    }
}
