//! `POST /auth/confirm`

use axum::Extension;
use axum::extract::State;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::messages;
use stratum_http::auth::password::{PASSWORD_BYTES_MAX, Verdict};
use stratum_http::body::Body;
use stratum_models::entropy::token;
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::limit::FREE;
use stratum_state::registration::Applicant;
use stratum_state::tenant::NewTenant;
use stratum_state::user::{NewUser, Role};
use stratum_state::work::SystemWork;
use utoipa::ToSchema;

use super::nobody;
use crate::App;
use stratum_jobs::mail::MailPermit;

const SLUG_CHARS_MAX: usize = 40;
const SLUG_TRIES_MAX: usize = 8;

/// A token from a letter, and the password that was chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The token.
    token: String,
    /// The password of the registration: who reads the letter and does not know it has not registered, and
    /// makes no account for a stranger.
    #[schema(format = Password)]
    password: String,
}

/// The account that was made.
#[derive(Serialize, ToSchema)]
pub struct ConfirmResponse {
    /// The address to sign in with.
    email: String,
    /// Name of the user.
    full_name: String,
    /// The new tenant's name.
    tenant_name: String,
    /// The new tenant's short name.
    tenant: String,
    /// Always `admin`.
    role: Role,
}

/// Confirms a registration: creates the tenant and the registered user as its admin, who may sign in from now on.
#[utoipa::path(
    post, path = "/api/v1/auth/confirm", tag = "sign-in", request_body = ConfirmRequest,
    responses(
        (status = 201, body = Answer<ConfirmResponse>),
        (status = 409, body = RefusalBody, description = "an account with this address was created in the meantime"),
        (status = 422, body = RefusalBody, description = "the token is unknown, used or expired, or the password is not the one of the registration"),
        (status = 429, body = RefusalBody, description = "too many passwords at once"),
    ),
)]
pub async fn confirm(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<ConfirmRequest>,
) -> Answered<ConfirmResponse> {
    let ConfirmRequest { token, password } = request;
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::unprocessable(
            "password",
            Fault::new(FaultCode::TooLong, "is too long"),
        ));
    }
    let turn = app.passwords.admit().await?;
    // A token that is none does not cost a hash.
    let waiting = app.auth.state.system().await?.pending_registration(&token).await?;
    let applicant = waiting.ok_or_else(over)?;
    let verdict = turn.verify(password, Some(applicant.password_hash.clone())).await?;
    if verdict == Verdict::Wrong {
        let message = "is not the password that you registered with";
        return Err(Refusal::unprocessable(
            "password",
            Fault::new(FaultCode::WrongPassword, message),
        ));
    }
    let mut work = app.auth.state.system().await?;
    if !work.spend_pending_registration(&token).await? {
        return Err(over());
    }
    let Applicant { email, full_name, tenant_name, .. } = applicant.clone();
    let made = make_account(&app, work, applicant, None, &request_id).await?;
    let tenant = made.ok_or_else(|| {
        Refusal::conflict(Fault::new(
            FaultCode::AddressTaken,
            "an account with your address already exists; sign in, or request a new password",
        ))
    })?;
    let role = Role::Admin;
    Ok(Answer::created(ConfirmResponse { email, full_name, tenant_name, tenant, role }))
}

fn over() -> Refusal {
    Refusal::unprocessable(
        "token",
        Fault::new(FaultCode::TokenEnded, "the token is not valid any more; register again"),
    )
}

/// Makes a tenant with its admin, welcomes the admin where that is permitted, and commits; the tenant's short name.
/// `None`, and nothing is done, where the address is somebody's.
pub(super) async fn make_account(
    app: &App,
    mut work: SystemWork,
    applicant: Applicant,
    welcome: Option<MailPermit>,
    request_id: &RequestId,
) -> Result<Option<String>, Refusal> {
    let Applicant { email, full_name, tenant_name, password_hash } = applicant;
    let (tenant, slug) = create_tenant(app, &mut work, &tenant_name).await?;
    let mut work = work.enter(tenant, nobody(request_id)).await?;
    let new = NewUser { email, full_name, role: Role::Admin, password_hash };
    let user = match work.create_user(&new).await {
        Ok(user) => user,
        Err(error) if error.kind == StoreErrorKind::Conflict => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let changes = json!({"slug": slug, "plan": FREE});
    work.audit(&AuditEntry::done(AuditAction::TenantRegistered, "tenant", tenant, changes)).await?;
    let changes = json!({"role": Role::Admin});
    work.audit(&AuditEntry::done(AuditAction::UserCreated, "user", user, changes)).await?;
    if let Some(permit) = welcome {
        app.mail.send(&mut work, permit, messages::welcome(&app.public_url)).await?;
    }
    work.commit().await?;
    Ok(Some(slug))
}

/// A tenant whose short name is made of its name, and of random letters where that is taken.
async fn create_tenant(
    app: &App,
    work: &mut SystemWork,
    name: &str,
) -> Result<(TenantId, String), Refusal> {
    let base = slug(name);
    for attempt in 0..SLUG_TRIES_MAX {
        let slug = match attempt {
            0 => base.clone(),
            _ => format!("{base}-{}", token(&*app.entropy, 6).to_ascii_lowercase()),
        };
        let new = NewTenant {
            slug: slug.clone(),
            name: name.to_owned(),
            time_zone: Tz::UTC,
            reporting_currency: Currency::USD,
        };
        if let Some(id) = work.create_tenant_if_free(&new, FREE).await? {
            return Ok((id, slug));
        }
    }
    Err(Refusal::unavailable("no short name is free; try again"))
}

/// Letters and digits of a name, dashes for the rest.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let short: String = joined.chars().take(SLUG_CHARS_MAX).collect();
    match short.trim_end_matches('-') {
        "" => "tenant".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_holds_letters_digits_and_dashes() {
        for (name, expected) in [
            ("Nile Souq", "nile-souq"),
            ("  Müller & Söhne (2024) ", "m-ller-s-hne-2024"),
            ("سوق النيل", "tenant"),
            ("---", "tenant"),
        ] {
            assert_eq!(slug(name), expected);
        }
        let long = slug(&format!("{} b", "a".repeat(SLUG_CHARS_MAX - 1)));
        assert_eq!(long, "a".repeat(SLUG_CHARS_MAX - 1));
    }
}
