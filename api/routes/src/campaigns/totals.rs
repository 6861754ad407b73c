//! `GET /campaigns/totals` and `GET /campaigns/labels`

use axum::extract::State;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::CampaignReports;
use utoipa::ToSchema;

use super::super::App;
use super::super::compare::CompareParams;
use super::super::figures::{Money, tenant_figures};
use super::super::kpis::Comparison;
use super::filter::CampaignFilterParams;

/// The totals of the campaigns of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignTotals {
    /// The number of campaigns.
    campaigns: u64,
    /// The sums, and the ratios made of them.
    #[serde(flatten)]
    money: Money,
    /// The same campaigns on the days they are compared with, where asked for.
    comparison: Option<Comparison>,
}

/// The totals of campaigns.
///
/// Of the campaigns that `/campaigns` lists for the same parameters, on all of its pages: in `currency`, else in the only
/// one there is, else in the tenant's own.
#[utoipa::path(
    get, path = "/api/v1/campaigns/totals", tag = "campaigns", params(CampaignFilterParams, CompareParams),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<CampaignTotals>),
        (status = 422, body = RefusalBody, description = "the range ends before it begins or is open, or there are too many campaigns"),
    ),
)]
pub async fn campaign_totals(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(filter, own): JoinedParams<CampaignFilterParams, CompareParams>,
) -> Answered<CampaignTotals> {
    let mut fields = Fields::default();
    let compare = own.read(&mut fields);
    let filter = filter.read(fields)?;
    let before = match (compare, filter.range) {
        (Some(period), Some(days)) => period.before(days),
        (Some(_), None) => {
            let message = "takes date_from and date_to";
            return Err(Refusal::unprocessable("compare_period", message));
        }
        (None, _) => None,
    };
    let (listed, mut reports) = filter.all(&app, &caller, "having").await?;
    let keys: Vec<CampaignKey> = listed.into_iter().filter_map(|one| one.key).collect();
    let source = tenant_figures(&app, caller.scope);
    let to = reports.currency_of(&keys, filter.currency, source.reporting_currency);
    let wanted = || keys.iter().map(|key| (key.clone(), to));
    reports.convert(&source, filter.days, wanted()).await?;
    let now = reports.total(&keys, to);
    let comparison = match before {
        Some(days) => {
            let earlier = CampaignReports::of_all(source.warehouse, caller.scope, days);
            let mut earlier = earlier.await?;
            earlier.convert(&source, days, wanted()).await?;
            Some(Comparison::of(&now, earlier.total(&keys, to), days))
        }
        None => None,
    };
    let campaigns = keys.len() as u64;
    Ok(Answer::of(CampaignTotals { campaigns, money: now.into(), comparison }))
}

/// A label, and how many campaigns have it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignLabel {
    /// The label.
    label: String,
    /// Campaigns that have it.
    campaigns: u64,
}

/// The labels of campaigns.
///
/// The 500 that most campaigns have, by name.
#[utoipa::path(
    get, path = "/api/v1/campaigns/labels", tag = "campaigns", security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<CampaignLabel>>)),
)]
pub async fn campaign_labels(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<Vec<CampaignLabel>> {
    let labels = caller.work(&app).await?.campaign_labels().await?;
    let labels = labels.into_iter().map(|(label, campaigns)| CampaignLabel { label, campaigns });
    Ok(Answer::of(labels.collect()))
}
