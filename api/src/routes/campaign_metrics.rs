//! `GET /campaigns/{id}/metrics`

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_state::campaign::Campaign;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::campaigns::figures::days;
use super::exchange::Exchange;
use super::fields::{Fields, Params};
use super::figures::Money;
use super::kpis::KpiParams;
use super::periods::{Granularity, PeriodMetrics, periods};
use crate::answer::{Answer, Answered, Refusal, RefusalBody};
use crate::auth::Authenticated;

/// Which days, and how they are gathered.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignMetricsParams {
    /// The platform; needed where two platforms have a campaign of this id.
    platform: Option<String>,
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// `daily` (the default), `weekly` (from Mondays) or `monthly`.
    granularity: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
    currency: Option<String>,
}

/// A campaign's figures over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignMetrics {
    /// The campaign's own id; null where it was asked for by the platform's.
    id: Option<Uuid>,
    /// The platform's campaign id; null until it has one.
    campaign_id: Option<String>,
    /// The campaign's name; of one asked for by the platform's id the newest reported, null when only
    /// events name it.
    campaign_name: Option<String>,
    /// The platform.
    platform: &'static str,
    /// `daily`, `weekly` or `monthly`.
    granularity: &'static str,
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The whole range.
    total: Money,
    /// Every period of the range, oldest first; the first and last are cut to the range.
    metrics: Vec<PeriodMetrics>,
}

/// A campaign's metrics per day, week or month.
///
/// `id` is the campaign's own id, or the platform's campaign id. A campaign asked for by the platform's
/// id that never reported and that no event names, or another tenant's, is 404. Periods without data
/// are there, with zeros and without ratios. Amounts are in one currency, as in `/analytics/kpis`.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{id}/metrics", tag = "campaigns",
    params(("id" = String, Path, description = "the campaign's id, or the platform's id of it"), CampaignMetricsParams),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<CampaignMetrics>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 404, body = RefusalBody, description = "no such campaign"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, is too long, or the platform is not clear"),
        (status = 503, body = RefusalBody, description = "the warehouse does not answer"),
    ),
)]
pub async fn campaign_metrics(
    State(app): State<App>,
    caller: Authenticated,
    Path(id): Path<String>,
    Params(params): Params<CampaignMetricsParams>,
) -> Answered<CampaignMetrics> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let granularity: Option<Granularity> =
        fields.optional("granularity", params.granularity.as_deref());
    let granularity = granularity.unwrap_or_default();
    let CampaignMetricsParams { platform, date_from, date_to, .. } = params;
    let campaign = own(&app, &caller, &id).await?;
    let campaign_id = Some(id).filter(|_| campaign.is_none());
    let asked = KpiParams { platform, date_from, date_to, campaign_id, ..KpiParams::default() };
    let (query, range) = asked.read(&app, caller.scope, fields)?;
    let found = match campaign {
        Some(campaign) => Found::of(campaign, query.platform)?,
        None => identify(&app, caller.scope, &query).await?,
    };
    let groups = match &found.campaign_id {
        Some(id) => {
            let (platform, campaign_id) = (Some(found.platform), Some(id.clone()));
            let query = KpiQuery { platform, campaign_id, ..query };
            app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Day).await?
        }
        // No platform knows it, so nothing can have been reported.
        None => Vec::new(),
    };
    let exchange = Exchange::of(&app, &caller, currency, &groups);
    let into = exchange.conversion(range.days, &groups).await?;
    Ok(Answer::of(CampaignMetrics {
        id: found.id,
        campaign_id: found.campaign_id,
        campaign_name: found.name,
        platform: found.platform.as_str(),
        granularity: granularity.as_str(),
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        total: Money::of(&groups, &into),
        metrics: periods(&groups, granularity, range.days, &into),
    }))
}

/// The campaign asked for, by whichever id.
struct Found {
    id: Option<Uuid>,
    campaign_id: Option<String>,
    platform: Platform,
    name: Option<String>,
}

impl Found {
    fn of(campaign: Campaign, platform: Option<Platform>) -> Result<Found, Refusal> {
        if platform.is_some_and(|platform| platform != campaign.platform) {
            return Err(Refusal::not_found("campaign"));
        }
        let Campaign { id, platform, plan, .. } = campaign;
        let (campaign_id, name) = (plan.external_id, Some(plan.name));
        Ok(Found { id: Some(id), campaign_id, platform, name })
    }
}

/// The campaign of this own id.
async fn own(app: &App, caller: &Authenticated, id: &str) -> Result<Option<Campaign>, Refusal> {
    match Uuid::parse_str(id) {
        Ok(id) => Ok(caller.work(app).await?.campaign(id).await?),
        // No id of ours: the platform's.
        Err(_) => Ok(None),
    }
}

/// The platform and newest name of the campaign, from all its days.
async fn identify(app: &App, scope: TenantScope, query: &KpiQuery) -> Result<Found, Refusal> {
    let query = KpiQuery { days: days(None, None).unwrap_or(query.days), ..query.clone() };
    let groups = app.warehouse.kpi_groups(scope, &query, KpiGrouping::Campaign).await?;
    let mut found = BTreeMap::<Platform, Option<String>>::new();
    for group in groups {
        if let Some(platform) = group.platform {
            let name = found.entry(platform).or_default();
            *name = name.take().or(group.campaign_name);
        }
    }
    if found.len() > 1 {
        let names = found.keys().map(|p| p.as_str()).collect::<Vec<_>>().join(" and ");
        let message = format!("{names} both have a campaign of this id; say which");
        return Err(Refusal::unprocessable("platform", message));
    }
    let (platform, name) = found.pop_first().ok_or_else(|| Refusal::not_found("campaign"))?;
    Ok(Found { id: None, campaign_id: query.campaign_id, platform, name })
}
