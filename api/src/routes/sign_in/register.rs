//! `POST /auth/register`

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::store::StoreErrorKind;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{nobody, pace};
use crate::answer::{Answer, Answered, Detail, Refusal, RefusalBody, RequestId};
use crate::auth::letters;
use crate::auth::password::weakness;
use crate::entropy::token;
use crate::mail::Letter;
use crate::routes::App;
use crate::routes::body::Body;
use crate::state::audit::AuditEntry;
use crate::state::tenant::NewTenant;
use crate::state::user::{NewUser, Role, User, canonical_email};
use crate::state::work::SystemWork;

const NAME_CHARS_MAX: usize = 200;
const SLUG_CHARS_MAX: usize = 40;
const SLUG_TRIES_MAX: usize = 8;

/// Who registers. Role and tenant are not chosen: it is always a new tenant, with them as admin.
#[derive(Deserialize, ToSchema)]
pub struct RegisterRequest {
    /// E-mail address.
    email: String,
    /// 8 to 128 characters, with an upper-case letter, a lower-case letter and a digit.
    #[schema(format = Password)]
    password: String,
    /// Name to show.
    full_name: String,
    /// The new tenant's name.
    tenant_name: String,
}

/// What was asked for. It says the same whether or not the address was known before.
#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    /// The address to sign in with.
    email: String,
    /// Name.
    full_name: String,
    /// The tenant's name.
    tenant_name: String,
    /// Always `admin`.
    role: Role,
    /// What to do next.
    message: &'static str,
}

/// Makes a tenant with the caller as its admin.
///
/// An address that has an account already is answered alike, in the same time; its owner gets a
/// letter, and nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/auth/register", tag = "sign-in", request_body = RegisterRequest,
    responses(
        (status = 201, body = Answer<RegisterResponse>),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 403, body = RefusalBody, description = "this installation takes no registrations"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 415, body = RefusalBody, description = "no JSON"),
        (status = 422, body = RefusalBody, description = "a field is missing or breaks a rule"),
        (status = 429, body = RefusalBody, description = "too many registrations at once"),
        (status = 503, body = RefusalBody, description = "the state store does not answer"),
    ),
)]
pub async fn register(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Body(request): Body<RegisterRequest>,
) -> Answered<RegisterResponse> {
    let began = Instant::now();
    if !app.auth.registration {
        let text = "this installation takes no registrations; ask an administrator to invite you";
        return Err(Refusal::new(StatusCode::FORBIDDEN, text));
    }
    let wanted = Registration::check(request)?;
    let place = app.mailer.reserve();
    let place = place.ok_or_else(|| Refusal::busy("too many registrations at once; try again"))?;
    let password_hash = app.passwords.hash(wanted.password.clone()).await?;
    if let Some(letter) = enter(&app, &wanted, password_hash, &request_id).await? {
        place.put(letter);
    }
    pace(&app, began).await;
    let Registration { email, full_name, tenant_name, .. } = wanted;
    let message = "sign in with your e-mail address and password";
    let role = Role::Admin;
    Ok(Answer::created(RegisterResponse { email, full_name, tenant_name, role, message }))
}

struct Registration {
    email: String,
    password: String,
    full_name: String,
    tenant_name: String,
}

impl Registration {
    /// 422 with every rule that is broken.
    fn check(request: RegisterRequest) -> Result<Registration, Refusal> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: &str| {
            faults.push(Detail { field: field.to_owned(), message: message.to_owned() });
        };
        let email = canonical_email(&request.email);
        if email.is_none() {
            fault("email", "email is not an e-mail address");
        }
        if let Some(weakness) = weakness(&request.password) {
            fault("password", weakness);
        }
        let mut name = |field: &str, text: &str| {
            let text = text.trim().to_owned();
            let fits = (1..=NAME_CHARS_MAX).contains(&text.chars().count());
            if !fits || text.contains(char::is_control) {
                fault(field, &format!("is a text of 1 to {NAME_CHARS_MAX} characters on one line"));
            }
            text
        };
        let full_name = name("full_name", &request.full_name);
        let tenant_name = name("tenant_name", &request.tenant_name);
        match email.filter(|_| faults.is_empty()) {
            Some(email) => {
                Ok(Registration { email, password: request.password, full_name, tenant_name })
            }
            None => Err(Refusal::broken(faults)),
        }
    }
}

/// Stores tenant and user, or finds that the address is known; the letter that either leads to.
async fn enter(
    app: &App,
    wanted: &Registration,
    password_hash: String,
    request_id: &RequestId,
) -> Result<Option<Letter>, Refusal> {
    let mut work = app.state.system().await?;
    if let Some(owner) = work.user_by_email(&wanted.email).await? {
        return tell(app, work, owner, request_id).await;
    }
    let (tenant, slug) = create_tenant(app, &mut work, &wanted.tenant_name).await?;
    let mut work = work.enter(tenant, nobody(request_id)).await?;
    let new = NewUser {
        email: wanted.email.clone(),
        full_name: wanted.full_name.clone(),
        role: Role::Admin,
        password_hash,
    };
    let user = match work.create_user(&new).await {
        Ok(user) => user,
        // Somebody was faster by a moment, and gets a letter anyhow.
        Err(error) if error.kind == StoreErrorKind::Conflict => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let changes = json!({"slug": slug});
    work.audit(&AuditEntry::done("tenant.registered", "tenant", tenant, changes)).await?;
    let changes = json!({"role": Role::Admin});
    work.audit(&AuditEntry::done("user.created", "user", user, changes)).await?;
    work.commit().await?;
    Ok(Some(letters::welcome(wanted.email.clone(), &app.public_url)))
}

/// The letter to the owner of a known address, unless there was one not long ago.
async fn tell(
    app: &App,
    work: SystemWork,
    owner: User,
    request_id: &RequestId,
) -> Result<Option<Letter>, Refusal> {
    let mut work = work.enter(owner.tenant_id, nobody(request_id)).await?;
    let every = TimeDelta::seconds(app.auth.notice_every_s.into());
    let tells = work.note_notice(owner.id, every).await?;
    let entry = AuditEntry::refused("tenant.registered", "user", json!({"told": tells}));
    work.audit(&AuditEntry { object_id: owner.id.to_string(), ..entry }).await?;
    work.commit().await?;
    Ok(tells.then(|| letters::known_address(owner.email)))
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
        if let Some(id) = work.create_tenant_if_free(&new).await? {
            return Ok((id, slug));
        }
    }
    Err(Refusal::unavailable("no short name was free; try again"))
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

    #[test]
    fn every_broken_rule_is_named() {
        let request = RegisterRequest {
            email: "ana".into(),
            password: "short".into(),
            full_name: " ".into(),
            tenant_name: "a\u{0}b".into(),
        };
        let refusal = Registration::check(request).err().unwrap();
        let fields: Vec<_> = refusal.details().iter().map(|detail| &*detail.field).collect();
        assert_eq!(fields, ["email", "password", "full_name", "tenant_name"]);
    }
}
