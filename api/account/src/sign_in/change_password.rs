//! `POST /auth/change-password`

use axum::Extension;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::{Authenticated, messages};
use stratum_http::body::Body;
use stratum_state::audit::{AuditAction, AuditEntry};
use utoipa::ToSchema;

use super::proof::prove_password;
use super::{NoticeResponse, weak};
use crate::App;

/// The password, and the one in its place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The password until now.
    #[schema(format = Password)]
    current_password: String,
    /// 8 to 128 characters; none of the commonest passwords, and not made of the address or the names.
    #[schema(format = Password)]
    new_password: String,
}

/// Changes the caller's password.
///
/// All other sessions of the caller end, and an e-mail informs them. A wrong current password counts as a failed
/// sign-in and can lock the account.
#[utoipa::path(
    post, path = "/api/v1/auth/change-password", tag = "sign-in", security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 403, body = RefusalBody, description = "an API key has no password"),
        (status = 422, body = RefusalBody, description = "the current password is wrong, or the new one may not be chosen"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords, or passwords at once"),
    ),
)]
pub async fn change_password(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    caller: Authenticated,
    Body(request): Body<ChangePasswordRequest>,
) -> Answered<NoticeResponse> {
    let ChangePasswordRequest { current_password, new_password } = request;
    let session = caller.claims.as_ref().ok_or_else(Refusal::internal)?.sid;
    let turn = app.passwords.admit().await?;
    let proved =
        prove_password(&app, &turn, &caller, "current_password", current_password, &request_id);
    let user = proved.await?;
    let mut work = caller.work(&app).await?;
    let tenant = work.tenant().await?.map(|tenant| tenant.name).unwrap_or_default();
    drop(work);
    let own = [&*user.email, &*user.full_name, &*tenant];
    weak("new_password", turn.weakness(&new_password, &own).await?)?;
    let hash = turn.hash(new_password).await?;
    let mut work = caller.work(&app).await?;
    if !work.replace_password(user.id, &user.password_hash, &hash).await? {
        return Err(Refusal::conflict(Fault::new(
            FaultCode::ChangedMeanwhile,
            "the password was changed meanwhile; try again",
        )));
    }
    work.spend_reset_tokens(user.id).await?;
    let ended = work.end_other_sessions(user.id, session).await?;
    let changes = json!({"password": "changed", "sessions_ended": ended.len()});
    work.audit(&AuditEntry::done(AuditAction::UserPasswordChanged, "user", user.id, changes))
        .await?;
    app.mail.notify(&mut work, user.email, messages::password_changed()).await?;
    work.commit().await?;
    app.auth.revocations.apply(&ended);
    Ok(Answer::of(NoticeResponse { message: "your password is changed" }))
}
