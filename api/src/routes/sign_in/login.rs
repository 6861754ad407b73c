//! `POST /auth/login`

use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::{Extension, Form, Json};
use serde::Deserialize;
use serde_json::json;
use stratum_models::id::{TenantId, UserId};
use stratum_models::time::UnixMillis;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{TokenResponse, nobody, pace};
use crate::answer::{Answer, Answered, Refusal, RefusalBody, RequestId};
use crate::auth::password::{PASSWORD_BYTES_MAX, Turn, Verdict};
use crate::auth::token::Holder;
use crate::edge::pace::TooSlow;
use crate::routes::App;
use crate::state::audit::{Actor, AuditEntry, Author};
use crate::state::session::NewSession;
use crate::state::user::User;
use crate::telemetry;

/// Somebody with several sign-ins at once may have the stored hash replaced under the others.
const ATTEMPTS_MAX: usize = 3;

/// The longest address there is, twice over.
const EMAIL_BYTES_MAX: usize = 512;

/// Who signs in. `username`, the name of the OAuth2 password form, is the same as `email`.
#[derive(Deserialize, ToSchema)]
pub struct LoginRequest {
    /// E-mail address.
    #[serde(alias = "username")]
    email: String,
    /// Password.
    #[schema(format = Password)]
    password: String,
}

impl<S: Send + Sync> FromRequest<S> for LoginRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if content_type.starts_with("application/x-www-form-urlencoded") {
            let Form(form) = Form::<LoginRequest>::from_request(request, state)
                .await
                .map_err(|error| unreadable(&error, error.status()))?;
            return Ok(form);
        }
        match Json::<LoginRequest>::from_request(request, state).await {
            Ok(Json(body)) => Ok(body),
            Err(error) => Err(unreadable(&error, error.status())),
        }
    }
}

/// The parser's own text may quote the body, and with it a password: it stays here.
fn unreadable(error: &(dyn std::error::Error + 'static), status: StatusCode) -> Refusal {
    match status {
        _ if TooSlow::caused(error) => Refusal::too_slow(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refusal::new(status, "send application/json or application/x-www-form-urlencoded")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(status, "the body is too large"),
        StatusCode::UNPROCESSABLE_ENTITY => {
            Refusal::unprocessable("", "email and password are required, and are texts")
        }
        _ => Refusal::malformed("the body cannot be read", Vec::new()),
    }
}

/// Signs in.
///
/// Takes JSON or the OAuth2 password form. Every failure has the same answer and takes the same
/// time, whether or not the account exists. Five wrong passwords in five minutes lock the account for
/// fifteen, one that does not exist like one that does.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "sign-in",
    request_body(content(
        (LoginRequest = "application/json"),
        (LoginRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, body = Answer<TokenResponse>),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "the e-mail address or the password is wrong"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "neither JSON nor a form"),
        (status = 422, body = RefusalBody, description = "a field is missing"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords, or sign-ins at once; Retry-After tells when"),
        (status = 503, body = RefusalBody, description = "the state store does not answer"),
    ),
)]
pub async fn login(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    request: LoginRequest,
) -> Answered<TokenResponse> {
    let began = Instant::now();
    let outcome = sign_in(&app, request, &request_id).await;
    let label = match &outcome {
        Ok(_) => "ok",
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => "wrong",
        Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => "refused",
        Err(_) => "failed",
    };
    metrics::counter!(telemetry::SIGN_INS, "outcome" => label).increment(1);
    if label == "wrong" {
        pace(&app, began).await;
    }
    outcome
}

async fn sign_in(
    app: &App,
    request: LoginRequest,
    request_id: &RequestId,
) -> Answered<TokenResponse> {
    let LoginRequest { email, password } = request;
    if password.len() > PASSWORD_BYTES_MAX || email.len() > EMAIL_BYTES_MAX {
        return Err(Refusal::unprocessable("", "the e-mail address or the password is too long"));
    }
    // Before the store is asked: those who wait or are turned away cost it nothing.
    let turn = app.passwords.admit().await?;
    for _ in 0..ATTEMPTS_MAX {
        let user = find(app, &email).await?;
        let account = user.as_ref().map(|user| (user.tenant_id, user.id));
        let user = user.filter(|user| user.active);
        let Some((user, rehashed)) = check(&turn, user, &password).await? else {
            return Err(refuse(app, &email, account, request_id).await?);
        };
        if let Some(tokens) = admit(app, &email, &user, rehashed, request_id).await? {
            return Ok(Answer::of(tokens));
        }
    }
    Err(wrong())
}

fn wrong() -> Refusal {
    Refusal::unauthorized("the e-mail address or the password is wrong")
}

fn locked(app: &App, until: UnixMillis) -> Refusal {
    let wait_s = (until.0 - app.clock.now().0).div_euclid(1000) + 1;
    Refusal::busy("too many wrong passwords; the account is locked for some minutes")
        .after(u32::try_from(wait_s).unwrap_or(1))
}

/// The user of this address, unless it is locked.
async fn find(app: &App, email: &str) -> Result<Option<User>, Refusal> {
    let mut work = app.state.system().await?;
    if let Some(until) = work.locked_until(email).await? {
        return Err(locked(app, until));
    }
    Ok(work.user_by_email(email).await?)
}

/// The user, if the password is right, with another hash to store where the old one is outdated.
async fn check(
    turn: &Turn,
    user: Option<User>,
    password: &str,
) -> Result<Option<(User, Option<String>)>, Refusal> {
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    Ok(match (turn.verify(password.to_owned(), stored).await?, user) {
        (Verdict::Right(rehashed), Some(user)) => Some((user, rehashed)),
        _ => None,
    })
}

/// Counts a wrong password and writes it down, for the tenant where there is one.
async fn refuse(
    app: &App,
    email: &str,
    account: Option<(TenantId, UserId)>,
    request_id: &RequestId,
) -> Result<Refusal, Refusal> {
    let tenant = account.map(|(tenant, _)| tenant);
    let object_id = account.map(|(_, user)| user.to_string()).unwrap_or_default();
    let mut work = app.state.system().await?;
    let locks = work.count_failure(email, app.auth.lockout).await?.is_some();
    let entry = |action| AuditEntry {
        object_id: object_id.clone(),
        ..AuditEntry::refused(action, "user", json!({}))
    };
    work.audit(tenant, nobody(request_id), &entry("user.signed_in")).await?;
    if locks {
        work.audit(tenant, nobody(request_id), &entry("user.locked_out")).await?;
    }
    work.commit().await?;
    Ok(wrong())
}

/// Begins a session; `None` where the user changed since the password was checked.
async fn admit(
    app: &App,
    email: &str,
    user: &User,
    rehashed: Option<String>,
    request_id: &RequestId,
) -> Result<Option<TokenResponse>, Refusal> {
    let (session, access_id, refresh_id) = (app.ids.next(), app.ids.next(), app.ids.next());
    let now = app.clock.now();
    let mut work = app.state.system().await?;
    // Guesses that were under way when others locked the account do not count.
    if let Some(until) = work.clear_failures(email).await? {
        return Err(locked(app, until));
    }
    let author = Author { actor: Actor::User(user.id), request_id: request_id.0.clone() };
    let mut work = work.enter(user.tenant_id, author).await?;
    let new = NewSession {
        id: session,
        user_id: user.id,
        password_hash: &user.password_hash,
        refresh_id,
        expires_at: app.tokens.refresh_ends(now),
    };
    let Some(role) = work.create_session(&new).await? else { return Ok(None) };
    if let Some(hash) = rehashed {
        work.set_password(user.id, &hash).await?;
    }
    work.audit(&AuditEntry::done("user.signed_in", "session", session, json!({}))).await?;
    work.commit().await?;
    let holder = Holder { user: user.id, tenant: user.tenant_id, role, session };
    let pair = app.tokens.pair(holder, access_id, refresh_id, now);
    Ok(Some(TokenResponse::of(app, pair.map_err(|_| Refusal::internal())?)))
}
