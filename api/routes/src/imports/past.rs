//! `GET /imports/ad-reports`: the files that were imported.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::paging::PageParams;
use stratum_models::platform::Platform;
use stratum_state::audit::{AuditAction, AuditOutcome};
use stratum_state::audit_page::{AuditFilter, AuditRow};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::actors::ActorNames;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_ad_report_imports))
}

/// What the audit log tells of an import.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct ImportSums {
    /// The platform of the file's rows; null where they named it themselves.
    pub platform: Option<Platform>,
    /// Rows of the file.
    pub rows: u64,
    /// Campaigns' days that were taken in.
    pub days: u64,
    /// Parts of days that were taken in.
    pub parts: u64,
    /// The number of campaigns; null for imports of earlier versions.
    pub campaigns: Option<u64>,
    /// The first day; null for imports of earlier versions.
    pub date_from: Option<NaiveDate>,
    /// The last day; null for imports of earlier versions.
    pub date_to: Option<NaiveDate>,
}

/// A file of ad reports that was imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportItem {
    /// When.
    at: DateTime<Utc>,
    /// The kind of who imported it, such as `user`.
    actor_kind: String,
    /// The user's name; null for others, for users who are gone, and for API keys that ask.
    actor_name: Option<String>,
    /// What was in it.
    #[serde(flatten)]
    sums: ImportSums,
}

impl ImportItem {
    fn of(row: AuditRow, names: &ActorNames) -> ImportItem {
        ImportItem {
            at: row.at.to_utc(),
            actor_name: names.name(&row),
            actor_kind: row.actor_kind,
            sums: serde_json::from_value(row.changes).unwrap_or_default(),
        }
    }
}

/// Files of ad reports that were imported, newest first.
///
/// A part of the audit log that everybody may read who may import.
#[utoipa::path(
    get, path = "/api/v1/imports/ad-reports", tag = "imports", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ImportItem>>)),
)]
pub async fn list_ad_report_imports(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<ImportItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let action = Some(AuditAction::AdReportsImported);
    let outcome = Some(AuditOutcome::Done);
    let filter = AuditFilter { action, outcome, ..AuditFilter::default() };
    let (rows, total) = work.audit_page(&filter, page).await?;
    let names = ActorNames::of(&mut work, &caller, &rows).await?;
    let items = rows.into_iter().map(|row| ImportItem::of(row, &names));
    Ok(Answer::page(items.collect::<Vec<_>>(), page.of(total)))
}
