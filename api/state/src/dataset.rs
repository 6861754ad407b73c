//! Pixels and datasets, and how their events are treated.

use chrono::{DateTime, Utc};
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::work::TenantWork;
use super::{damaged, millis, store_error};

/// A dataset to be stored, with the first version of its tracking configuration.
#[derive(Clone, Debug)]
pub struct NewDataset {
    /// The ad platform it is of; `None` where its events are for none.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    pub external_id: String,
    /// Name to show.
    pub name: String,
    /// The calling code put before phone numbers that have none, without `+`.
    pub default_calling_code: Option<u16>,
    /// The name of its events, where the platform's format has none.
    pub event_name: Option<String>,
}

/// A stored dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The dataset's id.
    pub id: Uuid,
    /// The ad platform it is of; `None` where its events are for none.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    pub external_id: String,
    /// Name to show.
    pub name: String,
    /// The version of its tracking configuration.
    pub config_version: u32,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl TenantWork {
    /// Stores a dataset. `Conflict` when the tenant has it already.
    pub async fn create_dataset(&mut self, new: &NewDataset) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_dataset.sql",
            id,
            self.key,
            Platform::optional_name(new.platform),
            new.external_id,
            new.name,
            new.default_calling_code.map(i32::from),
            self.now(),
            new.event_name
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes the name of a dataset and from when on it takes nothing in, `None` for never; `false` when there is
    /// no such dataset.
    pub async fn update_dataset(
        &mut self,
        id: Uuid,
        name: &str,
        archived_at: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/update_dataset.sql", self.key, id, name, archived_at);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// All datasets, oldest first.
    pub async fn datasets(&mut self) -> Result<Vec<Dataset>, StoreError> {
        let rows = sqlx::query_file!("sql/select_datasets.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let datasets = rows.into_iter().map(|row| {
            Ok(Dataset {
                id: row.id,
                platform: Platform::parse_optional(&row.platform)
                    .ok_or_else(|| damaged("platform"))?,
                external_id: row.external_id,
                name: row.name,
                config_version: row.config_version.unsigned_abs(),
                created_at: millis(row.created_at),
            })
        });
        datasets.collect()
    }
}
