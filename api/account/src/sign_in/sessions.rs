//! `/auth/sessions`: where the caller is signed in.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::session::Session;
use utoipa::ToSchema;
use uuid::Uuid;

use super::NoticeResponse;
use crate::App;

/// Sessions that are listed, the newest ones.
const SESSIONS_MAX: i64 = 100;

/// A sign-in of the caller.
#[derive(Serialize, ToSchema)]
pub struct SessionItem {
    /// The session's id.
    id: Uuid,
    /// True for the one that asks.
    current: bool,
    /// The kind of device, such as `Firefox on Linux`; empty if unknown.
    device: String,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it was renewed last.
    renewed_at: Option<DateTime<Utc>>,
    /// When it ends unless it is renewed.
    expires_at: DateTime<Utc>,
    /// When it ends for good.
    ends_at: DateTime<Utc>,
}

fn own(caller: &Authenticated) -> Result<Uuid, Refusal> {
    Ok(caller.claims.as_ref().ok_or_else(Refusal::internal)?.sid)
}

/// Lists the caller's active sessions, newest first, at most a hundred.
#[utoipa::path(
    get, path = "/api/v1/auth/sessions", tag = "sign-in", security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Vec<SessionItem>>),
        (status = 403, body = RefusalBody, description = "an API key has no session"),
    ),
)]
pub async fn list_sessions(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<Vec<SessionItem>> {
    let (user, current) = (caller.user_id()?, own(&caller)?);
    let sessions = caller.work(&app).await?.sessions_of(user, SESSIONS_MAX).await?;
    let items = sessions.into_iter().map(|session| SessionItem {
        id: session.id,
        current: session.id == current,
        device: session.device,
        created_at: session.created_at.to_utc(),
        renewed_at: session.renewed_at.map(|at| at.to_utc()),
        expires_at: session.expires_at.to_utc(),
        ends_at: session.ends_at.to_utc(),
    });
    Ok(Answer::of(items.collect()))
}

/// Ends one of the caller's sessions and all of its tokens.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions/{id}", tag = "sign-in", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the session's id")),
    responses(
        (status = 204, description = "the session has ended"),
        (status = 403, body = RefusalBody, description = "an API key has no session"),
    ),
)]
pub async fn end_session(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Session>,
) -> Result<StatusCode, Refusal> {
    let user = caller.user_id()?;
    let mut work = caller.work(&app).await?;
    if !work.end_own_session(user, id).await? {
        return Err(Session::not_found());
    }
    work.audit(&AuditEntry::done(AuditAction::SessionEnded, "session", id, json!({}))).await?;
    work.commit().await?;
    app.auth.revocations.apply(&[id]);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the caller's sessions except the current one.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions", tag = "sign-in", security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 403, body = RefusalBody, description = "an API key has no session"),
    ),
)]
pub async fn end_other_sessions(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<NoticeResponse> {
    let (user, current) = (caller.user_id()?, own(&caller)?);
    let mut work = caller.work(&app).await?;
    let ended = work.end_other_sessions(user, current).await?;
    let changes = json!({"sessions_ended": ended.len()});
    work.audit(&AuditEntry::done(AuditAction::SessionOthersEnded, "user", user, changes)).await?;
    work.commit().await?;
    app.auth.revocations.apply(&ended);
    Ok(Answer::of(NoticeResponse { message: "you are signed out everywhere else" }))
}
