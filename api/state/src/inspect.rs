//! Facts of the state store for an operator.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{ConnectOptions as _, Connection as _};
use stratum_models::store::StoreError;

use super::job::JobKind;
use super::work::{SystemWork, TenantWork};
use super::{StateConfig, connect_options, damaged, schema, store_error};

/// The difference between the schema and what this program expects of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaDifference {
    /// Migrations of this program that were not applied, as `0092 pulls are jobs`.
    pub missing: Vec<String>,
    /// Numbers of applied migrations that this program does not know: a later version was here.
    pub unknown: Vec<i64>,
}

/// Compares the schema with this program's, as the login of `migration_url`; changes nothing.
pub async fn schema_difference(config: &StateConfig) -> Result<SchemaDifference, StoreError> {
    let owner = connect_options(config, &config.migration_url, "DATABASE_MIGRATION_URL")?;
    let mut connection = owner.connect().await.map_err(store_error)?;
    let statement = include_str!("../sql/list_applied_migrations.sql");
    let applied = sqlx::query_scalar::<_, i64>(statement).fetch_all(&mut connection).await;
    connection.close().await.ok();
    let applied: BTreeSet<i64> = applied.map_err(store_error)?.into_iter().collect();
    let known: BTreeSet<i64> = schema::MIGRATIONS.iter().map(|one| one.version).collect();
    let missing = schema::MIGRATIONS.iter().filter(|one| !applied.contains(&one.version));
    Ok(SchemaDifference {
        missing: missing.map(|one| format!("{:04} {}", one.version, one.description)).collect(),
        unknown: applied.difference(&known).copied().collect(),
    })
}

/// A tenant's jobs of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub kind: JobKind,
    /// Those that wait.
    pub queued: u64,
    /// Those that are worked at.
    pub running: u64,
    /// Those that were given up since the instant in question.
    pub failed: u64,
}

impl TenantWork {
    /// The tenant's jobs by kind: those that are open, and those that were given up since then.
    pub async fn job_counts(&mut self, since: DateTime<Utc>) -> Result<Vec<JobCount>, StoreError> {
        let rows = sqlx::query_file!("sql/count_jobs.sql", self.key, since);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let counts = rows.into_iter().map(|row| {
            Ok(JobCount {
                kind: JobKind::parse(&row.kind).ok_or_else(|| damaged("kind"))?,
                queued: row.queued.unsigned_abs(),
                running: row.running.unsigned_abs(),
                failed: row.failed.unsigned_abs(),
            })
        });
        counts.collect()
    }
}

impl SystemWork {
    /// The clock of the store.
    pub async fn clock(&mut self) -> Result<DateTime<Utc>, StoreError> {
        let row = sqlx::query_file!("sql/read_clock.sql");
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.now)
    }

    /// Kinds of jobs of which some were given up since then, and how many.
    pub async fn failed_jobs(
        &mut self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query_file!("sql/count_failed_jobs.sql", since);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (row.kind, row.jobs)).collect())
    }
}
