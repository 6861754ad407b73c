//! `POST /auth/refresh`

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use stratum_http::answer::{Answer, Refusal, RefusalBody, RequestId};
use stratum_http::auth::token::{Claims, Holder, RefreshToken};
use stratum_http::body::Body;
use stratum_models::time::UnixMillis;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use stratum_state::session::{Renewal, Rotation, Successor};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;

use super::TokenResponse;
use super::cookie::Carrier;
use super::origin::Origin;
use crate::App;

/// The newest refresh token of a session.
#[derive(Deserialize, ToSchema)]
pub struct RefreshRequest {
    /// The refresh token; absent if it is in a cookie.
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Exchanges a refresh token for a new pair.
///
/// A refresh token works once. Within ten seconds the client that used it gets the same answer once more, in case
/// the first answer was lost or two tabs asked at the same time. If it is used again later, or from elsewhere, it
/// is considered stolen: its session ends, and with it all tokens of the session. A session ends some time after
/// the sign-in, however often it is renewed.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "sign-in", request_body = RefreshRequest,
    params(("x-session" = Option<String>, Header, description = "`cookie`, for a page of this address: the refresh token is and stays in a cookie that no script reads")),
    responses(
        (status = 200, body = Answer<TokenResponse>),
        (status = 401, body = RefusalBody, description = "the token is not valid, spent or over, or its session has ended"),
        (status = 403, body = RefusalBody, description = "a cookie is for pages of this address"),
    ),
)]
pub async fn refresh(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    origin: Origin,
    carrier: Carrier,
    Body(request): Body<RefreshRequest>,
) -> Result<(HeaderMap, Answer<TokenResponse>), Refusal> {
    let now = app.clock.now();
    let spent = match &carrier {
        Carrier::Body => request
            .refresh_token
            .ok_or_else(|| Refusal::unprocessable("refresh_token", "is missing"))?,
        Carrier::Cookie(token) => token.clone().ok_or_else(over)?,
    };
    let claims = app.auth.tokens.refresh(&spent, now).map_err(|_| over())?;
    let author = Author { actor: Actor::User(claims.sub), request_id: request_id.0 };
    let mut work = app.auth.state.system().await?.enter(claims.tenant_id, author).await?;
    let (access_id, fresh) = (app.ids.next(), app.ids.next());
    let renewal = Renewal {
        session: claims.sid,
        spent: claims.jti,
        fresh,
        expires_at: app.auth.tokens.refresh_ends(now),
        client: origin.client,
        repeats_since: UnixMillis(now.0 - i64::from(app.auth.config.refresh_repeat_s) * 1000),
    };
    let successor = match work.rotate_session(&renewal).await? {
        Rotation::Renewed(successor) => successor,
        Rotation::Reused => return Err(reused(&app, work, &claims).await?),
        Rotation::Ended => return Err(over()),
    };
    let user = work.user(successor.user).await?.filter(|user| user.active).ok_or_else(over)?;
    work.commit().await?;
    let holder =
        Holder { user: user.id, tenant: user.tenant_id, role: user.role, session: claims.sid };
    let Successor { refresh_id: id, made_at, expires_at: ends_at, .. } = successor;
    let pair = app.auth.tokens.pair(holder, access_id, RefreshToken { id, made_at, ends_at }, now);
    let pair = pair.map_err(|_| Refusal::internal())?;
    let headers = carrier.headers(&pair.refresh, (ends_at.0 - now.0) / 1000)?;
    Ok((headers, Answer::of(TokenResponse::of(&app, pair, &carrier))))
}

fn over() -> Refusal {
    Refusal::unauthorized("the refresh token is not valid any more; sign in again")
}

async fn reused(app: &App, mut work: TenantWork, claims: &Claims) -> Result<Refusal, Refusal> {
    let entry = AuditEntry::refused(AuditAction::SessionRefreshReused, "session", json!({}));
    work.audit(&AuditEntry { object_id: claims.sid.to_string(), ..entry }).await?;
    work.commit().await?;
    app.auth.revocations.apply(&[claims.sid]);
    Ok(over())
}
