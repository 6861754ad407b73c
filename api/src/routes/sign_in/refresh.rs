//! `POST /auth/refresh`

use axum::Extension;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::TokenResponse;
use crate::answer::{Answer, Answered, Refusal, RefusalBody, RequestId};
use crate::auth::token::{Claims, Holder};
use crate::routes::App;
use crate::routes::body::Body;
use crate::state::audit::{Actor, AuditEntry, Author};
use crate::state::session::Rotation;
use crate::state::work::TenantWork;

/// The newest refresh token of a session.
#[derive(Deserialize, ToSchema)]
pub struct RefreshRequest {
    /// As it was given.
    refresh_token: String,
}

/// Exchanges a refresh token for a new pair.
///
/// A refresh token works once. One that is seen again is in two hands: its session ends, and with it
/// every token of the session.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "sign-in", request_body = RefreshRequest,
    responses(
        (status = 200, body = Answer<TokenResponse>),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "the token is not valid, spent or over, or its session has ended"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "no JSON"),
        (status = 422, body = RefusalBody, description = "a field is missing"),
        (status = 503, body = RefusalBody, description = "the state store does not answer"),
    ),
)]
pub async fn refresh(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<RefreshRequest>,
) -> Answered<TokenResponse> {
    let now = app.clock.now();
    let claims = app.tokens.refresh(&request.refresh_token, now).map_err(|_| over())?;
    let author = Author { actor: Actor::User(claims.sub), request_id: request_id.0 };
    let mut work = app.state.system().await?.enter(claims.tenant_id, author).await?;
    let (access_id, refresh_id) = (app.ids.next(), app.ids.next());
    let ends = app.tokens.refresh_ends(now);
    let user = match work.rotate_session(claims.sid, claims.jti, refresh_id, ends).await? {
        Rotation::Renewed(user) => work.user(user).await?.filter(|user| user.active),
        Rotation::Reused => return Err(reused(&app, work, &claims).await?),
        Rotation::Ended => None,
    };
    let user = user.ok_or_else(over)?;
    work.commit().await?;
    let holder =
        Holder { user: user.id, tenant: user.tenant_id, role: user.role, session: claims.sid };
    let pair = app.tokens.pair(holder, access_id, refresh_id, now);
    Ok(Answer::of(TokenResponse::of(&app, pair.map_err(|_| Refusal::internal())?)))
}

fn over() -> Refusal {
    Refusal::unauthorized("the refresh token is not valid any more; sign in again")
}

async fn reused(app: &App, mut work: TenantWork, claims: &Claims) -> Result<Refusal, Refusal> {
    let entry = AuditEntry::refused("session.refresh_reused", "session", json!({}));
    work.audit(&AuditEntry { object_id: claims.sid.to_string(), ..entry }).await?;
    work.commit().await?;
    app.revocations.apply(&[claims.sid]);
    Ok(over())
}
