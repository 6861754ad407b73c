//! `stratum admin`

mod dataset;

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde_json::json;
use stratum_http::auth::strength::weakness;
use stratum_models::id::ApiKeyId;
use stratum_models::money::Currency;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;
use stratum_state::api_key::{ApiKeyScope, NewApiKey};
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use stratum_state::dataset::Dataset;
use stratum_state::tenant::{NewTenant, Tenant};
use stratum_state::user::{NewUser, Role};
use uuid::Uuid;

use self::dataset::DatasetAct;
use super::audit::AuditAct;
use super::print;
use super::upkeep::PlanAct;
use crate::boot::{Operator, Settings};

/// The action, and the noun it is for.
#[derive(Args)]
pub struct AdminArgs {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Subcommand)]
enum Noun {
    /// Manage tenants: advertisers and agencies.
    #[command(subcommand)]
    Tenant(TenantAct),
    /// Manage users who sign in.
    #[command(subcommand)]
    User(UserAct),
    /// Manage pixels and datasets.
    #[command(subcommand)]
    Dataset(DatasetAct),
    /// Manage API keys.
    #[command(subcommand, name = "api-key")]
    ApiKey(ApiKeyAct),
    /// Manage plans and limits of tenants.
    #[command(subcommand)]
    Plan(PlanAct),
    /// Verify the audit log.
    #[command(subcommand)]
    Audit(AuditAct),
    /// Encrypt personal data again that was encrypted with an older key (`[auth] pii_encryption_keys_older`).
    RotatePii,
}

#[derive(Subcommand)]
enum TenantAct {
    /// Create a tenant and print its short name.
    Create {
        /// Short name: lower-case letters, digits and dashes.
        #[arg(long)]
        slug: String,
        /// The name to show; the short name if absent.
        #[arg(long)]
        name: Option<String>,
        /// The time zone of its days.
        #[arg(long, default_value = "UTC")]
        time_zone: Tz,
        /// The currency of its totals.
        #[arg(long, default_value = "USD")]
        currency: Currency,
    },
    /// List all tenants.
    List,
}

#[derive(Subcommand)]
enum UserAct {
    /// Create a user. The password is read from standard input if it is piped in, else generated and printed.
    Create {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
        /// The e-mail address to sign in with.
        #[arg(long)]
        email: String,
        /// The name to show.
        #[arg(long, default_value = "")]
        name: String,
        /// The role: admin, manager, analyst or viewer.
        #[arg(long, default_value = "admin")]
        role: Role,
    },
    /// List a tenant's users.
    List {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
    },
    /// Remove the second factor of a user who has lost the device, and end their sessions.
    RemoveSecondFactor {
        /// The e-mail address the user signs in with.
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
enum ApiKeyAct {
    /// Create an API key and print it, this one time only.
    Create {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
        /// The scope of the key: ingest, read, export or export_identifiers.
        #[arg(long, default_value = "ingest")]
        scope: ApiKeyScope,
        /// The only dataset it may send to, by the platform's id; every dataset if absent.
        #[arg(long)]
        dataset: Option<String>,
        /// The name to show.
        #[arg(long, default_value = "created on the command line")]
        name: String,
        /// The time at which it expires, such as 2027-01-31T00:00:00Z; never if absent.
        #[arg(long)]
        expires_at: Option<DateTime<Utc>>,
    },
    /// List a tenant's API keys.
    List {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
    },
    /// Revoke an API key; it stops working within two seconds.
    Revoke {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
        /// The key's id, from the list.
        #[arg(long)]
        id: Uuid,
    },
}

/// Runs the command.
pub async fn admin(settings: Settings, args: AdminArgs) -> Result<()> {
    let operator = Operator::open(&settings).await?;
    match args.noun {
        Noun::Tenant(act) => tenant(&operator, act).await,
        Noun::User(act) => user(&operator, act).await,
        Noun::Dataset(act) => dataset::run(&operator, act).await,
        Noun::ApiKey(act) => api_key(&operator, act).await,
        Noun::Plan(act) => super::upkeep::plan(&operator, act).await,
        Noun::Audit(act) => super::audit::audit(&operator, act).await,
        Noun::RotatePii => super::upkeep::rotate_pii(&operator).await,
    }
}

pub(super) async fn find(operator: &Operator, slug: &str) -> Result<Tenant> {
    let tenant = operator.state.system().await?.tenant_by_slug(slug).await?;
    tenant.with_context(|| format!("no tenant {slug}; `stratum admin tenant list` lists them"))
}

/// A conflict in words.
fn taken<T>(outcome: Result<T, StoreError>, text: String) -> Result<T> {
    outcome.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => anyhow::anyhow!(text),
        _ => error.into(),
    })
}

fn date(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M").to_string()
}

fn maybe(at: Option<UnixMillis>) -> String {
    at.map_or_else(|| "-".into(), date)
}

async fn tenant(operator: &Operator, act: TenantAct) -> Result<()> {
    match act {
        TenantAct::Create { slug, name, time_zone, currency } => {
            let name = name.unwrap_or_else(|| slug.clone());
            let new = NewTenant { slug, name, time_zone, reporting_currency: currency };
            let mut work = operator.state.system().await?;
            let made = work.create_tenant(&new).await;
            let id = taken(made, format!("the short name {} is already in use", new.slug))?;
            let entry = AuditEntry::done(
                AuditAction::TenantCreated,
                "tenant",
                id,
                json!({"slug": new.slug}),
            );
            work.audit(Some(id), Author::operator(), &entry).await?;
            work.commit().await?;
            print::line(&format!("tenant {} ({id})", new.slug))
        }
        TenantAct::List => {
            let tenants = operator.state.system().await?.tenants().await?.into_iter().map(|one| {
                let currency = one.reporting_currency.to_string();
                let zone = one.time_zone.name().to_owned();
                vec![one.id.to_string(), one.slug, one.name, zone, currency, date(one.created_at)]
            });
            let head = ["id", "slug", "name", "time zone", "currency", "created"];
            print::table(&head, &tenants.collect::<Vec<_>>());
            Ok(())
        }
    }
}

async fn user(operator: &Operator, act: UserAct) -> Result<()> {
    match act {
        UserAct::Create { tenant, email, name, role } => {
            let tenant = find(operator, &tenant).await?;
            let given = password_from_stdin()?;
            let made = given.is_none().then(Operator::new_password);
            let password = given.or_else(|| made.as_ref().map(|made| made.expose().to_owned()));
            let password = password.unwrap_or_default();
            if let Some(weakness) = weakness(&password, &[&email, &name, &tenant.name]) {
                bail!("{}", weakness.message());
            }
            let password_hash = operator.passwords.hash(password).await?;
            let full_name = name;
            let new = NewUser { email, full_name, role, password_hash };
            let mut work = operator.state.operate(tenant.id).await?;
            let outcome = work.create_user(&new).await;
            let id = taken(outcome, "a user with this e-mail address already exists".into())?;
            let changes = json!({"role": role.as_str()});
            work.audit(&AuditEntry::done(AuditAction::UserCreated, "user", id, changes)).await?;
            work.commit().await?;
            print::line(&format!("user {id}"))?;
            made.map_or(Ok(()), |made| print::line(&format!("password {}", made.expose())))
        }
        UserAct::RemoveSecondFactor { email } => {
            super::upkeep::remove_second_factor(operator, &email).await
        }
        UserAct::List { tenant } => {
            let tenant = find(operator, &tenant).await?;
            let users =
                operator.state.operate(tenant.id).await?.users().await?.into_iter().map(|one| {
                    let role = one.role.as_str().to_owned();
                    let active = if one.active { "yes" } else { "no" }.to_owned();
                    vec![
                        one.id.to_string(),
                        one.email,
                        one.full_name,
                        role,
                        active,
                        maybe(one.last_login_at),
                    ]
                });
            let head = ["id", "e-mail", "name", "role", "active", "last sign-in"];
            print::table(&head, &users.collect::<Vec<_>>());
            Ok(())
        }
    }
}

/// The first line piped in; `None` at a terminal, or where nothing comes.
fn password_from_stdin() -> Result<Option<String>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    stdin.lock().take(1024).read_to_string(&mut text).context("reading the password")?;
    Ok(text.lines().next().map(str::to_owned).filter(|line| !line.is_empty()))
}

async fn find_dataset(operator: &Operator, tenant: &Tenant, id: &str) -> Result<Dataset> {
    let datasets = operator.state.operate(tenant.id).await?.datasets().await?;
    let dataset = datasets.into_iter().find(|one| one.external_id == id);
    dataset.with_context(|| format!("the tenant {} has no dataset {id}", tenant.slug))
}

async fn api_key(operator: &Operator, act: ApiKeyAct) -> Result<()> {
    match act {
        ApiKeyAct::Create { tenant, scope, dataset, name, expires_at } => {
            if expires_at.is_some_and(|at| at <= Utc::now()) {
                bail!("--expires-at must be in the future");
            }
            let tenant = find(operator, &tenant).await?;
            let dataset_id = match dataset {
                Some(id) => Some(find_dataset(operator, &tenant, &id).await?.id),
                None => None,
            };
            let expires_at = expires_at.map(|at| UnixMillis(at.timestamp_millis()));
            let new = NewApiKey { scope, dataset_id, name, expires_at };
            let mut work = operator.state.operate(tenant.id).await?;
            let (id, key) = work.create_api_key(&new).await?;
            let changes = json!({"scope": scope.as_str(), "dataset_id": dataset_id});
            work.audit(&AuditEntry::done(AuditAction::ApiKeyCreated, "api_key", id, changes))
                .await?;
            work.commit().await?;
            print::line(key.expose())
        }
        ApiKeyAct::List { tenant } => {
            let tenant = find(operator, &tenant).await?;
            let keys =
                operator.state.operate(tenant.id).await?.api_keys().await?.into_iter().map(|one| {
                    let scope = one.scope.as_str().to_owned();
                    let dataset = one.dataset.unwrap_or_else(|| "every".into());
                    let (used, revoked) = (maybe(one.last_used_at), maybe(one.revoked_at));
                    let expires = maybe(one.expires_at);
                    vec![
                        one.id.to_string(),
                        format!("stk_…{}", one.hint),
                        scope,
                        dataset,
                        one.name,
                        used,
                        expires,
                        revoked,
                    ]
                });
            let head = ["id", "key", "scope", "dataset", "name", "last used", "expires", "revoked"];
            print::table(&head, &keys.collect::<Vec<_>>());
            Ok(())
        }
        ApiKeyAct::Revoke { tenant, id } => {
            let tenant = find(operator, &tenant).await?;
            let mut work = operator.state.operate(tenant.id).await?;
            if !work.revoke_api_key(ApiKeyId(id)).await? {
                bail!("the tenant {} has no API key {id}", tenant.slug);
            }
            work.audit(&AuditEntry::done(AuditAction::ApiKeyRevoked, "api_key", id, json!({})))
                .await?;
            work.commit().await?;
            print::line(&format!("revoked {id}"))
        }
    }
}
