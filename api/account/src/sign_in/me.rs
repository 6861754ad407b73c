//! `GET /auth/me`

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::rights::{Permission, role_permissions};
use stratum_models::id::UserId;
use stratum_models::money::Currency;
use stratum_state::user::Role;
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::App;

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    /// The user's id.
    id: Uuid,
    /// E-mail address.
    email: String,
    /// Name.
    full_name: String,
    /// Phone number, `+` and digits.
    phone: Option<String>,
    /// The user's language.
    locale: String,
    /// The user's time zone; null for the tenant's.
    time_zone: Option<String>,
    /// The user's role.
    role: Role,
    /// The rights of that role.
    permissions: &'static [Permission],
    /// Their tenant.
    tenant: MeTenant,
    /// True where signing in takes a second factor.
    has_second_factor: bool,
    /// When they last signed in.
    last_login_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The caller's tenant.
#[derive(Serialize, ToSchema)]
pub struct MeTenant {
    /// The tenant's number.
    id: u64,
    /// Short name.
    slug: String,
    /// Name.
    name: String,
    /// The plan of the tenant.
    plan: String,
    /// The time zone of its days.
    time_zone: String,
    /// The currency its totals are shown in.
    reporting_currency: Currency,
    /// When it began here.
    created_at: DateTime<Utc>,
}

/// Returns the caller and the caller's tenant.
#[utoipa::path(
    get, path = "/api/v1/auth/me", tag = "sign-in", security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<MeResponse>),
        (status = 401, body = RefusalBody, description = "no valid access token, or the user is gone"),
    ),
)]
pub async fn me(State(app): State<App>, caller: Authenticated) -> Answered<MeResponse> {
    let mut work = caller.work(&app).await?;
    Ok(Answer::of(respond(&mut work, caller.user_id()?).await?))
}

/// A user and their tenant, as they are in this work.
pub async fn respond(work: &mut TenantWork, id: UserId) -> Result<MeResponse, Refusal> {
    let (user, tenant) = (work.user(id).await?, work.tenant().await?);
    let (Some(user), Some(tenant)) = (user.filter(|user| user.active), tenant) else {
        return Err(Refusal::unauthorized("the user is not active"));
    };
    Ok(MeResponse {
        id: user.id.0,
        email: user.email,
        full_name: user.full_name,
        phone: user.phone,
        locale: user.locale,
        time_zone: user.time_zone.map(|zone| zone.name().to_owned()),
        role: user.role,
        permissions: role_permissions(user.role),
        tenant: MeTenant {
            id: tenant.id.0,
            slug: tenant.slug,
            name: tenant.name,
            plan: tenant.plan,
            time_zone: tenant.time_zone.name().to_owned(),
            reporting_currency: tenant.reporting_currency,
            created_at: tenant.created_at.to_utc(),
        },
        has_second_factor: user.has_second_factor,
        last_login_at: user.last_login_at.map(|at| at.to_utc()),
    })
}
