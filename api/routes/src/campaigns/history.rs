//! `GET /campaigns/{id}/changes`

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource};
use stratum_http::paging::PageParams;
use stratum_state::audit::{AuditAction, AuditOutcome};
use stratum_state::audit_page::AuditFilter;
use stratum_state::campaign::Campaign;
use utoipa::ToSchema;

use super::super::App;
use super::super::actors::ActorNames;

/// A change of a campaign.
#[derive(Serialize, ToSchema)]
pub struct CampaignChangeItem {
    /// When.
    at: DateTime<Utc>,
    /// The action.
    #[schema(value_type = AuditAction)]
    action: String,
    /// The kind of who made it, such as `user`.
    actor_kind: String,
    /// The user's name; null for others, for users who are gone, and for API keys that ask.
    actor_name: Option<String>,
    /// Field by field what is new.
    #[schema(value_type = Object)]
    changes: Value,
}

/// Changes that users made to a campaign, newest first.
///
/// A part of the audit log that everybody may read who may read the campaign.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{id}/changes", tag = "campaigns", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the campaign's id"), PageParams),
    responses((status = 200, body = Answer<Vec<CampaignChangeItem>>)),
)]
pub async fn campaign_changes(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Campaign>,
    Params(params): Params<PageParams>,
) -> Answered<Vec<CampaignChangeItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    work.campaign(id).await?.ok_or_else(Campaign::not_found)?;
    let filter = AuditFilter {
        object_kind: Some(Campaign::KIND.to_owned()),
        object_id: Some(id.to_string()),
        outcome: Some(AuditOutcome::Done),
        ..AuditFilter::default()
    };
    let (rows, total) = work.audit_page(&filter, page).await?;
    let names = ActorNames::of(&mut work, &caller, &rows).await?;
    let items = rows.into_iter().map(|row| CampaignChangeItem {
        actor_name: names.name(&row),
        at: row.at.to_utc(),
        action: row.action,
        actor_kind: row.actor_kind,
        changes: row.changes,
    });
    Ok(Answer::page(items, page.of(total)))
}
