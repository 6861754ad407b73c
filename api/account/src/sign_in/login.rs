//! `POST /auth/login`

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Form, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::password::{PASSWORD_BYTES_MAX, Turn, Verdict};
use stratum_http::auth::token::{Holder, RefreshToken, TokenPair};
use stratum_http::edge::pace::TooSlow;
use stratum_models::id::{TenantId, UserId};
use stratum_models::time::UnixMillis;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use stratum_state::device::{Device, TOKEN_BYTES_MAX};
use stratum_state::factor_secret::CODE_BYTES_MAX;
use stratum_state::session::NewSession;
use stratum_state::sign_in::Guesser;
use stratum_state::user::User;
use stratum_state::work::TenantWork;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cookie::Carrier;
use super::origin::Origin;
use super::proof::{Factor, ask};
use super::second_factor::SecondFactorSecret;
use super::{nobody, pace, wrong};
use crate::App;

/// Sign-ins by outcome.
const SIGN_INS: &str = "stratum_api_sign_ins_total";

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
    /// The code of the second factor, or a recovery code, if `next` asks for one.
    #[serde(default)]
    code: Option<String>,
    /// The `device_token` of this device's last sign-in. With it, wrong passwords of others cannot lock this device
    /// out.
    #[serde(default)]
    device_token: Option<String>,
}

/// A sign-in, or what it takes.
#[derive(Default, Serialize, ToSchema)]
pub struct LoginResponse {
    /// The step that is missing, to be sent again with the password; null when signed in.
    next: Option<NextStep>,
    /// The access token, for `Authorization: Bearer …`. This and the fields below are absent until the user is
    /// signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// The refresh token, exchanged once for new tokens at `/auth/refresh`; absent if it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Seconds until the access token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    /// A token that the device stores and sends at its next sign-in. It gives no access.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
    /// Shown once, where this sign-in has set up the second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// The secret to set up the second factor with, where `next` is `set_up_second_factor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    second_factor: Option<SecondFactorSecret>,
}

/// A step that a sign-in takes beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// A code of the second factor.
    SecondFactor,
    /// The tenant wants a second factor, and there is none: the first code of the secret in the answer.
    SetUpSecondFactor,
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
        StatusCode::UNPROCESSABLE_ENTITY => Refusal::unprocessable(
            "",
            Fault::new(FaultCode::Missing, "email and password are required, and are texts"),
        ),
        _ => Refusal::malformed("the body cannot be read", Vec::new()),
    }
}

/// Signs in.
///
/// Accepts JSON or the OAuth2 password form. Every failure has the same answer and takes the same time, whether or
/// not the account exists. Five wrong passwords or codes within five minutes lock the account for fifteen minutes,
/// also an account that does not exist; a device that has signed in before is counted separately. If more than a
/// password is needed, the answer says so in `next` and contains no tokens: send the request again with `code`.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "sign-in",
    params(("x-session" = Option<String>, Header, description = "`cookie`, for a page of this address: the refresh token comes in a cookie that no script reads")),
    request_body(content(
        (LoginRequest = "application/json"),
        (LoginRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, body = Answer<LoginResponse>),
        (status = 401, body = RefusalBody, description = "the e-mail address, the password or the code is wrong"),
        (status = 403, body = RefusalBody, description = "a cookie is for pages of this address"),
        (status = 415, body = RefusalBody, description = "neither JSON nor a form"),
        (status = 429, body = RefusalBody, description = "too many wrong passwords, or sign-ins at once; Retry-After tells when"),
    ),
)]
pub async fn login(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    origin: Origin,
    carrier: Carrier,
    request: LoginRequest,
) -> Result<(HeaderMap, Answer<LoginResponse>), Refusal> {
    let began = Instant::now();
    let outcome = sign_in(&app, &request, &origin, &request_id).await;
    let label = match &outcome {
        Ok(answer) if answer.data.next.is_some() => "more",
        Ok(_) => "ok",
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => "wrong",
        Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => "refused",
        Err(_) => "failed",
    };
    metrics::counter!(SIGN_INS, "outcome" => label).increment(1);
    if label == "wrong" {
        pace(&app, began).await;
    }
    let mut answer = outcome?;
    let headers = match answer.data.refresh_token.take() {
        Some(token) => {
            let seconds = app.auth.tokens.refresh_s();
            let headers = carrier.headers(&token, seconds)?;
            answer.data.refresh_token = carrier.body(token);
            headers
        }
        None => HeaderMap::new(),
    };
    Ok((headers, answer))
}

/// An account as it was found, and who tries it.
struct Attempt<'a> {
    request: &'a LoginRequest,
    origin: &'a Origin,
    request_id: &'a RequestId,
    device: Option<Device>,
    guesser: Guesser,
}

/// The outcome of a right password.
enum Admission {
    /// A sign-in, or what it takes beside.
    Answer(Box<LoginResponse>),
    /// The code is wrong.
    WrongCode,
    /// The user changed since the password was checked.
    Changed,
}

async fn sign_in(
    app: &App,
    request: &LoginRequest,
    origin: &Origin,
    request_id: &RequestId,
) -> Answered<LoginResponse> {
    let too_long =
        |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.len() > most);
    if request.password.len() > PASSWORD_BYTES_MAX
        || request.email.len() > EMAIL_BYTES_MAX
        || too_long(&request.code, CODE_BYTES_MAX)
        || too_long(&request.device_token, TOKEN_BYTES_MAX)
    {
        return Err(Refusal::unprocessable(
            "",
            Fault::new(FaultCode::TooLong, "a field is too long"),
        ));
    }
    // Before the store is asked: those who wait or are turned away cost it nothing.
    let turn = app.passwords.admit().await?;
    for _ in 0..ATTEMPTS_MAX {
        let (user, device, guesser) = find(app, request).await?;
        let attempt = Attempt { request, origin, request_id, device, guesser };
        let account = user.as_ref().map(|user| (user.tenant_id, user.id));
        let user = user.filter(|user| user.active);
        let Some((user, rehashed)) = check(&turn, user, &request.password).await? else {
            refuse(app, &attempt, account).await?;
            return Err(wrong());
        };
        match admit(app, &attempt, &user, rehashed).await? {
            Admission::Answer(answer) => return Ok(Answer::of(*answer)),
            Admission::WrongCode => {
                refuse(app, &attempt, account).await?;
                let message = "the code is wrong or was already used";
                return Err(Refusal::unauthorized(Fault::new(FaultCode::WrongCode, message)));
            }
            Admission::Changed => {}
        }
    }
    Err(wrong())
}

pub(super) fn locked(app: &App, until: UnixMillis) -> Refusal {
    let wait_s = (until.0 - app.clock.now().0).div_euclid(1000) + 1;
    Refusal::busy("too many wrong passwords; the account is locked for some minutes")
        .after(u32::try_from(wait_s).unwrap_or(1))
}

/// The user of this address, the device where it is a known one, and whose guess this is; refused while
/// that one is locked out.
async fn find(
    app: &App,
    request: &LoginRequest,
) -> Result<(Option<User>, Option<Device>, Guesser), Refusal> {
    let mut work = app.auth.state.system().await?;
    let user = work.user_by_email(&request.email).await?;
    let device = request.device_token.as_deref().and_then(|token| work.device(token));
    let now = app.clock.now();
    let device = device.filter(|device| {
        user.as_ref().is_some_and(|user| device.is_of(user.id, &user.password_hash, now))
    });
    let guesser = match &device {
        Some(device) => work.guesser_at(device),
        None => work.strangers(&request.email),
    };
    if let Some(until) = work.locked_until(&guesser).await? {
        return Err(locked(app, until));
    }
    Ok((user, device, guesser))
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

/// Counts a wrong password or code and writes it down, for the tenant where there is one.
async fn refuse(
    app: &App,
    attempt: &Attempt<'_>,
    account: Option<(TenantId, UserId)>,
) -> Result<(), Refusal> {
    let tenant = account.map(|(tenant, _)| tenant);
    let object_id = account.map(|(_, user)| user.to_string()).unwrap_or_default();
    let mut work = app.auth.state.system().await?;
    let locks = work.count_failure(&attempt.guesser, app.auth.config.lockout).await?.is_some();
    let entry = |action| AuditEntry {
        object_id: object_id.clone(),
        ..AuditEntry::refused(action, "user", json!({}))
    };
    let author = nobody(attempt.request_id);
    work.audit(tenant, author.clone(), &entry(AuditAction::UserSignedIn)).await?;
    if locks {
        work.audit(tenant, author, &entry(AuditAction::UserLockedOut)).await?;
    }
    work.commit().await?;
    Ok(())
}

/// Begins a session where nothing else is needed.
async fn admit(
    app: &App,
    attempt: &Attempt<'_>,
    user: &User,
    rehashed: Option<String>,
) -> Result<Admission, Refusal> {
    let mut work = app.auth.state.system().await?;
    // Guesses that were under way when others locked the account do not count.
    if let Some(until) = work.clear_failures(&attempt.guesser).await? {
        return Err(locked(app, until));
    }
    let device_id = attempt.device.as_ref().map_or_else(|| app.ids.next(), |device| device.id);
    let password_hash = rehashed.as_deref().unwrap_or(&user.password_hash);
    let device = Device::new(device_id, user.id, password_hash, app.clock.now());
    let device_token = work.device_token(&device)?;
    let request_id = attempt.request_id.0.clone();
    let author = Author { actor: Actor::User(user.id), request_id };
    let mut work = work.enter(user.tenant_id, author).await?;
    let recovery_codes = match ask(app, &mut work, user, attempt.request.code.as_deref()).await? {
        Factor::Passed(recovery_codes) => recovery_codes,
        // Left without committing: the failures before are not forgotten for a password alone.
        Factor::Needed => return Ok(answer(LoginResponse::needs(NextStep::SecondFactor))),
        Factor::Wrong => return Ok(Admission::WrongCode),
        Factor::Missing(secret) => {
            work.commit().await?;
            let second_factor = Some(SecondFactorSecret::of(&secret, &user.email));
            let needs = LoginResponse::needs(NextStep::SetUpSecondFactor);
            return Ok(answer(LoginResponse { second_factor, ..needs }));
        }
    };
    let Some(pair) = begin(app, &mut work, attempt, user, rehashed.as_deref()).await? else {
        return Ok(Admission::Changed);
    };
    work.commit().await?;
    Ok(answer(LoginResponse {
        access_token: Some(pair.access),
        refresh_token: Some(pair.refresh),
        token_type: Some("bearer"),
        expires_in: Some(app.auth.tokens.access_s()),
        device_token: Some(device_token),
        recovery_codes,
        ..LoginResponse::default()
    }))
}

fn answer(response: LoginResponse) -> Admission {
    Admission::Answer(Box::new(response))
}

impl LoginResponse {
    fn needs(next: NextStep) -> LoginResponse {
        LoginResponse { next: Some(next), ..LoginResponse::default() }
    }
}

/// Writes the session down; `None` where the user changed since the password was checked.
async fn begin(
    app: &App,
    work: &mut TenantWork,
    attempt: &Attempt<'_>,
    user: &User,
    rehashed: Option<&str>,
) -> Result<Option<TokenPair>, Refusal> {
    let (session, access_id, refresh_id) = (app.ids.next(), app.ids.next(), app.ids.next());
    let now = app.clock.now();
    let ends_at = app.auth.tokens.session_ends(now);
    let expires_at = app.auth.tokens.refresh_ends(now).min(ends_at);
    let new = NewSession {
        id: session,
        user_id: user.id,
        password_hash: &user.password_hash,
        refresh_id,
        expires_at,
        ends_at,
        device: &attempt.origin.device,
    };
    let Some(role) = work.create_session(&new).await? else { return Ok(None) };
    if let Some(hash) = rehashed {
        work.set_password(user.id, hash).await?;
    }
    work.audit(&AuditEntry::done(AuditAction::UserSignedIn, "session", session, json!({}))).await?;
    let holder = Holder { user: user.id, tenant: user.tenant_id, role, session };
    let refresh = RefreshToken { id: refresh_id, made_at: now, ends_at: expires_at };
    let pair = app.auth.tokens.pair(holder, access_id, refresh, now);
    pair.map(Some).map_err(|_| Refusal::internal())
}
