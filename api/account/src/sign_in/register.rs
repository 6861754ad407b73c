//! `POST /auth/register`

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::{Registration, messages};
use stratum_http::body::Body;
use stratum_http::rules::Rules;
use stratum_models::time::UnixMillis;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::registration::Applicant;
use stratum_state::user::{User, canonical_email};
use stratum_state::work::SystemWork;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::confirm::make_account;
use super::{nobody, pace};
use crate::App;
use stratum_jobs::mail::{Cause, MailError, MailPermit};

const NAME_CHARS_MAX: usize = 200;
const HOUR_MS: i64 = 3_600_000;

/// Who registers. Role and tenant are not chosen: it is always a new tenant, with them as admin.
#[derive(Deserialize, ToSchema)]
pub struct RegisterRequest {
    /// E-mail address.
    #[schema(format = Email)]
    email: String,
    /// 8 to 128 characters; none of the commonest passwords, and not made of the address or the names.
    #[schema(format = Password)]
    password: String,
    /// Name to show.
    full_name: String,
    /// The new tenant's name.
    tenant_name: String,
}

/// The next step. It is the same whether or not the address was known before.
#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    /// The e-mail address, normalised.
    email: String,
    /// True where the link of a letter must be opened first; false where one may sign in at once.
    confirm: bool,
    /// In words.
    message: &'static str,
}

/// Registers a new tenant with the caller as its admin.
///
/// An e-mail with a token for `/auth/confirm` is sent; neither the tenant nor the user exists before it is used.
/// For an address that already has an account, the answer and its time are the same; its owner gets an e-mail, and
/// nothing is changed. Where registration is `open` (for trials), the account is created at once.
#[utoipa::path(
    post, path = "/api/v1/auth/register", tag = "sign-in", request_body = RegisterRequest,
    responses(
        (status = 202, body = Answer<RegisterResponse>),
        (status = 403, body = RefusalBody, description = "this installation takes no registrations"),
        (status = 429, body = RefusalBody, description = "too many registrations at once"),
    ),
)]
pub async fn register(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<RegisterRequest>,
) -> Answered<RegisterResponse> {
    let began = Instant::now();
    let confirm = match app.auth.config.registration {
        Registration::Confirmed => true,
        Registration::Open => false,
        Registration::Off | Registration::Auto => {
            let text =
                "this installation takes no registrations; ask an administrator to invite you";
            return Err(Refusal::new(StatusCode::FORBIDDEN, text));
        }
    };
    let applicant = check(&app, request).await?;
    // Before it is looked whether the address is known: what is left of an allowance tells nothing.
    let permit = match app.mail.reserve(&applicant.email, Cause::Stranger).await {
        Ok(permit) => Some(permit),
        Err(MailError::Over) => None,
        Err(other) => return Err(other.into()),
    };
    let email = applicant.email.clone();
    // A request that nobody can confirm is none.
    if permit.is_some() || !confirm {
        enter(&app, applicant, confirm, permit, &request_id).await?;
    }
    pace(&app, began).await;
    let message = match confirm {
        true => "open the link of the letter that is on its way to you",
        false => "sign in with your e-mail address and password",
    };
    Ok(Answer::with(StatusCode::ACCEPTED, RegisterResponse { email, confirm, message }))
}

/// Who registers, with the password's hash; 422 with every rule that is broken.
async fn check(app: &App, request: RegisterRequest) -> Result<Applicant, Refusal> {
    let RegisterRequest { email, password, full_name, tenant_name } = request;
    let turn = app.passwords.admit().await?;
    let weakness = turn.weakness(&password, &[&email, &full_name, &tenant_name]).await?;
    let (email, full_name, tenant_name) = read(&email, &full_name, &tenant_name, weakness)?;
    let password_hash = turn.hash(password).await?;
    Ok(Applicant { email, full_name, tenant_name, password_hash })
}

/// Address and names as they are kept.
fn read(
    email: &str,
    full_name: &str,
    tenant_name: &str,
    weakness: Option<Fault>,
) -> Result<(String, String, String), Refusal> {
    let mut rules = Rules::default();
    let email = canonical_email(email);
    rules.hold(
        "email",
        email.is_some(),
        Fault::new(FaultCode::NoEmail, "is not an e-mail address"),
    );
    if let Some(weakness) = weakness {
        rules.hold("password", false, weakness);
    }
    let full_name = rules.name("full_name", full_name, NAME_CHARS_MAX);
    let tenant_name = rules.name("tenant_name", tenant_name, NAME_CHARS_MAX);
    rules.finish()?;
    Ok((email.unwrap_or_default(), full_name, tenant_name))
}

/// Keeps the request, or makes the account at once, or finds that the address is known, and queues the message
/// that each leads to.
async fn enter(
    app: &App,
    applicant: Applicant,
    confirm: bool,
    permit: Option<MailPermit>,
    request_id: &RequestId,
) -> Result<(), Refusal> {
    let mut work = app.auth.state.system().await?;
    if let Some(owner) = work.user_by_email(&applicant.email).await? {
        return tell(app, work, owner, permit, request_id).await;
    }
    if !confirm {
        // Where somebody was faster by a moment, they get a message.
        return make_account(app, work, applicant, permit, request_id).await.map(drop);
    }
    let hours = app.auth.config.registration_hours;
    let ends = UnixMillis(app.clock.now().0 + i64::from(hours) * HOUR_MS);
    let token = work.create_pending_registration(&applicant, ends).await?;
    let entry = AuditEntry::done(AuditAction::RegistrationAsked, "registration", "", json!({}));
    work.audit(None, nobody(request_id), &entry).await?;
    if let Some(permit) = permit {
        let (name, url) = (&applicant.tenant_name, &app.public_url);
        let message = messages::confirmation(name, token.expose(), hours, url);
        app.mail.send_to_stranger(&mut work, permit, message).await?;
    }
    Ok(work.commit().await?)
}

/// Tells the owner of a known address, unless they were told not long ago.
async fn tell(
    app: &App,
    work: SystemWork,
    owner: User,
    permit: Option<MailPermit>,
    request_id: &RequestId,
) -> Result<(), Refusal> {
    let mut work = work.enter(owner.tenant_id, nobody(request_id)).await?;
    let every = TimeDelta::seconds(app.auth.config.notice_every_s.into());
    let tells = work.note_notice(owner.id, every).await?;
    let entry = AuditEntry::refused(AuditAction::TenantRegistered, "user", json!({"told": tells}));
    work.audit(&AuditEntry { object_id: owner.id.to_string(), ..entry }).await?;
    if let Some(permit) = permit.filter(|_| tells) {
        app.mail.send(&mut work, permit, messages::known_address()).await?;
    }
    Ok(work.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_named() {
        let refusal = read("ana", " ", "a\u{0}b", Some("too short".into())).unwrap_err();
        let fields: Vec<_> = refusal.details().iter().map(|detail| &*detail.field).collect();
        assert_eq!(fields, ["email", "password", "full_name", "tenant_name"]);
        let (email, ..) = read(" Ana@Example.com", "Ana", "Nile", None).unwrap();
        assert_eq!(email, "ana@example.com");
    }
}
