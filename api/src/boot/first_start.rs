//! The first start of an empty state store: it makes a tenant and a user, so that somebody can sign in.

use anyhow::{Context as _, Result};
use chrono_tz::Tz;
use stratum_http::auth::password::Passwords;
use stratum_models::entropy::token;
use stratum_models::money::Currency;
use stratum_models::secret::Secret;
use stratum_models::store::StoreErrorKind;
use stratum_state::PostgresState;
use stratum_state::api_key::{ApiKeyScope, NewApiKey};
use stratum_state::audit::Author;
use stratum_state::tenant::NewTenant;
use stratum_state::user::{NewUser, Role};

use super::system::SystemEntropy;

/// The first user and key, to be shown once.
#[derive(Debug)]
pub struct FirstUser {
    /// The user's e-mail address.
    pub email: String,
    /// The password, kept nowhere.
    pub password: Secret,
    /// The tenant's short name.
    pub tenant: String,
    /// A key to send ad reports and events with.
    pub ingest_key: Secret,
}

const EMAIL: &str = "admin@stratum.local";

/// A password of 20 letters and digits that satisfies the rules.
pub fn password() -> Secret {
    Secret::new(format!("S1s{}", token(&SystemEntropy, 17)))
}

/// Makes the first tenant, its admin and an ingest key; `None` where there are tenants already.
pub async fn first_user(state: &PostgresState, passwords: &Passwords) -> Result<Option<FirstUser>> {
    let mut work = state.system().await?;
    if !work.tenants().await?.is_empty() {
        return Ok(None);
    }
    let tenant = NewTenant {
        slug: "main".into(),
        name: "Main".into(),
        time_zone: Tz::UTC,
        reporting_currency: Currency::USD,
    };
    let tenant_id = match work.create_tenant(&tenant).await {
        Ok(id) => id,
        // Another process was faster: it has shown the credentials.
        Err(error) if error.kind == StoreErrorKind::Conflict => return Ok(None),
        Err(error) => return Err(error).context("making the first tenant"),
    };
    let password = password();
    let password_hash = passwords.hash(password.expose().to_owned()).await?;
    let user = NewUser {
        email: EMAIL.into(),
        full_name: "Administrator".into(),
        role: Role::Admin,
        password_hash,
    };
    let mut work = work.enter(tenant_id, Author::operator()).await?;
    work.create_user(&user).await.context("making the first user")?;
    let name = "first key".to_owned();
    let key = NewApiKey { scope: ApiKeyScope::Ingest, dataset_id: None, name, expires_at: None };
    let (_, ingest_key) = work.create_api_key(&key).await.context("making the first key")?;
    work.commit().await.context("making the first tenant")?;
    Ok(Some(FirstUser { email: EMAIL.into(), password, tenant: tenant.slug, ingest_key }))
}
