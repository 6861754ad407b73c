//! The schema of the state store, which only the owner of its tables changes.

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions as _, Connection as _};
use stratum_models::store::{StoreError, StoreErrorKind};

use super::{STORE, StateConfig, connect_options, store_error};

/// The owner is bound by row-level security; migrations say that they work on every tenant's rows.
const EVERY_TENANT: (&str, &str) = ("stratum.every_tenant", "on");

/// The migrations of this program.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Brings the schema up to this program's, as the login of `migration_url`. Safe to call from several
/// processes at once.
pub async fn migrate(config: &StateConfig) -> Result<(), StoreError> {
    let owner = connect_options(config, &config.migration_url, "DATABASE_MIGRATION_URL")?;
    let mut connection = owner.options([EVERY_TENANT]).connect().await.map_err(store_error)?;
    let ran = MIGRATIONS.run(&mut connection).await;
    connection.close().await.ok();
    ran.map_err(|error| {
        StoreError::new(StoreErrorKind::Unavailable, STORE, "the migration failed").caused_by(error)
    })
}
