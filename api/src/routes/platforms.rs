//! `GET /analytics/platforms`

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::metrics::{KpiGroup, KpiGrouping};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::fields::{Fields, Params};
use super::figures::{Money, PlatformFreshness};
use super::kpis::KpiParams;
use crate::answer::{Answer, Answered, RefusalBody};
use crate::auth::Authenticated;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlatformParams {
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// The currency to show amounts in.
    currency: Option<String>,
}

/// The KPIs of each platform. Their sum is the answer of `/analytics/kpis`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Platforms {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// How many days that is.
    days: i64,
    /// Platforms with data in the range, by name.
    platforms: Vec<PlatformKpis>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// One platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformKpis {
    /// The platform.
    platform: &'static str,
    /// Campaigns it reported in the range.
    campaigns: usize,
    /// The figures.
    #[serde(flatten)]
    money: Money,
}

/// KPIs per platform.
#[utoipa::path(
    get, path = "/api/v1/analytics/platforms", tag = "analytics", params(PlatformParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Platforms>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "the warehouse does not answer"),
    ),
)]
pub async fn platforms(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PlatformParams>,
) -> Answered<Platforms> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let PlatformParams { date_from, date_to, .. } = params;
    let days = KpiParams { date_from, date_to, ..KpiParams::default() };
    let (query, range) = days.read(&app, caller.scope, fields)?;
    let (groups, freshness) = tokio::try_join!(
        app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Campaign),
        app.warehouse.freshness(caller.scope)
    )?;
    Ok(Answer::of(Platforms {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        platforms: per_platform(groups, currency),
        freshness: freshness.into_iter().map(PlatformFreshness::from).collect(),
    }))
}

fn per_platform(groups: Vec<KpiGroup>, currency: Option<Currency>) -> Vec<PlatformKpis> {
    let mut platforms = BTreeMap::<&'static str, Vec<KpiGroup>>::new();
    for group in groups {
        let name = group.platform.map_or("unknown", Platform::as_str);
        platforms.entry(name).or_default().push(group);
    }
    let platforms = platforms.into_iter().map(|(platform, groups)| {
        // A campaign that reports in two currencies has two groups.
        let reported = groups.iter().filter(|group| group.campaign_name.is_some());
        let mut campaigns: Vec<_> = reported.map(|group| &group.campaign_id).collect();
        campaigns.sort_unstable();
        campaigns.dedup();
        let campaigns = campaigns.len();
        PlatformKpis { platform, campaigns, money: Money::of(&groups, currency) }
    });
    platforms.collect()
}
