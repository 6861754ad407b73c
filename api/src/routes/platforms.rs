//! `GET /analytics/platforms`

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::fx::Conversion;
use stratum_models::metrics::{KpiGroup, KpiGrouping};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::exchange::Exchange;
use super::fields::{Fields, Params};
use super::figures::{Money, PlatformFreshness};
use super::kpis::{KpiParams, fresh, untracked};
use crate::answer::{Answer, Answered, RefusalBody};
use crate::auth::Authenticated;

/// Which days of which campaigns.
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
    /// One platform only.
    platform: Option<String>,
    /// The platform's ad account. Events do not tell theirs: tracked figures are null then.
    account_id: Option<String>,
    /// The platform's campaign id.
    campaign_id: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
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
    platform: Option<&'static str>,
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
    get, path = "/api/v1/analytics/platforms", tag = "analytics", params(PlatformParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Platforms>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn platforms(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PlatformParams>,
) -> Answered<Platforms> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let PlatformParams { date_from, date_to, platform, account_id, campaign_id, .. } = params;
    let asked =
        KpiParams { date_from, date_to, platform, account_id, campaign_id, ..KpiParams::default() };
    let (query, range) = asked.read(&app, caller.scope, fields)?;
    let (groups, freshness) = tokio::try_join!(
        app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Campaign),
        app.warehouse.freshness(caller.scope)
    )?;
    let campaigns = campaigns(&groups);
    let exchange = Exchange::of(&app, &caller, currency, &groups);
    let (groups, into) = exchange.convert(&query, groups, KpiGrouping::PlatformDay).await?;
    Ok(Answer::of(Platforms {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        tracked_reason: untracked(&query),
        total: Money::of(&groups, &into).tracked_if(query.is_tracked()),
        platforms: per_platform(&groups, &into, &campaigns, query.is_tracked()),
        freshness: fresh(&app, &range, freshness),
    }))
}

/// How many campaigns each platform reports. One that reports in two currencies has two groups.
fn campaigns(groups: &[KpiGroup]) -> BTreeMap<Option<Platform>, usize> {
    let mut campaigns = BTreeMap::<Option<Platform>, BTreeSet<&str>>::new();
    for group in groups.iter().filter(|group| group.campaign_name.is_some()) {
        if let Some(id) = &group.campaign_id {
            campaigns.entry(group.platform).or_default().insert(id);
        }
    }
    campaigns.into_iter().map(|(platform, ids)| (platform, ids.len())).collect()
}

fn per_platform(
    groups: &[KpiGroup],
    into: &Conversion,
    campaigns: &BTreeMap<Option<Platform>, usize>,
    tracked: bool,
) -> Vec<PlatformKpis> {
    let mut platforms = BTreeMap::<Option<&'static str>, Vec<&KpiGroup>>::new();
    for group in groups {
        platforms.entry(group.platform.map(Platform::as_str)).or_default().push(group);
    }
    let platforms = platforms.into_iter().map(|(platform, groups)| PlatformKpis {
        platform,
        campaigns: campaigns.get(&platform.and_then(Platform::parse)).copied().unwrap_or(0),
        money: Money::of(groups.iter().copied(), into).tracked_if(tracked),
    });
    platforms.collect()
}
