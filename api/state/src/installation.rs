//! The installation itself.

use stratum_models::store::StoreError;
use uuid::Uuid;

use super::store_error;
use super::work::SystemWork;

impl SystemWork {
    /// The id of the installation, made with its state store. A copy of the store has it, too.
    pub async fn installation(&mut self) -> Result<Uuid, StoreError> {
        let row = sqlx::query_file!("sql/select_installation.sql");
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.id)
    }
}
