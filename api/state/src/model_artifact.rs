//! Trained models.

use chrono::NaiveDate;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, UnixMillis};
use uuid::Uuid;

use super::work::TenantWork;
use super::{millis, store_error};

/// A trained model to be stored.
#[derive(Clone, Debug)]
pub struct NewModelArtifact {
    /// The beginning of its hash.
    pub version: String,
    /// The name of the model that is served.
    pub model: String,
    /// The first day of its data.
    pub data_from: Option<Day>,
    /// The last day of its data.
    pub data_to: Day,
    /// The artifact, as encoded.
    pub content: Vec<u8>,
}

/// A stored model without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelArtifact {
    /// The artifact's id.
    pub id: Uuid,
    /// The beginning of its hash.
    pub version: String,
    /// The name of the model that is served.
    pub model: String,
    /// The first day of its data.
    pub data_from: Option<NaiveDate>,
    /// The last day of its data.
    pub data_to: NaiveDate,
    /// When it was trained.
    pub created_at: UnixMillis,
}

impl TenantWork {
    /// Stores a trained model and forgets all but the newest `kept`.
    pub async fn store_model(
        &mut self,
        new: &NewModelArtifact,
        kept: i64,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_model_artifact.sql",
            id,
            self.key,
            new.version,
            new.model,
            new.data_from.map(|day| day.0),
            new.data_to.0,
            new.content,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        let old = sqlx::query_file!("sql/delete_old_model_artifacts.sql", self.key, kept);
        old.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// The newest models, newest first, at most `limit`.
    pub async fn models(&mut self, limit: i64) -> Result<Vec<ModelArtifact>, StoreError> {
        let rows = sqlx::query_file!("sql/select_model_artifacts.sql", self.key, limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let models = rows.into_iter().map(|row| ModelArtifact {
            id: row.id,
            version: row.version,
            model: row.model,
            data_from: row.data_from,
            data_to: row.data_to,
            created_at: millis(row.created_at),
        });
        Ok(models.collect())
    }

    /// A model's content, as stored; `None` when there is no such model.
    pub async fn model_content(&mut self, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query_file!("sql/select_model_artifact_content.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| row.content))
    }
}
