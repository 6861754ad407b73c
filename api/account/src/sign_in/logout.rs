//! `POST /auth/logout`

use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::json;
use stratum_http::answer::{Answer, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_state::audit::{AuditAction, AuditEntry};

use super::NoticeResponse;
use super::cookie::Carrier;
use crate::App;

/// Signs out: ends the session of the token and with it all tokens of the session.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "sign-in", security(("bearer" = [])),
    params(("x-session" = Option<String>, Header, description = "`cookie`, where the refresh token is in one: it is taken away")),
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 403, body = RefusalBody, description = "an API key has no session"),
    ),
)]
pub async fn logout(
    State(app): State<App>,
    caller: Authenticated,
    carrier: Carrier,
) -> Result<(HeaderMap, Answer<NoticeResponse>), Refusal> {
    caller.user_id()?;
    let session = caller.claims.as_ref().ok_or_else(Refusal::internal)?.sid;
    let mut work = caller.work(&app).await?;
    if work.end_session(session).await? {
        work.audit(&AuditEntry::done(AuditAction::UserSignedOut, "session", session, json!({})))
            .await?;
    }
    work.commit().await?;
    app.auth.revocations.apply(&[session]);
    // An empty cookie in the place of the token.
    let headers = carrier.headers("", 0)?;
    Ok((headers, Answer::of(NoticeResponse { message: "you are signed out" })))
}
