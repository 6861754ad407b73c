//! Treatment of a dataset's events. A version is never changed; the newest is in force, and
//! ingest reads it within 2 s (the trigger of `directory_revision` tells it).

use chrono::{DateTime, Utc};
use stratum_models::platform::Platform;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::tracking::TrackingPolicy;
use uuid::Uuid;

use super::audit::Actor;
use super::work::TenantWork;
use super::{damaged, store_error};

/// The settings of a version of a tracking configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackingSettings {
    /// The calling code put before phone numbers that have none, without `+`.
    pub default_calling_code: Option<u16>,
    /// The repairs in force.
    pub policy: TrackingPolicy,
}

/// A version of a tracking configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingVersion {
    /// The version's number, from 1; every event carries the one it was treated with.
    pub version: u32,
    /// The settings.
    pub settings: TrackingSettings,
    /// The user who wrote it; `None` where it was the command line or the program.
    pub changed_by: Option<Uuid>,
    /// When it was written.
    pub changed_at: DateTime<Utc>,
}

/// A dataset with the configuration in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedDataset {
    /// The dataset's id.
    pub id: Uuid,
    /// The ad platform it is of; `None` where its events are for none.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    pub external_id: String,
    /// Name to show.
    pub name: String,
    /// The name of its events, where the platform's format has none.
    pub event_name: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it takes nothing in; `None` where it does.
    pub archived_at: Option<DateTime<Utc>>,
    /// The configuration in force.
    pub tracking: TrackingVersion,
}

impl TrackingSettings {
    /// The settings of a stored version.
    pub(super) fn stored(
        calling_code: Option<i32>,
        policy: serde_json::Value,
    ) -> Result<TrackingSettings, StoreError> {
        Ok(TrackingSettings {
            default_calling_code: calling_code.and_then(|code| u16::try_from(code).ok()),
            policy: serde_json::from_value(policy).map_err(|_| damaged("tracking policy"))?,
        })
    }
}

impl TenantWork {
    /// A part of the datasets, oldest first.
    pub async fn tracked_datasets(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<TrackedDataset>, StoreError> {
        self.select_datasets(None, limit, offset).await
    }

    /// The dataset of this id.
    pub async fn tracked_dataset(
        &mut self,
        id: Uuid,
    ) -> Result<Option<TrackedDataset>, StoreError> {
        Ok(self.select_datasets(Some(id), 1, 0).await?.pop())
    }

    /// The number of the tenant's datasets.
    pub async fn dataset_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_datasets.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.datasets.unsigned_abs())
    }

    async fn select_datasets(
        &mut self,
        id: Option<Uuid>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<TrackedDataset>, StoreError> {
        let rows = sqlx::query_file!("sql/select_dataset_page.sql", self.key, id, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let datasets = rows.into_iter().map(|row| {
            Ok(TrackedDataset {
                id: row.id,
                platform: Platform::parse_optional(&row.platform)
                    .ok_or_else(|| damaged("platform"))?,
                external_id: row.external_id,
                name: row.name,
                event_name: row.event_name,
                created_at: row.created_at,
                archived_at: row.archived_at,
                tracking: TrackingVersion {
                    version: row.version.unsigned_abs(),
                    settings: TrackingSettings::stored(row.default_calling_code, row.policy)?,
                    changed_by: row.changed_by,
                    changed_at: row.changed_at,
                },
            })
        });
        datasets.collect()
    }

    /// A part of a dataset's versions, newest first, and how many there are in all.
    pub async fn tracking_versions(
        &mut self,
        dataset: Uuid,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<TrackingVersion>, u64), StoreError> {
        let (versions, total) = self.tracking_page(dataset, limit, offset).await?;
        // The total comes with the rows: behind the end there are none.
        match versions.is_empty() && offset > 0 {
            true => Ok((versions, self.tracking_page(dataset, 1, 0).await?.1)),
            false => Ok((versions, total)),
        }
    }

    async fn tracking_page(
        &mut self,
        dataset: Uuid,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<TrackingVersion>, u64), StoreError> {
        let rows =
            sqlx::query_file!("sql/select_tracking_versions.sql", self.key, dataset, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
        let versions = rows.into_iter().map(|row| {
            Ok(TrackingVersion {
                version: row.version.unsigned_abs(),
                settings: TrackingSettings::stored(row.default_calling_code, row.policy)?,
                changed_by: row.created_by,
                changed_at: row.created_at,
            })
        });
        Ok((versions.collect::<Result<_, _>>()?, total))
    }

    /// Writes the version after `expected`, in the author's name; `false`, and nothing is written,
    /// when `expected` is not the one in force.
    pub async fn write_tracking(
        &mut self,
        dataset: Uuid,
        expected: u32,
        settings: TrackingSettings,
    ) -> Result<bool, StoreError> {
        let Ok(expected) = i32::try_from(expected) else { return Ok(false) };
        let user = match self.author.actor {
            Actor::User(id) => Some(id.0),
            _ => None,
        };
        let statement = sqlx::query_file!(
            "sql/insert_tracking_version.sql",
            self.key,
            dataset,
            expected,
            settings.default_calling_code.map(i32::from),
            serde_json::to_value(settings.policy).unwrap_or_default(),
            user,
            self.now()
        );
        match statement.execute(self.connection()).await.map_err(store_error) {
            Ok(done) => Ok(done.rows_affected() > 0),
            // Somebody wrote that version at the same time.
            Err(error) if error.kind == StoreErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}
