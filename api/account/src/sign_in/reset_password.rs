//! `POST /auth/reset-password`

use axum::Extension;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::messages;
use stratum_http::auth::password::Turn;
use stratum_http::body::Body;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use utoipa::ToSchema;

use super::{NoticeResponse, weak};
use crate::App;

/// A token from a letter, and what to sign in with from now on.
#[derive(Deserialize, ToSchema)]
pub struct ResetPasswordRequest {
    /// The token.
    token: String,
    /// 8 to 128 characters; none of the commonest passwords, and not made of the address or the names.
    #[schema(format = Password)]
    new_password: String,
}

/// Sets a new password with a token from an e-mail.
///
/// All sessions of the user end. The token and all other tokens of the user stop working.
#[utoipa::path(
    post, path = "/api/v1/auth/reset-password", tag = "sign-in",
    request_body = ResetPasswordRequest,
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 422, body = RefusalBody, description = "the password is too weak, or the token is unknown, used or expired"),
        (status = 429, body = RefusalBody, description = "too many passwords at once"),
    ),
)]
pub async fn reset_password(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<ResetPasswordRequest>,
) -> Answered<NoticeResponse> {
    let ResetPasswordRequest { token, new_password } = request;
    let turn = app.passwords.admit().await?;
    // A token that is none does not cost a hash.
    if !app.auth.state.system().await?.has_reset_token(&token).await? {
        return Err(over());
    }
    weak("new_password", turn.weakness(&new_password, &[]).await?)?;
    let hash = turn.hash(new_password.clone()).await?;
    reset(&app, &turn, &token, &new_password, &hash, &request_id).await?;
    Ok(Answer::of(NoticeResponse { message: "sign in with the new password" }))
}

fn over() -> Refusal {
    Refusal::unprocessable(
        "token",
        Fault::new(FaultCode::TokenEnded, "the token is not valid any more; ask for another one"),
    )
}

/// Sets the password, ends the user's sessions, and queues the notice to the owner.
async fn reset(
    app: &App,
    turn: &Turn,
    token: &str,
    password: &str,
    hash: &str,
    request_id: &RequestId,
) -> Result<(), Refusal> {
    let mut work = app.auth.state.system().await?;
    let (tenant, id) = work.spend_reset_token(token).await?.ok_or_else(over)?;
    // Whoever has the letter is no guesser.
    work.unlock(tenant, id).await?;
    let author = Author { actor: Actor::User(id), request_id: request_id.0.clone() };
    let mut work = work.enter(tenant, author).await?;
    if !work.set_password(id, hash).await? {
        return Err(over());
    }
    let user = work.user(id).await?.ok_or_else(over)?;
    let tenant_name = work.tenant().await?.map(|tenant| tenant.name).unwrap_or_default();
    // Left without committing, the token can be used again.
    let own = [&*user.email, &*user.full_name, &*tenant_name];
    weak("new_password", turn.weakness(password, &own).await?)?;
    work.spend_reset_tokens(id).await?;
    let sessions = work.end_sessions(id).await?;
    let changes = json!({"password": "changed", "sessions_ended": sessions.len()});
    work.audit(&AuditEntry::done(AuditAction::UserPasswordReset, "user", id, changes)).await?;
    app.mail.notify(&mut work, user.email, messages::password_changed()).await?;
    work.commit().await?;
    app.auth.revocations.apply(&sessions);
    Ok(())
}
