//! `/users`: who may sign in to the tenant. Nobody is added without a word of their own: adding is
//! inviting, and who is invited sets name and password.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::{Fields, Params};
use stratum_http::id::{Id, Resource};
use stratum_http::paging::read_page;
use stratum_http::rules::{name, sent};
use stratum_models::id::UserId;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::limit::Limit;
use stratum_state::user::{Role, User};
use stratum_state::user_change::UserFilter;
use stratum_state::work::TenantWork;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;
use super::invitations::{InvitationRefusals, InvitationRequest, InvitationResponse, invite};

/// Longest name of a user.
pub(super) const NAME_CHARS_MAX: usize = 200;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_users, add_user)).routes(routes!(
        user,
        change_user,
        deactivate_user
    ))
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersParams {
    /// Of one role.
    #[param(value_type = Option<Role>)]
    role: Option<String>,
    /// Only those who may sign in (`true`), or only those who may not (`false`).
    #[param(value_type = Option<bool>)]
    active: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

/// Somebody who may sign in, or might.
#[derive(Serialize, ToSchema)]
pub struct UserItem {
    /// Their id.
    id: Uuid,
    /// E-mail address.
    email: String,
    /// Name.
    full_name: String,
    /// Phone number, `+` and digits.
    phone: Option<String>,
    /// The user's role.
    role: Role,
    /// The user's language.
    locale: String,
    /// The user's time zone; null for the tenant's.
    time_zone: Option<String>,
    /// Whether they may sign in.
    active: bool,
    /// True where signing in takes a second factor.
    has_second_factor: bool,
    /// When they last signed in.
    last_login_at: Option<DateTime<Utc>>,
    /// When they were added.
    created_at: DateTime<Utc>,
}

impl From<User> for UserItem {
    fn from(user: User) -> UserItem {
        UserItem {
            id: user.id.0,
            email: user.email,
            full_name: user.full_name,
            phone: user.phone,
            role: user.role,
            locale: user.locale,
            time_zone: user.time_zone.map(|zone| zone.name().to_owned()),
            active: user.active,
            has_second_factor: user.has_second_factor,
            last_login_at: user.last_login_at.map(|at| at.to_utc()),
            created_at: user.created_at.to_utc(),
        }
    }
}

/// The fields that are to change. An absent one stays; null takes away.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) full_name: Option<String>,
    /// Phone number with its country code.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub(super) phone: Option<Option<String>>,
    /// The role. Another role ends their sign-ins.
    pub(super) role: Option<Role>,
    /// The user's language, such as `en` or `ar-EG`.
    pub(super) locale: Option<String>,
    /// The user's time zone.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub(super) time_zone: Option<Option<String>>,
    /// Whether they may sign in. False ends their sign-ins.
    pub(super) active: Option<bool>,
    /// False takes the second factor away from somebody who has lost the device, and ends their sign-ins. Only
    /// they can set one up.
    pub(super) has_second_factor: Option<bool>,
}

impl UserChange {
    /// Changes the user and tells which fields are new; 422 for a value that cannot be.
    pub(super) fn apply(self, user: &mut User) -> Result<Map<String, Value>, Refusal> {
        let mut changes = Map::new();
        let mut note = |field: &str, value: Value| drop(changes.insert(field.to_owned(), value));
        if let Some(full_name) = self.full_name {
            user.full_name = name("full_name", &full_name, NAME_CHARS_MAX)?;
            note("full_name", json!("changed"));
        }
        if let Some(sent) = self.phone {
            user.phone = sent.as_deref().map(phone).transpose()?;
            note("phone", json!("changed"));
        }
        if let Some(role) = self.role {
            user.role = role;
            note("role", json!(role));
        }
        if let Some(sent) = self.locale {
            user.locale = locale(&sent)?;
            note("locale", json!(user.locale));
        }
        if let Some(sent) = self.time_zone {
            user.time_zone = sent.as_deref().map(time_zone).transpose()?;
            note("time_zone", json!(user.time_zone.map(Tz::name)));
        }
        if let Some(active) = self.active {
            user.active = active;
            note("active", json!(active));
        }
        if let Some(has) = self.has_second_factor {
            if has && !user.has_second_factor {
                let message = "only the user can set up a second factor";
                return Err(Refusal::unprocessable("has_second_factor", message));
            }
            user.has_second_factor = has;
            note("has_second_factor", json!(has));
        }
        Ok(changes)
    }
}

/// A number with its country code: `+` and 7 to 15 digits.
fn phone(text: &str) -> Result<String, Refusal> {
    let plain: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    let digits = plain.strip_prefix('+').unwrap_or_default();
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !fits || digits.starts_with('0') {
        return Err(Refusal::unprocessable(
            "phone",
            Fault::new(FaultCode::NoPhone, "must be a phone number such as +49 170 1234567"),
        ));
    }
    Ok(plain)
}

/// A language tag: parts of letters and digits, the first of two or three letters.
fn locale(text: &str) -> Result<String, Refusal> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let language = matches!(first.len(), 2 | 3) && first.bytes().all(|b| b.is_ascii_lowercase());
    let plain = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !language || !parts.all(plain) || text.len() > 35 {
        return Err(Refusal::unprocessable(
            "locale",
            Fault::new(FaultCode::NoLanguage, "must be a language such as en or ar-EG"),
        ));
    }
    Ok(text.to_owned())
}

/// A zone of the tz database.
pub(super) fn time_zone(text: &str) -> Result<Tz, Refusal> {
    let known = text.parse();
    known.map_err(|_| {
        Refusal::unprocessable(
            "time_zone",
            Fault::new(FaultCode::NoTimeZone, "must be a time zone such as Africa/Cairo"),
        )
    })
}

/// Lists the tenant's users, oldest first.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", params(UsersParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<UserItem>>)),
)]
pub async fn list_users(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<UsersParams>,
) -> Answered<Vec<UserItem>> {
    let mut fields = Fields::default();
    let role = fields.optional("role", params.role.as_deref());
    let active = fields.optional("active", params.active.as_deref());
    let page = read_page(&mut fields, params.page.as_deref(), params.page_size.as_deref());
    fields.finish()?;
    let mut work = caller.work(&app).await?;
    let (users, total) = work.users_page(UserFilter { role, active }, page).await?;
    Ok(Answer::page(users, page.of(total)))
}

/// Adds a user, which is the same as inviting one.
///
/// Nobody can set the password of somebody else, so the user exists once they have accepted.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users", security(("bearer" = [])),
    request_body = InvitationRequest,
    responses(
        (status = 201, body = Answer<InvitationResponse>),
        InvitationRefusals,
    ),
)]
pub async fn add_user(
    state: State<App>,
    caller: Authenticated,
    body: Body<InvitationRequest>,
) -> Answered<InvitationResponse> {
    invite(state, caller, body).await
}

/// Returns a user.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the user's id")),
    responses((status = 200, body = Answer<UserItem>)),
)]
pub async fn user(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<User>,
) -> Answered<UserItem> {
    let user = caller.work(&app).await?.user(UserId(id)).await?;
    Ok(Answer::of(user.ok_or_else(User::not_found)?.into()))
}

/// Changes a user.
///
/// A change of role, deactivation and removal of the second factor end all sessions of the user. The last active
/// admin must stay admin.
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the user's id")), request_body = UserChange,
    responses(
        (status = 200, body = Answer<UserItem>),
        (status = 409, body = RefusalBody, description = "the tenant would have no admin"),
        (status = 422, body = RefusalBody, description = "a value is not valid, or the limit of the plan is reached"),
    ),
)]
pub async fn change_user(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<User>,
    Body(change): Body<UserChange>,
) -> Answered<UserItem> {
    let mut work = caller.work(&app).await?;
    let (user, sessions) = settle(&mut work, UserId(id), change, AuditAction::UserUpdated).await?;
    work.commit().await?;
    app.auth.revocations.apply(&sessions);
    Ok(Answer::of(user.into()))
}

/// Deactivates a user, who can no longer sign in. Nothing that the user did is erased.
#[utoipa::path(
    delete, path = "/api/v1/users/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the user's id")),
    responses(
        (status = 204, description = "the user can no longer sign in"),
        (status = 409, body = RefusalBody, description = "the tenant would have no admin"),
    ),
)]
pub async fn deactivate_user(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<User>,
) -> Result<StatusCode, Refusal> {
    let change = UserChange { active: Some(false), ..UserChange::default() };
    let mut work = caller.work(&app).await?;
    let (_, sessions) = settle(&mut work, UserId(id), change, AuditAction::UserDeactivated).await?;
    work.commit().await?;
    app.auth.revocations.apply(&sessions);
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a change with everything that follows from it; the user, and the sessions that it ends.
async fn settle(
    work: &mut TenantWork,
    id: UserId,
    change: UserChange,
    action: AuditAction,
) -> Result<(User, Vec<Uuid>), Refusal> {
    // Two admins who demote each other wait for each other here.
    let limits = work.lock_limits().await?;
    let mut user = work.user(id).await?.ok_or_else(User::not_found)?;
    let (was, was_active, had_factor) = (user.role, user.active, user.has_second_factor);
    let changes = change.apply(&mut user)?;
    let stays_admin = user.active && user.role == Role::Admin;
    if was_active && was == Role::Admin && !stays_admin {
        keep_an_admin(work, id).await?;
    }
    if user.active && !was_active {
        limits.admit(Limit::Users, work.user_places().await?)?;
    }
    work.update_user(&user).await?;
    let loses_factor = had_factor && !user.has_second_factor;
    if loses_factor {
        work.remove_second_factor(id).await?;
    }
    let shuts_out = user.role != was || (was_active && !user.active) || loses_factor;
    let sessions = if shuts_out { work.end_sessions(id).await? } else { Vec::new() };
    work.audit(&AuditEntry::done(action, "user", id, Value::Object(changes))).await?;
    Ok((user, sessions))
}

/// 409 where this user is the last active admin. Holds until the work ends only under
/// [`TenantWork::lock_limits`].
pub(super) async fn keep_an_admin(work: &mut TenantWork, id: UserId) -> Result<(), Refusal> {
    if work.has_other_admin(id).await? {
        return Ok(());
    }
    let message = "this is the last admin of the tenant; make another user admin first";
    Err(Refusal::conflict(Fault::new(FaultCode::LastAdmin, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_locales_and_zones_are_checked() {
        assert_eq!(phone("+49 (170) 123-4567").unwrap(), "+491701234567");
        for wrong in ["", "0170 1234567", "+0170 1234567", "+49", "+49x1701234567", "++491701234"] {
            assert_eq!(phone(wrong).unwrap_err().status(), 422, "{wrong}");
        }
        for right in ["en", "ar-EG", "zh-Hant-TW"] {
            assert_eq!(locale(right).unwrap(), right);
        }
        for wrong in ["", "EN", "e", "en_US", "en-", "en-é"] {
            assert_eq!(locale(wrong).unwrap_err().status(), 422, "{wrong}");
        }
        assert!(time_zone("Africa/Cairo").is_ok() && time_zone("Cairo?").is_err());
    }
}
