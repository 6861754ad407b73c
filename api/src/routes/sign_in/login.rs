//! `POST /auth/login`

use axum::Form;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use stratum_models::time::UnixMillis;
use utoipa::ToSchema;

use super::App;
use crate::answer::{Answer, Answered, Refusal, RefusalBody};
use crate::auth::password::{PASSWORD_BYTES_MAX, PasswordError};
use crate::state::user::NewSession;
use crate::telemetry;

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
                .map_err(|error| unreadable(error.status()))?;
            return Ok(form);
        }
        match Json::<LoginRequest>::from_request(request, state).await {
            Ok(Json(body)) => Ok(body),
            Err(error) => Err(unreadable(error.status())),
        }
    }
}

/// The parser's own text may quote the body, and with it a password: it stays here.
fn unreadable(status: StatusCode) -> Refusal {
    match status {
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

/// An access token.
#[derive(Serialize, ToSchema)]
pub struct LoginResponse {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// Seconds until it ends.
    expires_in: i64,
}

/// Signs in.
///
/// Takes JSON or the OAuth2 password form. Every failure has the same answer and takes the same
/// time, whether or not the account exists.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "sign-in",
    request_body(content(
        (LoginRequest = "application/json"),
        (LoginRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, body = Answer<LoginResponse>),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "the e-mail address or the password is wrong"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "neither JSON nor a form"),
        (status = 422, body = RefusalBody, description = "a field is missing"),
        (status = 429, body = RefusalBody, description = "too many sign-ins at once"),
        (status = 503, body = RefusalBody, description = "the state store does not answer"),
    ),
)]
pub async fn login(State(app): State<App>, request: LoginRequest) -> Answered<LoginResponse> {
    let outcome = sign_in(&app, request).await;
    let label = match &outcome {
        Ok(_) => "ok",
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => "wrong",
        Err(_) => "failed",
    };
    metrics::counter!(telemetry::SIGN_INS, "outcome" => label).increment(1);
    outcome
}

async fn sign_in(app: &App, request: LoginRequest) -> Answered<LoginResponse> {
    if request.password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::unprocessable("password", "the password is too long"));
    }
    let user = app.state.system().await?.user_by_email(&request.email).await?;
    let user = user.filter(|user| user.active);
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let verified = app.passwords.verify(request.password, stored).await;
    let is_right = verified.map_err(|error| match error {
        PasswordError::Busy => Refusal::busy("too many sign-ins at once; try again"),
        PasswordError::Failed => Refusal::internal(),
    })?;
    let Some(user) = user.filter(|_| is_right) else {
        return Err(Refusal::unauthorized("the e-mail address or the password is wrong"));
    };
    let (id, now) = (app.ids.next(), app.clock.now());
    let issued = app.tokens.issue(user.id, user.tenant_id, user.role, id, now);
    let (access_token, claims) = issued.map_err(|_| Refusal::internal())?;
    let expires_at = UnixMillis(claims.exp * 1000);
    let session = NewSession { id, user_id: user.id, expires_at };
    let mut work = app.state.operate(user.tenant_id).await?;
    work.create_session(session).await?;
    work.commit().await?;
    let expires_in = app.tokens.life_s();
    Ok(Answer::of(LoginResponse { access_token, token_type: "bearer", expires_in }))
}
