//! `PATCH /auth/me`

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::rules::sent;
use stratum_state::audit::{AuditAction, AuditEntry};
use utoipa::ToSchema;

use super::me::{MeResponse, respond};
use crate::App;
use crate::users::UserChange;

/// Fields to change. Absent stays; null takes away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeChange {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    full_name: Option<String>,
    /// Phone number with its country code.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// The user's language, such as `en` or `ar-EG`.
    locale: Option<String>,
    /// The user's time zone.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
}

/// Changes the caller's own profile. Only an admin can change a role or deactivate a user.
#[utoipa::path(
    patch, path = "/api/v1/auth/me", tag = "sign-in", security(("bearer" = [])),
    request_body = MeChange,
    responses(
        (status = 200, body = Answer<MeResponse>),
        (status = 401, body = RefusalBody, description = "no valid access token, or the user is gone"),
        (status = 403, body = RefusalBody, description = "an API key is nobody"),
    ),
)]
pub async fn change_me(
    State(app): State<App>,
    caller: Authenticated,
    Body(change): Body<MeChange>,
) -> Answered<MeResponse> {
    let mut work = caller.work(&app).await?;
    // Two changes at once wait for each other here.
    work.lock_limits().await?;
    let id = caller.user_id()?;
    let user = work.user(id).await?.filter(|user| user.active);
    let mut user = user.ok_or_else(|| Refusal::unauthorized("the user is not active"))?;
    let MeChange { full_name, phone, locale, time_zone } = change;
    let change = UserChange { full_name, phone, locale, time_zone, ..UserChange::default() };
    let changes = change.apply(&mut user)?;
    work.update_user(&user).await?;
    work.audit(&AuditEntry::done(AuditAction::UserUpdated, "user", id, Value::Object(changes)))
        .await?;
    let response = respond(&mut work, id).await?;
    work.commit().await?;
    Ok(Answer::of(response))
}
