//! API keys: shown once, known by their SHA-256 from then on.

use stratum_models::directory::ApiKeyHash;
use stratum_models::entropy::token;
use stratum_models::id::ApiKeyId;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::secret::Secret;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::work::{SystemWork, TenantWork};
use super::{damaged, millis, store_error};
use crate::page::Page;

name_set! {
    /// The scope of a key: the operations that it opens.
    ApiKeyScope {
        /// Sending events and ad reports.
        Ingest = "ingest",
        /// Reading answers.
        Read = "read",
        /// Exporting all but what tells who people are.
        Export = "export",
        /// Exporting that as well.
        ExportIdentifiers = "export_identifiers",
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The key's scope.
    pub scope: ApiKeyScope,
    /// The one dataset it opens; every dataset of the tenant when `None`.
    pub dataset_id: Option<Uuid>,
    /// Name to show.
    pub name: String,
    /// From when on it opens nothing; `None` for never.
    pub expires_at: Option<UnixMillis>,
}

/// A stored key, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// Name to show.
    pub name: String,
    /// The key's last four characters.
    pub hint: String,
    /// The key's scope.
    pub scope: ApiKeyScope,
    /// The platform's id of the one dataset it opens.
    pub dataset: Option<String>,
    /// That dataset's ad platform, if it is of one.
    pub platform: Option<Platform>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last used, to within the flush interval.
    pub last_used_at: Option<UnixMillis>,
    /// From when on it opens nothing; `None` for never.
    pub expires_at: Option<UnixMillis>,
    /// When it was revoked.
    pub revoked_at: Option<UnixMillis>,
}

struct ApiKeyRow {
    id: Uuid,
    name: String,
    hint: String,
    scope: String,
    dataset: Option<String>,
    platform: Option<String>,
    created_at: chrono::DateTime<chrono::Utc>,
    last_used_at: Option<chrono::DateTime<chrono::Utc>>,
    expires_at: Option<chrono::DateTime<chrono::Utc>>,
    revoked_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;
    fn try_from(row: ApiKeyRow) -> Result<ApiKey, StoreError> {
        let platform = row
            .platform
            .as_deref()
            .map(|name| Platform::parse_optional(name).ok_or_else(|| damaged("platform")));
        Ok(ApiKey {
            id: ApiKeyId(row.id),
            name: row.name,
            hint: row.hint,
            scope: ApiKeyScope::parse(&row.scope).ok_or_else(|| damaged("scope"))?,
            dataset: row.dataset,
            platform: platform.transpose()?.flatten(),
            created_at: millis(row.created_at),
            last_used_at: row.last_used_at.map(millis),
            expires_at: row.expires_at.map(millis),
            revoked_at: row.revoked_at.map(millis),
        })
    }
}

/// Letters and digits after the prefix: 256 bits.
const KEY_LETTERS: usize = 43;

impl TenantWork {
    /// Makes a key and returns it; it cannot be had again. `Invalid` when the dataset is not the tenant's.
    pub async fn create_api_key(
        &mut self,
        new: &NewApiKey,
    ) -> Result<(ApiKeyId, Secret), StoreError> {
        let letters = token(&*self.tools.entropy, KEY_LETTERS);
        let key = format!("stk_{letters}");
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_api_key.sql",
            id,
            self.key,
            new.dataset_id,
            new.name,
            &ApiKeyHash::of(&key).0[..],
            &letters[KEY_LETTERS - 4..],
            new.scope.as_str(),
            self.now(),
            new.expires_at.map(|at| at.to_utc())
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok((ApiKeyId(id), Secret::new(key)))
    }

    /// All keys, oldest first.
    pub async fn api_keys(&mut self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = sqlx::query_file_as!(ApiKeyRow, "sql/select_api_keys.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// A page of the keys, oldest first, and how many there are in all.
    pub async fn api_keys_page(&mut self, page: Page) -> Result<(Vec<ApiKey>, u64), StoreError> {
        let total = self.count_api_keys().await?.0;
        let rows = sqlx::query_file_as!(
            ApiKeyRow,
            "sql/select_api_keys_page.sql",
            self.key,
            page.limit(),
            page.offset()
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok((rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?, total))
    }

    /// The number of keys, and of those that are neither revoked nor over.
    pub async fn count_api_keys(&mut self) -> Result<(u64, u64), StoreError> {
        let count = sqlx::query_file!("sql/count_api_keys.sql", self.key, self.now());
        let row = count.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok((row.keys.unsigned_abs(), row.open.unsigned_abs()))
    }

    /// Renames a key; `false` when there is no such key.
    pub async fn rename_api_key(&mut self, id: ApiKeyId, name: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/rename_api_key.sql", self.key, id.0, name);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Revokes a key; `false` when there is no such key. Revoking twice changes nothing.
    pub async fn revoke_api_key(&mut self, id: ApiKeyId) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/revoke_api_key.sql", self.key, id.0, self.now());
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }
}

impl SystemWork {
    /// Writes down that these keys were used now.
    pub(super) async fn touch_api_keys(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/update_api_keys_used.sql", ids, self.now());
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}
