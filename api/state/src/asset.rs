//! Creative assets: what is shown to people.

use chrono::{DateTime, NaiveDate, Utc};
use stratum_models::name_set;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::work::TenantWork;
use super::{damaged, fold, store_error};

name_set! {
    /// The kind of thing that is shown.
    AssetKind {
        /// A still picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// Several cards.
        Carousel = "carousel",
        /// A full-screen story.
        Story = "story",
        /// An HTML5 bundle.
        Html5 = "html5",
    }
}

/// All that a user writes of an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAsset {
    /// The campaign it is shown in.
    pub campaign_id: Option<Uuid>,
    /// Name to show.
    pub name: String,
    /// The kind of thing.
    pub kind: AssetKind,
    /// The address of the asset.
    pub url: Option<String>,
    /// The file format, such as `image/png`, `mp4` or `9:16`.
    pub format: Option<String>,
    /// The size in bytes.
    pub size_bytes: Option<i64>,
    /// The running time in milliseconds.
    pub duration_ms: Option<i64>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The fatigue of people who saw it, 0 to 100.
    pub fatigue_score: Option<f64>,
    /// The first day it was shown.
    pub first_used: Option<NaiveDate>,
}

/// A stored asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// The asset's id.
    pub id: Uuid,
    /// The content that users wrote.
    pub content: NewAsset,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Which assets; newest first.
#[derive(Clone, Debug, Default)]
pub struct AssetQuery {
    /// Of one campaign.
    pub campaign_id: Option<Uuid>,
    /// Of one of these kinds; of any where empty.
    pub kinds: Vec<AssetKind>,
    /// With every one of these tags.
    pub tags: Vec<String>,
    /// With this text in the name, in any letter case.
    pub search: Option<String>,
}

impl AssetQuery {
    fn kinds(&self) -> Vec<String> {
        self.kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
    }
}

struct AssetRow {
    id: Uuid,
    campaign_id: Option<Uuid>,
    name: String,
    kind: String,
    url: Option<String>,
    format: Option<String>,
    size_bytes: Option<i64>,
    duration_ms: Option<i64>,
    tags: Vec<String>,
    fatigue_score: Option<f64>,
    first_used: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<AssetRow> for Asset {
    type Error = StoreError;
    fn try_from(row: AssetRow) -> Result<Asset, StoreError> {
        Ok(Asset {
            id: row.id,
            content: NewAsset {
                campaign_id: row.campaign_id,
                name: row.name,
                kind: row.kind.parse().map_err(|_| damaged("kind of asset"))?,
                url: row.url,
                format: row.format,
                size_bytes: row.size_bytes,
                duration_ms: row.duration_ms,
                tags: row.tags,
                fatigue_score: row.fatigue_score,
                first_used: row.first_used,
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TenantWork {
    /// Stores an asset. Its campaign must be the tenant's.
    pub async fn create_asset(&mut self, new: &NewAsset) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_asset.sql",
            id,
            self.key,
            new.campaign_id,
            new.name,
            fold(&new.name),
            new.kind.as_str(),
            new.url,
            new.format,
            new.size_bytes,
            new.duration_ms,
            &new.tags,
            new.fatigue_score,
            new.first_used,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes an asset anew; `false` when there is no such asset.
    pub async fn update_asset(&mut self, id: Uuid, new: &NewAsset) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_asset.sql",
            self.key,
            id,
            new.campaign_id,
            new.name,
            fold(&new.name),
            new.kind.as_str(),
            new.url,
            new.format,
            new.size_bytes,
            new.duration_ms,
            &new.tags,
            new.fatigue_score,
            new.first_used,
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Marks an asset as deleted; `false` when there is no such asset.
    pub async fn delete_asset(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_asset.sql", self.key, id, self.now());
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// The asset of this id.
    pub async fn asset(&mut self, id: Uuid) -> Result<Option<Asset>, StoreError> {
        let row = sqlx::query_file_as!(AssetRow, "sql/select_asset.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(Asset::try_from).transpose()
    }

    /// The same, and nobody else changes it until this work ends.
    pub async fn lock_asset(&mut self, id: Uuid) -> Result<Option<Asset>, StoreError> {
        let row = sqlx::query_file_as!(AssetRow, "sql/lock_asset.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(Asset::try_from).transpose()
    }

    /// A part of the assets that are asked for.
    pub async fn assets(
        &mut self,
        query: &AssetQuery,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Asset>, StoreError> {
        let rows = sqlx::query_file_as!(
            AssetRow,
            "sql/select_assets.sql",
            self.key,
            query.campaign_id,
            &query.kinds(),
            &query.tags,
            query.search.as_deref().map(fold),
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(Asset::try_from).collect()
    }

    /// The number of assets that match.
    pub async fn asset_count(&mut self, query: &AssetQuery) -> Result<u64, StoreError> {
        let row = sqlx::query_file!(
            "sql/count_assets.sql",
            self.key,
            query.campaign_id,
            &query.kinds(),
            &query.tags,
            query.search.as_deref().map(fold)
        );
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.assets.unsigned_abs())
    }
}
