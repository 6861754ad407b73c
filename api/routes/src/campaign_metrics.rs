//! `GET /campaigns/{id}/metrics`

use axum::extract::{Path, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::metrics::KpiQuery;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_query::ask::campaigns::{open_days, platforms_of};
use stratum_query::ask::series::Granularity;
use stratum_state::campaign::Campaign;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::figures::{Money, PeriodMetrics, tenant_figures};
use super::range::RangeFields;

/// Which days, and how they are gathered.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignMetricsParams {
    /// The platform; needed where two platforms have a campaign of this id.
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// The first day, included; 30 days before the last day if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today in the tenant's time zone if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// The length of a period, `daily` where absent. Weeks begin on Mondays.
    #[param(value_type = Option<Granularity>)]
    granularity: Option<String>,
    /// The currency of amounts. If absent: the only currency of the amounts, else the tenant's currency.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
}

/// A campaign's figures over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignMetrics {
    /// The campaign's own id; null where it was asked for by the platform's.
    id: Option<Uuid>,
    /// The platform's campaign id; null until the campaign has one.
    campaign_id: Option<String>,
    /// The name of the campaign. For a campaign requested by the platform's id it is the newest reported name, or
    /// null if only events name the campaign.
    campaign_name: Option<String>,
    /// The platform.
    platform: Platform,
    /// The length of a period.
    granularity: Granularity,
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The whole range.
    total: Money,
    /// Every period of the range, oldest first; the first and last are cut to the range.
    metrics: Vec<PeriodMetrics>,
}

/// Returns the metrics of a campaign per day, week or month.
///
/// `id` is our id of the campaign or the platform's. A platform's id that neither a report nor an event of the
/// tenant names is answered with 404. Periods without data are included, with zeros and without ratios. Amounts are
/// in one currency, as in `/analytics/kpis`.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{id}/metrics", tag = "campaigns",
    params(("id" = String, Path, description = "the campaign's id, or the platform's id of it"), CampaignMetricsParams),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<CampaignMetrics>),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, is too long, or the platform is not clear"),
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
    let platform: Option<Platform> = fields.optional("platform", params.platform.as_deref());
    let campaign = own(&app, &caller, &id).await?;
    let id = fields.text("campaign_id", Some(id).filter(|_| campaign.is_none()), 128);
    let range = RangeFields {
        from: ("date_from", params.date_from.as_deref()),
        to: ("date_to", params.date_to.as_deref()),
    };
    let range = range.read(&app, caller.scope, fields)?;
    let found = match campaign {
        Some(campaign) => RequestedCampaign::of(campaign, platform)?,
        None => identify(&app, caller.scope, platform, id).await?,
    };
    let query = KpiQuery {
        platforms: vec![found.platform],
        campaign_id: found.campaign_id.clone(),
        ..KpiQuery::of(range.days)
    };
    let figures = tenant_figures(&app, caller.scope);
    let series = match &found.campaign_id {
        Some(_) => figures.series(&query, granularity, currency).await?,
        // No platform knows it, so nothing can have been reported.
        None => figures.empty_series(&query, granularity, currency),
    };
    Ok(Answer::of(CampaignMetrics {
        id: found.id,
        campaign_id: found.campaign_id,
        campaign_name: found.name,
        platform: found.platform,
        granularity,
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        total: series.total.into(),
        metrics: series.periods.into_iter().map(PeriodMetrics::from).collect(),
    }))
}

/// The campaign asked for, by whichever id.
struct RequestedCampaign {
    id: Option<Uuid>,
    campaign_id: Option<String>,
    platform: Platform,
    name: Option<String>,
}

impl RequestedCampaign {
    fn of(campaign: Campaign, platform: Option<Platform>) -> Result<RequestedCampaign, Refusal> {
        if platform.is_some_and(|platform| platform != campaign.platform) {
            return Err(Refusal::not_found("campaign"));
        }
        let Campaign { id, platform, plan, .. } = campaign;
        let (campaign_id, name) = (plan.external_id, Some(plan.name));
        Ok(RequestedCampaign { id: Some(id), campaign_id, platform, name })
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

/// The platform and newest name of the campaign of this platform's id, from all its days.
async fn identify(
    app: &App,
    scope: TenantScope,
    platform: Option<Platform>,
    campaign_id: Option<String>,
) -> Result<RequestedCampaign, Refusal> {
    let days = open_days(None, None).ok_or_else(Refusal::internal)?;
    let platforms = platform.into_iter().collect();
    let query = KpiQuery { platforms, campaign_id, ..KpiQuery::of(days) };
    let mut found = platforms_of(&*app.warehouse, scope, &query).await?;
    if found.len() > 1 {
        let names = found.keys().map(|p| p.as_str()).collect::<Vec<_>>().join(" and ");
        let message = format!("{names} both have a campaign of this id; say which");
        return Err(Refusal::unprocessable("platform", message));
    }
    let (platform, name) = found.pop_first().ok_or_else(|| Refusal::not_found("campaign"))?;
    Ok(RequestedCampaign { id: None, campaign_id: query.campaign_id, platform, name })
}
