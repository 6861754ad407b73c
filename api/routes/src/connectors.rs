//! `/connectors`: how to reach ad platforms' APIs.

pub mod body;
mod kinds;
mod runs;
mod trial;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_http::paging::PageParams;
use stratum_models::platform::Platform;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::{Connector, ConnectorStatus, PullSettings, Schedule};
use stratum_state::pull_fault::ClosedAccount;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::body::{ConnectorBody, ConnectorChange};
use super::App;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_connectors, create_connector))
        .routes(routes!(kinds::connector_kinds))
        .routes(routes!(connector, change_connector, delete_connector))
        .merge(trial::routes())
        .merge(runs::routes())
}

/// A connector, without its credentials.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectorItem {
    /// The connector's id.
    id: Uuid,
    /// The platform.
    platform: Platform,
    /// Name to show.
    name: String,
    /// The platform's ad accounts.
    account_ids: Vec<String>,
    /// The credentials that are set, by name. Their values are never shown.
    credentials_set: Vec<String>,
    /// The schedule on which the platform is asked.
    schedule: Schedule,
    /// Whether it is in use.
    enabled: bool,
    /// The settings of what the platform is asked for.
    settings: PullSettings,
    /// The state of the connector, as far as it is known.
    status: ConnectorStatus,
    /// When a pull last went well.
    last_success_at: Option<DateTime<Utc>>,
    /// The last day of that pull.
    pulled_to: Option<NaiveDate>,
    /// When it is asked next; null where it is asked only when somebody says so.
    next_run_at: Option<DateTime<Utc>>,
    /// The last error, with advice; null after a successful pull.
    last_error: Option<String>,
    /// Accounts that the platform does not tell of while it tells of others, which are pulled.
    closed_accounts: Vec<ClosedAccount>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Connector> for ConnectorItem {
    fn from(connector: Connector) -> ConnectorItem {
        let content = connector.content;
        ConnectorItem {
            id: connector.id,
            platform: connector.platform,
            name: content.name,
            account_ids: content.account_ids,
            credentials_set: connector.credential_fields,
            schedule: content.schedule,
            enabled: content.enabled,
            settings: content.settings,
            status: connector.status,
            last_success_at: connector.last_success_at,
            pulled_to: connector.pulled_to.map(|day| day.0),
            next_run_at: connector.next_run_at.filter(|_| content.enabled),
            last_error: connector.last_error,
            closed_accounts: connector.closed_accounts,
            created_at: connector.created_at,
            updated_at: connector.updated_at,
        }
    }
}

fn refusal(error: StoreError) -> Refusal {
    match error.kind {
        StoreErrorKind::Conflict => Refusal::conflict(Fault::new(
            FaultCode::Exists,
            "a connector with this platform and name already exists",
        )),
        _ => error.into(),
    }
}

/// Connectors, oldest first.
#[utoipa::path(
    get, path = "/api/v1/connectors", tag = "connectors", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ConnectorItem>>)),
)]
pub async fn list_connectors(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<ConnectorItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let connectors = work.connectors(page.limit(), page.offset()).await?;
    let total = work.connector_count().await?;
    Ok(Answer::page(connectors, page.of(total)))
}

/// Returns a connector.
#[utoipa::path(
    get, path = "/api/v1/connectors/{id}", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")),
    responses((status = 200, body = Answer<ConnectorItem>)),
)]
pub async fn connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
) -> Answered<ConnectorItem> {
    let connector = caller.work(&app).await?.connector(id).await?;
    Ok(Answer::of(connector.ok_or_else(Connector::not_found)?.into()))
}

/// Makes a connector.
///
/// Credentials are encrypted and never shown again. On its schedule the platform is asked for the figures of
/// the last 28 days, because platforms restate them, for the first time at once; earlier days come by a
/// back-fill. Meta and TikTok want `access_token`, Google `developer_token`, `client_id`, `client_secret` and
/// `refresh_token` (and `login_customer_id` below a manager account), Snapchat `client_id`, `client_secret` and
/// `refresh_token`. LinkedIn and Pinterest are kept but not asked.
#[utoipa::path(
    post, path = "/api/v1/connectors", tag = "connectors", security(("bearer" = [])),
    request_body = ConnectorBody,
    responses(
        (status = 201, body = Answer<ConnectorItem>),
        (status = 409, body = RefusalBody, description = "a connector with this platform and name already exists"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many as it may have"),
    ),
)]
pub async fn create_connector(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<ConnectorBody>,
) -> Answered<ConnectorItem> {
    let platform = body.platform;
    let (new, credentials) = body.read()?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.bounds.connectors_max;
    if work.connector_count().await? >= u64::from(most) {
        let message = format!("there are {most} connectors, which is the most");
        return Err(Refusal::unprocessable(
            "",
            Fault::above(FaultCode::LimitReached, most, message),
        ));
    }
    let made = work.create_connector(platform, &new, &credentials).await;
    let id = made.map_err(refusal)?;
    let changes = json!({
        "platform": platform.as_str(), "name": new.name, "account_ids": new.account_ids,
        "schedule": new.schedule, "enabled": new.enabled, "settings": new.settings,
        "credentials": credentials.names().collect::<Vec<_>>(),
    });
    work.audit(&AuditEntry::done(AuditAction::ConnectorCreated, Connector::KIND, id, changes))
        .await?;
    let connector = work.connector(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(connector.into()))
}

/// Changes a connector, which is then pulled soon. Fields that are not sent stay as they are, also single
/// credentials.
#[utoipa::path(
    patch, path = "/api/v1/connectors/{id}", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")), request_body = ConnectorChange,
    responses(
        (status = 200, body = Answer<ConnectorItem>),
        (status = 409, body = RefusalBody, description = "a connector with this platform and name already exists"),
    ),
)]
pub async fn change_connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
    Body(change): Body<ConnectorChange>,
) -> Answered<ConnectorItem> {
    let mut work = caller.work(&app).await?;
    let mut credentials = work.lock_credentials(id).await?.ok_or_else(Connector::not_found)?;
    let was = work.connector(id).await?.ok_or_else(Connector::not_found)?;
    let changes = change.told();
    let new = change.apply(was.platform, &was.content, &mut credentials)?;
    work.update_connector(id, was.platform, &new, &credentials).await.map_err(refusal)?;
    work.audit(&AuditEntry::done(AuditAction::ConnectorUpdated, Connector::KIND, id, changes))
        .await?;
    let connector = work.connector(id).await?.ok_or_else(Connector::not_found)?;
    work.commit().await?;
    Ok(Answer::of(connector.into()))
}

/// Deletes a connector with its credentials and pulls. Figures that were pulled stay.
#[utoipa::path(
    delete, path = "/api/v1/connectors/{id}", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_connector(id).await?;
    end_deletion::<Connector>(work, id, deleted, AuditAction::ConnectorDeleted).await
}
