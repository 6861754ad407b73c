//! `POST /assets`, `PATCH` and `DELETE /assets/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_state::asset::{Asset, AssetQuery};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::work::TenantWork;
use uuid::Uuid;

use super::super::App;
use super::asset::{AssetBody, AssetChange, AssetItem, difference};

/// A campaign that an asset is put into must be there, and stay until this is done.
async fn hold_campaign(work: &mut TenantWork, id: Option<Uuid>) -> Result<(), Refusal> {
    match id {
        Some(id) if !work.lock_campaign(id).await? => Err(Refusal::unprocessable(
            "campaign_id",
            Fault::new(FaultCode::NoCampaign, "there is no such campaign"),
        )),
        _ => Ok(()),
    }
}

/// Creates a creative asset.
#[utoipa::path(
    post, path = "/api/v1/assets", tag = "assets", security(("bearer" = [])), request_body = AssetBody,
    responses(
        (status = 201, body = Answer<AssetItem>),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many as it may have"),
    ),
)]
pub async fn create_asset(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<AssetBody>,
) -> Answered<AssetItem> {
    let content = body.content()?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.bounds.assets_max;
    if work.asset_count(&AssetQuery::default()).await? >= u64::from(most) {
        return Err(Refusal::unprocessable(
            "",
            Fault::above(
                FaultCode::LimitReached,
                most,
                format!("there are {most} assets, which is the most"),
            ),
        ));
    }
    hold_campaign(&mut work, content.campaign_id).await?;
    let id = work.create_asset(&content).await?;
    let changes = difference(None, &content);
    work.audit(&AuditEntry::done(AuditAction::AssetCreated, Asset::KIND, id, changes)).await?;
    let asset = work.asset(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(asset.into()))
}

/// Changes a creative asset. Fields that are not sent stay as they are; null clears an optional field.
#[utoipa::path(
    patch, path = "/api/v1/assets/{id}", tag = "assets", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the asset's id")), request_body = AssetChange,
    responses((status = 200, body = Answer<AssetItem>)),
)]
pub async fn change_asset(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Asset>,
    Body(change): Body<AssetChange>,
) -> Answered<AssetItem> {
    let mut work = caller.work(&app).await?;
    // The campaign first, as everywhere, so that nobody waits in a circle.
    hold_campaign(&mut work, change.campaign_id()).await?;
    let asset = work.lock_asset(id).await?.ok_or_else(Asset::not_found)?;
    let content = change.apply(&asset.content)?;
    if content != asset.content {
        work.update_asset(id, &content).await?;
        let changes = difference(Some(&asset.content), &content);
        work.audit(&AuditEntry::done(AuditAction::AssetUpdated, Asset::KIND, id, changes)).await?;
    }
    let asset = work.asset(id).await?.ok_or_else(Asset::not_found)?;
    work.commit().await?;
    Ok(Answer::of(asset.into()))
}

/// Deletes a creative asset.
#[utoipa::path(
    delete, path = "/api/v1/assets/{id}", tag = "assets", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the asset's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_asset(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Asset>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_asset(id).await?;
    end_deletion::<Asset>(work, id, deleted, AuditAction::AssetDeleted).await
}
