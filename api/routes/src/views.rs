//! `/views`: addresses of the page under a name.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_http::rights::Permission;
use stratum_http::rules::{Rules, set};
use stratum_models::id::UserId;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::view::{NewView, View};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;

/// Views of a user.
const VIEWS_MAX: u64 = 200;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;
/// Characters of a path with its search.
const PATH_CHARS_MAX: usize = 2_000;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_views, create_view))
        .routes(routes!(change_view, delete_view))
}

/// An address of the page under a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewItem {
    /// The view's id.
    id: Uuid,
    /// The view's name.
    name: String,
    /// The path with its search, from `/` on.
    path: String,
    /// Whether everybody of the tenant sees it.
    is_shared: bool,
    /// Whether it is the caller's own.
    is_own: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
}

impl ViewItem {
    fn of(view: View, user: UserId) -> ViewItem {
        let NewView { name, path, is_shared } = view.content;
        let (id, is_own, created_at) = (view.id, view.user_id == user, view.created_at);
        ViewItem { id, name, path, is_shared, is_own, created_at }
    }
}

/// A view to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewViewBody {
    /// The view's name, unique among the user's own.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The path with its search, from `/` on.
    #[schema(min_length = 1, max_length = 2000)]
    path: String,
    /// Whether everybody of the tenant sees it.
    #[serde(default)]
    is_shared: bool,
}

/// The changes to a view. A field that is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewChange {
    /// The view's name.
    name: Option<String>,
    /// The path with its search.
    path: Option<String>,
    /// Whether everybody of the tenant sees it.
    is_shared: Option<bool>,
}

fn check(view: &NewView) -> Result<(), Refusal> {
    let mut rules = Rules::default();
    rules.text("name", &view.name, NAME_CHARS_MAX);
    rules.text("path", &view.path, PATH_CHARS_MAX);
    // Another host's address would begin with two slashes.
    let is_ours =
        view.path.starts_with('/') && !view.path.starts_with("//") && !view.path.contains('\\');
    rules.hold("path", is_ours, "must be a path of the page, from / on");
    rules.finish()
}

fn refusal(error: StoreError) -> Refusal {
    match error.kind {
        StoreErrorKind::Conflict => {
            Refusal::conflict(Fault::new(FaultCode::Exists, "you have a view of this name already"))
        }
        _ => error.into(),
    }
}

/// The caller's views and those that others share, by name.
#[utoipa::path(
    get, path = "/api/v1/views", tag = "views", security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ViewItem>>)),
)]
pub async fn list_views(State(app): State<App>, caller: Authenticated) -> Answered<Vec<ViewItem>> {
    let user = caller.user_id()?;
    let views = caller.work(&app).await?.views(user).await?;
    Ok(Answer::of(views.into_iter().map(|view| ViewItem::of(view, user)).collect()))
}

/// Saves an address of the page under a name.
#[utoipa::path(
    post, path = "/api/v1/views", tag = "views", security(("bearer" = [])),
    request_body = NewViewBody,
    responses(
        (status = 201, body = Answer<ViewItem>),
        (status = 409, body = RefusalBody, description = "the user has a view of this name already"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many as it may have"),
    ),
)]
pub async fn create_view(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<NewViewBody>,
) -> Answered<ViewItem> {
    let user = caller.user_id()?;
    let NewViewBody { name, path, is_shared } = body;
    let new = NewView { name: name.trim().to_owned(), path, is_shared };
    check(&new)?;
    let mut work = caller.work(&app).await?;
    if work.view_count(user).await? >= VIEWS_MAX {
        let message = format!("you have {VIEWS_MAX} views, which is the most");
        return Err(Refusal::unprocessable(
            "",
            Fault::above(FaultCode::LimitReached, VIEWS_MAX, message),
        ));
    }
    let id = work.create_view(user, &new).await.map_err(refusal)?;
    written(work, id, user, AuditAction::ViewCreated, StatusCode::CREATED).await
}

/// Changes one of the caller's own views.
#[utoipa::path(
    patch, path = "/api/v1/views/{id}", tag = "views", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the view's id")), request_body = ViewChange,
    responses(
        (status = 200, body = Answer<ViewItem>),
        (status = 409, body = RefusalBody, description = "the user has a view of this name already"),
    ),
)]
pub async fn change_view(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<View>,
    Body(change): Body<ViewChange>,
) -> Answered<ViewItem> {
    let user = caller.user_id()?;
    let mut work = caller.work(&app).await?;
    let views = work.views(user).await?;
    let own = views.into_iter().find(|view| view.id == id && view.user_id == user);
    let mut new = own.ok_or_else(View::not_found)?.content;
    set(&mut new.name, change.name.map(|name| name.trim().to_owned()));
    set(&mut new.path, change.path);
    set(&mut new.is_shared, change.is_shared);
    check(&new)?;
    if !work.update_view(id, user, &new).await.map_err(refusal)? {
        return Err(View::not_found());
    }
    written(work, id, user, AuditAction::ViewUpdated, StatusCode::OK).await
}

async fn written(
    mut work: TenantWork,
    id: Uuid,
    user: UserId,
    action: AuditAction,
    status: StatusCode,
) -> Answered<ViewItem> {
    let views = work.views(user).await?;
    let view = views.into_iter().find(|view| view.id == id).ok_or_else(Refusal::internal)?;
    let changes = json!({"name": view.content.name, "is_shared": view.content.is_shared});
    work.audit(&AuditEntry::done(action, View::KIND, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::with(status, ViewItem::of(view, user)))
}

/// Deletes a view: one's own, or for who may change the tenant's settings a shared one.
#[utoipa::path(
    delete, path = "/api/v1/views/{id}", tag = "views", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the view's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_view(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<View>,
) -> Result<StatusCode, Refusal> {
    let user = caller.user_id()?;
    let shared = caller.permissions.contains(&Permission::TenantWrite);
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_view(id, user, shared).await?;
    end_deletion::<View>(work, id, deleted, AuditAction::ViewDeleted).await
}
