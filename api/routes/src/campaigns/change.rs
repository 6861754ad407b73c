//! `POST /campaigns`, `PUT`, `PATCH` and `DELETE /campaigns/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_query::ask::campaigns::CampaignReports;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::campaign::Campaign;
use stratum_state::limit::Limit;

use super::super::App;
use super::item::CampaignItem;
use super::plan::{CampaignChange, NewCampaign, difference};

/// A conflict in words.
fn refusal(error: StoreError) -> Refusal {
    match error.kind {
        StoreErrorKind::Conflict => Refusal::conflict(Fault::new(
            FaultCode::Exists,
            "a campaign with this platform and external_id already exists",
        )),
        _ => error.into(),
    }
}

/// Creates a campaign.
#[utoipa::path(
    post, path = "/api/v1/campaigns", tag = "campaigns", security(("bearer" = [])),
    request_body = NewCampaign,
    responses(
        (status = 201, body = Answer<CampaignItem>),
        (status = 409, body = RefusalBody, description = "a campaign with this platform and external_id already exists"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the limit of the plan is reached"),
    ),
)]
pub async fn create_campaign(
    State(app): State<App>,
    caller: Authenticated,
    Body(new): Body<NewCampaign>,
) -> Answered<CampaignItem> {
    let mut work = caller.work(&app).await?;
    let tenant = work.tenant().await?.ok_or_else(Refusal::internal)?;
    let platform = new.platform;
    let plan = new.plan(tenant.reporting_currency)?;
    let limits = work.lock_limits().await?;
    limits.admit(Limit::Campaigns, work.campaign_count().await?)?;
    let id = work.create_campaign(platform, &plan).await.map_err(refusal)?;
    let mut changes = difference(None, &plan);
    changes["platform"] = json!(platform.as_str());
    work.audit(&AuditEntry::done(AuditAction::CampaignCreated, Campaign::KIND, id, changes))
        .await?;
    let campaign = work.campaign(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(shown(&app, &caller, campaign).await))
}

/// The campaign as it was written, answered even where the warehouse is away: it is written.
async fn shown(app: &App, caller: &Authenticated, campaign: Campaign) -> CampaignItem {
    match CampaignItem::of_all_days(app, caller, campaign.clone()).await {
        Ok(item) => item,
        Err(_) => CampaignItem::of(campaign, &CampaignReports::default(), None),
    }
}

/// Changes a campaign.
///
/// Fields that are not sent stay as they are; null clears an optional field. An archived campaign stays archived,
/// and no campaign becomes a draft again; every other change of status is allowed.
#[utoipa::path(
    method(put, patch), path = "/api/v1/campaigns/{id}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the campaign's id")), request_body = CampaignChange,
    responses(
        (status = 200, body = Answer<CampaignItem>),
        (status = 409, body = RefusalBody, description = "a campaign with this platform and external_id already exists"),
    ),
)]
pub async fn change_campaign(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Campaign>,
    Body(change): Body<CampaignChange>,
) -> Answered<CampaignItem> {
    let mut work = caller.work(&app).await?;
    if !work.lock_campaign(id).await? {
        return Err(Campaign::not_found());
    }
    let campaign = work.campaign(id).await?.ok_or_else(Campaign::not_found)?;
    let plan = change.apply(&campaign)?;
    if plan != campaign.plan {
        work.update_campaign(id, &plan).await.map_err(refusal)?;
        let changes = difference(Some(&campaign.plan), &plan);
        work.audit(&AuditEntry::done(AuditAction::CampaignUpdated, Campaign::KIND, id, changes))
            .await?;
    }
    let campaign = work.campaign(id).await?.ok_or_else(Campaign::not_found)?;
    work.commit().await?;
    Ok(Answer::of(shown(&app, &caller, campaign).await))
}

/// Deletes a campaign.
///
/// Reported figures stay in all KPIs, and creative assets stay, without a campaign. A later report does not bring
/// the campaign back; to have it back, create it again.
#[utoipa::path(
    delete, path = "/api/v1/campaigns/{id}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the campaign's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_campaign(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Campaign>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_campaign(id).await?;
    end_deletion::<Campaign>(work, id, deleted, AuditAction::CampaignDeleted).await
}
