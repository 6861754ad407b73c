//! `/auth/second-factor`: codes of an app beside the password.

use axum::Extension;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::{Authenticated, messages};
use stratum_http::body::Body;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::factor_secret::FactorSecret;
use stratum_state::user::User;
use stratum_state::work::TenantWork;
use utoipa::ToSchema;

use super::NoticeResponse;
use super::proof::{prove_password, takes_code};
use crate::App;

/// The state of the caller's second factor.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorState {
    /// True where signing in takes a code.
    active: bool,
    /// True where the tenant wants every user to have one.
    required: bool,
    /// Recovery codes that were not used yet.
    recovery_codes_left: u64,
}

/// The secret that an app makes codes of. Shown once.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorSecret {
    /// The secret to type into the app: letters and digits (base32).
    secret: String,
    /// The same as a URI for a QR code (`otpauth://…`).
    uri: String,
}

impl SecondFactorSecret {
    /// Of a secret and whose it is.
    pub fn of(secret: &FactorSecret, email: &str) -> SecondFactorSecret {
        SecondFactorSecret { secret: secret.to_base32(), uri: secret.uri(email) }
    }
}

/// The caller's password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    /// Password.
    #[schema(format = Password)]
    password: String,
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeProof {
    /// Six digits.
    code: String,
}

/// The caller's password and a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FullProof {
    /// Password.
    #[schema(format = Password)]
    password: String,
    /// The code of the app, or a recovery code.
    code: String,
}

/// Codes for when the device is lost: each signs in once in place of a code of the app. Shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten of them.
    recovery_codes: Vec<String>,
}

async fn me(work: &mut TenantWork, caller: &Authenticated) -> Result<User, Refusal> {
    let user = work.user(caller.user_id()?).await?;
    let gone = || Refusal::unauthorized("the user is not active");
    user.filter(|user| user.active).ok_or_else(gone)
}

async fn is_required(work: &mut TenantWork) -> Result<bool, Refusal> {
    Ok(work.tenant().await?.is_some_and(|tenant| tenant.second_factor_required))
}

fn wrong_code() -> Refusal {
    Refusal::unprocessable("code", Fault::new(FaultCode::WrongCode, "is wrong or was already used"))
}

/// Tells the owner, who may be another one than the caller.
async fn tell(
    app: &App,
    work: &mut TenantWork,
    email: String,
    is_set: bool,
) -> Result<(), Refusal> {
    Ok(app.mail.notify(work, email, messages::second_factor_changed(is_set)).await?)
}

/// Returns the state of the caller's second factor.
#[utoipa::path(
    get, path = "/api/v1/auth/second-factor", tag = "sign-in", security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<SecondFactorState>),
        (status = 403, body = RefusalBody, description = "an API key has no second factor"),
    ),
)]
pub async fn second_factor(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<SecondFactorState> {
    let mut work = caller.work(&app).await?;
    let user = me(&mut work, &caller).await?;
    Ok(Answer::of(SecondFactorState {
        active: user.has_second_factor,
        required: is_required(&mut work).await?,
        recovery_codes_left: work.recovery_codes_left(user.id).await?,
    }))
}

/// Begins to set up a second factor: creates a secret, which takes effect once a code is confirmed.
#[utoipa::path(
    post, path = "/api/v1/auth/second-factor", tag = "sign-in", security(("bearer" = [])),
    request_body = PasswordProof,
    responses(
        (status = 200, body = Answer<SecondFactorSecret>),
        (status = 403, body = RefusalBody, description = "an API key has no second factor"),
        (status = 409, body = RefusalBody, description = "a second factor is already set up; remove it first"),
        (status = 422, body = RefusalBody, description = "the password is wrong"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords, or passwords at once"),
    ),
)]
pub async fn begin_second_factor(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    caller: Authenticated,
    Body(proof): Body<PasswordProof>,
) -> Answered<SecondFactorSecret> {
    let turn = app.passwords.admit().await?;
    let proved =
        prove_password(&app, &turn, &caller, "password", proof.password, &request_id).await;
    let user = proved?;
    let mut work = caller.work(&app).await?;
    let secret = work.begin_second_factor(user.id).await?.ok_or_else(|| {
        Refusal::conflict(Fault::new(
            FaultCode::SecondFactorExists,
            "there is a second factor already; remove it before you set up another one",
        ))
    })?;
    let entry = AuditEntry::done(AuditAction::UserSecondFactorBegun, "user", user.id, json!({}));
    work.audit(&entry).await?;
    work.commit().await?;
    Ok(Answer::of(SecondFactorSecret::of(&secret, &user.email)))
}

/// Confirms the second factor with its first code. From now on, a code is needed to sign in.
#[utoipa::path(
    post, path = "/api/v1/auth/second-factor/confirm", tag = "sign-in", security(("bearer" = [])),
    request_body = CodeProof,
    responses(
        (status = 200, body = Answer<RecoveryCodes>),
        (status = 403, body = RefusalBody, description = "an API key has no second factor"),
        (status = 409, body = RefusalBody, description = "no second factor waits to be confirmed"),
        (status = 422, body = RefusalBody, description = "the code is wrong"),
    ),
)]
pub async fn confirm_second_factor(
    State(app): State<App>,
    caller: Authenticated,
    Body(proof): Body<CodeProof>,
) -> Answered<RecoveryCodes> {
    let mut work = caller.work(&app).await?;
    let user = me(&mut work, &caller).await?;
    let factor = work.second_factor(user.id).await?.filter(|factor| !factor.confirmed);
    let nothing = || {
        Refusal::conflict(Fault::new(
            FaultCode::NoSecondFactor,
            "no second factor waits to be confirmed; set one up first",
        ))
    };
    let factor = factor.ok_or_else(nothing)?;
    if !takes_code(&app, &mut work, &user, &factor, &proof.code).await? {
        return Err(wrong_code());
    }
    let recovery_codes = work.renew_recovery_codes(user.id).await?;
    work.audit(&AuditEntry::done(AuditAction::UserSecondFactorSet, "user", user.id, json!({})))
        .await?;
    tell(&app, &mut work, user.email, true).await?;
    work.commit().await?;
    Ok(Answer::of(RecoveryCodes { recovery_codes }))
}

/// The caller, who has proved password and code; the work in which the code is spent.
async fn prove_both(
    app: &App,
    caller: &Authenticated,
    proof: FullProof,
    request_id: &RequestId,
) -> Result<(User, TenantWork), Refusal> {
    let turn = app.passwords.admit().await?;
    let user = prove_password(app, &turn, caller, "password", proof.password, request_id).await?;
    let mut work = caller.work(app).await?;
    let factor = work.second_factor(user.id).await?.filter(|factor| factor.confirmed);
    let factor = factor.ok_or_else(|| {
        Refusal::conflict(Fault::new(FaultCode::NoSecondFactor, "no second factor is set up"))
    })?;
    if !takes_code(app, &mut work, &user, &factor, &proof.code).await? {
        drop(work);
        let mut work = app.auth.state.system().await?;
        let guesser = work.signed_in(user.id);
        work.count_failure(&guesser, app.auth.config.lockout).await?;
        work.commit().await?;
        return Err(wrong_code());
    }
    Ok((user, work))
}

/// Removes the caller's second factor and recovery codes, unless the tenant requires a second factor.
#[utoipa::path(
    post, path = "/api/v1/auth/second-factor/remove", tag = "sign-in", security(("bearer" = [])),
    request_body = FullProof,
    responses(
        (status = 200, body = Answer<NoticeResponse>),
        (status = 403, body = RefusalBody, description = "an API key has no second factor"),
        (status = 409, body = RefusalBody, description = "no second factor is set up, or the tenant requires one"),
        (status = 422, body = RefusalBody, description = "the password or the code is wrong"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords or codes, or passwords at once"),
    ),
)]
pub async fn remove_second_factor(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    caller: Authenticated,
    Body(proof): Body<FullProof>,
) -> Answered<NoticeResponse> {
    let (user, mut work) = prove_both(&app, &caller, proof, &request_id).await?;
    if is_required(&mut work).await? {
        let text = "your tenant wants every user to have a second factor";
        return Err(Refusal::conflict(Fault::new(FaultCode::SecondFactorRequired, text)));
    }
    work.remove_second_factor(user.id).await?;
    let entry = AuditEntry::done(AuditAction::UserSecondFactorRemoved, "user", user.id, json!({}));
    work.audit(&entry).await?;
    tell(&app, &mut work, user.email, false).await?;
    work.commit().await?;
    Ok(Answer::of(NoticeResponse { message: "signing in takes your password alone" }))
}

/// Creates new recovery codes; earlier ones stop working.
#[utoipa::path(
    post, path = "/api/v1/auth/second-factor/recovery-codes", tag = "sign-in",
    security(("bearer" = [])), request_body = FullProof,
    responses(
        (status = 200, body = Answer<RecoveryCodes>),
        (status = 403, body = RefusalBody, description = "an API key has no second factor"),
        (status = 409, body = RefusalBody, description = "no second factor is set up"),
        (status = 422, body = RefusalBody, description = "the password or the code is wrong"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords or codes, or passwords at once"),
    ),
)]
pub async fn renew_recovery_codes(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    caller: Authenticated,
    Body(proof): Body<FullProof>,
) -> Answered<RecoveryCodes> {
    let (user, mut work) = prove_both(&app, &caller, proof, &request_id).await?;
    let recovery_codes = work.renew_recovery_codes(user.id).await?;
    let entry = AuditEntry::done(AuditAction::UserRecoveryCodesRenewed, "user", user.id, json!({}));
    work.audit(&entry).await?;
    work.commit().await?;
    Ok(Answer::of(RecoveryCodes { recovery_codes }))
}
