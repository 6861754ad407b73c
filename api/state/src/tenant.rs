//! Tenants.

use chrono_tz::Tz;
use serde_json::{Map, Value};
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::work::{SystemWork, TenantWork};
use super::{damaged, millis, store_error};

/// A tenant to be stored.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Short name for addresses: lower-case letters, digits and dashes; unique.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// The time zone of its days.
    pub time_zone: Tz,
    /// The currency its totals are shown in.
    pub reporting_currency: Currency,
}

/// A stored tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// The tenant's number.
    pub id: TenantId,
    /// Short name.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// The plan of the tenant.
    pub plan: String,
    /// The time zone of its days.
    pub time_zone: Tz,
    /// The currency its totals are shown in.
    pub reporting_currency: Currency,
    /// Further settings, by name.
    pub settings: Map<String, Value>,
    /// True where every user must have a second factor.
    pub second_factor_required: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was changed last.
    pub updated_at: UnixMillis,
}

struct TenantRow {
    id: i64,
    slug: String,
    name: String,
    plan: String,
    time_zone: String,
    reporting_currency: String,
    settings: Value,
    second_factor_required: bool,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

impl TryFrom<TenantRow> for Tenant {
    type Error = StoreError;
    fn try_from(row: TenantRow) -> Result<Tenant, StoreError> {
        Ok(Tenant {
            id: TenantId(row.id.unsigned_abs()),
            slug: row.slug,
            name: row.name,
            plan: row.plan,
            time_zone: row.time_zone.parse().map_err(|_| damaged("time zone"))?,
            reporting_currency: row.reporting_currency.parse().map_err(|_| damaged("currency"))?,
            settings: match row.settings {
                Value::Object(settings) => settings,
                _ => return Err(damaged("setting")),
            },
            second_factor_required: row.second_factor_required,
            created_at: millis(row.created_at),
            updated_at: millis(row.updated_at),
        })
    }
}

impl SystemWork {
    /// Stores a tenant. `Conflict` when its slug is taken.
    pub async fn create_tenant(&mut self, new: &NewTenant) -> Result<TenantId, StoreError> {
        let row = sqlx::query_file!(
            "sql/insert_tenant.sql",
            new.slug,
            new.name,
            new.time_zone.name(),
            new.reporting_currency.as_str(),
            self.now()
        );
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(TenantId(row.id.unsigned_abs()))
    }

    /// Stores a tenant on a plan unless its short name is taken: then `None`, and the work can go on.
    pub async fn create_tenant_if_free(
        &mut self,
        new: &NewTenant,
        plan: &str,
    ) -> Result<Option<TenantId>, StoreError> {
        let row = sqlx::query_file!(
            "sql/insert_tenant_if_free.sql",
            new.slug,
            new.name,
            plan,
            new.time_zone.name(),
            new.reporting_currency.as_str(),
            self.now()
        );
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| TenantId(row.id.unsigned_abs())))
    }

    /// Every tenant, oldest first.
    pub async fn tenants(&mut self) -> Result<Vec<Tenant>, StoreError> {
        let rows = sqlx::query_file_as!(TenantRow, "sql/select_tenants.sql");
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(Tenant::try_from).collect()
    }

    /// The tenant of this short name.
    pub async fn tenant_by_slug(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        let row = sqlx::query_file_as!(TenantRow, "sql/select_tenant_by_slug.sql", slug);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(Tenant::try_from).transpose()
    }
}

impl TenantWork {
    /// The tenant itself.
    pub async fn tenant(&mut self) -> Result<Option<Tenant>, StoreError> {
        let row = sqlx::query_file_as!(TenantRow, "sql/select_tenant.sql", self.key);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(Tenant::try_from).transpose()
    }

    /// Stores the tenant's name, zone, currency, settings and rule of sign-in as they are here.
    pub async fn update_tenant(&mut self, tenant: &Tenant) -> Result<(), StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_tenant.sql",
            self.key,
            tenant.name,
            tenant.time_zone.name(),
            tenant.reporting_currency.as_str(),
            Value::Object(tenant.settings.clone()),
            tenant.second_factor_required,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}
