//! `/tenant`: the caller's tenant and its settings.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::rules::name;
use stratum_models::money::Currency;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::limit::Limits;
use stratum_state::tenant::Tenant;
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;
use super::users::time_zone;

/// Longest name of a tenant.
const NAME_CHARS_MAX: usize = 200;
/// Names of settings, and their bytes all together.
const SETTINGS_MAX: usize = 100;
const SETTINGS_BYTES_MAX: usize = 16_384;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tenant, change_tenant))
}

/// The tenant.
#[derive(Serialize, ToSchema)]
pub struct TenantItem {
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
    /// Further settings, by name.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// True where every user must have a second factor.
    second_factor_required: bool,
    /// The most that it may have of each thing.
    limits: Limits,
    /// The number that there is of each thing.
    used: TenantUsage,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was changed last.
    updated_at: DateTime<Utc>,
}

/// The part of its limits that a tenant uses.
#[derive(Serialize, ToSchema)]
pub struct TenantUsage {
    /// Active users and open invitations.
    users: u64,
    /// API keys that were not revoked.
    api_keys: u64,
}

/// The settings that are to change. An absent one stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The time zone of the days of events that are received from now on; earlier events keep their day.
    time_zone: Option<String>,
    /// The currency totals are shown in, ISO 4217.
    #[schema(value_type = Option<Currency>)]
    reporting_currency: Option<String>,
    /// Settings to add or replace by name; null takes one away.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// True where every user must have a second factor. True ends the sign-ins of those without; they set one up at
    /// their next. Who asks for it has one.
    second_factor_required: Option<bool>,
}

impl TenantChange {
    fn apply(self, tenant: &mut Tenant) -> Result<Map<String, Value>, Refusal> {
        let mut changes = Map::new();
        if let Some(sent) = self.name {
            tenant.name = name("name", &sent, NAME_CHARS_MAX)?;
            changes.insert("name".into(), json!(tenant.name));
        }
        if let Some(sent) = self.time_zone {
            tenant.time_zone = time_zone(&sent)?;
            changes.insert("time_zone".into(), json!(tenant.time_zone.name()));
        }
        if let Some(sent) = self.reporting_currency {
            tenant.reporting_currency = Currency::parse(&sent).ok_or_else(|| {
                let message = "must be an ISO 4217 code such as EUR";
                Refusal::unprocessable(
                    "reporting_currency",
                    Fault::new(FaultCode::NoCurrency, message),
                )
            })?;
            changes.insert("reporting_currency".into(), json!(tenant.reporting_currency));
        }
        if let Some(sent) = self.settings {
            changes.insert("settings".into(), sent.keys().map(String::as_str).collect());
            merge(&mut tenant.settings, sent)?;
        }
        if let Some(required) = self.second_factor_required {
            tenant.second_factor_required = required;
            changes.insert("second_factor_required".into(), json!(required));
        }
        Ok(changes)
    }
}

fn merge(settings: &mut Map<String, Value>, sent: Map<String, Value>) -> Result<(), Refusal> {
    for (key, value) in sent {
        match value {
            Value::Null => drop(settings.remove(&key)),
            value => drop(settings.insert(key, value)),
        }
    }
    let bytes = serde_json::to_vec(settings).map_or(usize::MAX, |text| text.len());
    // Postgres keeps no zero character in a JSON text.
    let has_zero = Value::Object(settings.clone()).to_string().contains("\\u0000");
    if settings.len() > SETTINGS_MAX || bytes > SETTINGS_BYTES_MAX || has_zero {
        let message = format!(
            "are at most {SETTINGS_MAX} names and {SETTINGS_BYTES_MAX} bytes, without zero characters"
        );
        return Err(Refusal::unprocessable("settings", message));
    }
    Ok(())
}

async fn item(work: &mut TenantWork, tenant: Tenant) -> Result<TenantItem, Refusal> {
    Ok(TenantItem {
        id: tenant.id.0,
        slug: tenant.slug,
        name: tenant.name,
        plan: tenant.plan,
        time_zone: tenant.time_zone.name().to_owned(),
        reporting_currency: tenant.reporting_currency,
        settings: tenant.settings,
        second_factor_required: tenant.second_factor_required,
        limits: work.limits().await?,
        used: TenantUsage {
            users: work.user_places().await?,
            api_keys: work.count_api_keys().await?.1,
        },
        created_at: tenant.created_at.to_utc(),
        updated_at: tenant.updated_at.to_utc(),
    })
}

/// Returns the caller's tenant.
#[utoipa::path(
    get, path = "/api/v1/tenant", tag = "tenant", security(("bearer" = [])),
    responses((status = 200, body = Answer<TenantItem>)),
)]
pub async fn tenant(State(app): State<App>, caller: Authenticated) -> Answered<TenantItem> {
    let mut work = caller.work(&app).await?;
    let tenant = work.tenant().await?.ok_or_else(|| Refusal::not_found("tenant"))?;
    Ok(Answer::of(item(&mut work, tenant).await?))
}

/// Changes the tenant's settings.
///
/// The new settings apply to events within two seconds. Only an operator can change plan and limits.
#[utoipa::path(
    patch, path = "/api/v1/tenant", tag = "tenant", security(("bearer" = [])),
    request_body = TenantChange,
    responses((status = 200, body = Answer<TenantItem>)),
)]
pub async fn change_tenant(
    State(app): State<App>,
    caller: Authenticated,
    Body(change): Body<TenantChange>,
) -> Answered<TenantItem> {
    let mut work = caller.work(&app).await?;
    // Settings are read, merged and written: others wait.
    work.lock_limits().await?;
    let mut tenant = work.tenant().await?.ok_or_else(|| Refusal::not_found("tenant"))?;
    let was_required = tenant.second_factor_required;
    let changes = change.apply(&mut tenant)?;
    let sessions = match tenant.second_factor_required && !was_required {
        true => require_second_factor(&mut work, &caller).await?,
        false => Vec::new(),
    };
    work.update_tenant(&tenant).await?;
    let entry =
        AuditEntry::done(AuditAction::TenantUpdated, "tenant", tenant.id, Value::Object(changes));
    work.audit(&entry).await?;
    let tenant = work.tenant().await?.ok_or_else(|| Refusal::not_found("tenant"))?;
    let item = item(&mut work, tenant).await?;
    work.commit().await?;
    app.auth.revocations.apply(&sessions);
    Ok(Answer::of(item))
}

/// Ends the sign-ins of users without a second factor; 422 where the caller is one of them.
async fn require_second_factor(
    work: &mut TenantWork,
    caller: &Authenticated,
) -> Result<Vec<Uuid>, Refusal> {
    let user = work.user(caller.user_id()?).await?;
    if !user.is_some_and(|user| user.has_second_factor) {
        let message = "set up your own second factor first";
        return Err(Refusal::unprocessable(
            "second_factor_required",
            Fault::new(FaultCode::NoSecondFactor, message),
        ));
    }
    Ok(work.end_sessions_without_second_factor().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_merged_by_name_and_bounded() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let mut settings = object(json!({"a": 1, "b": {"c": 2}}));
        merge(&mut settings, object(json!({"a": null, "b": {"d": 3}}))).unwrap();
        assert_eq!(Value::Object(settings.clone()), json!({"b": {"d": 3}}));
        let large = object(json!({"x": "y".repeat(SETTINGS_BYTES_MAX)}));
        assert_eq!(merge(&mut settings.clone(), large).unwrap_err().status(), 422);
        let zero = object(json!({"x": "\u{0}"}));
        assert_eq!(merge(&mut settings, zero).unwrap_err().status(), 422);
    }
}
