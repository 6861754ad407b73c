//! Addresses of the page under a name.

use chrono::{DateTime, Utc};
use stratum_models::id::UserId;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::store_error;
use super::work::TenantWork;

/// All that a user writes of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    /// The view's name, unique among the user's.
    pub name: String,
    /// The path with its search, from `/` on.
    pub path: String,
    /// Whether everybody of the tenant sees it.
    pub is_shared: bool,
}

/// A stored view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The view's id.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// The content that was written.
    pub content: NewView,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl TenantWork {
    /// Stores a view. `Conflict` when the user has one of this name.
    pub async fn create_view(&mut self, user: UserId, new: &NewView) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_view.sql",
            id,
            self.key,
            user.0,
            new.name,
            new.path,
            new.is_shared,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes a user's view anew; `false` when they have none of this id. `Conflict` as at its making.
    pub async fn update_view(
        &mut self,
        id: Uuid,
        user: UserId,
        new: &NewView,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_view.sql",
            self.key,
            id,
            user.0,
            new.name,
            new.path,
            new.is_shared
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Deletes a user's own view, with `shared` also one that another user shares; `false` when there is none.
    pub async fn delete_view(
        &mut self,
        id: Uuid,
        user: UserId,
        shared: bool,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_view.sql", self.key, id, user.0, shared);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// A user's views and those that others share, by name, at most 500.
    pub async fn views(&mut self, user: UserId) -> Result<Vec<View>, StoreError> {
        let rows = sqlx::query_file!("sql/select_views.sql", self.key, user.0);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let views = rows.into_iter().map(|row| View {
            id: row.id,
            user_id: UserId(row.user_id),
            content: NewView { name: row.name, path: row.path, is_shared: row.is_shared },
            created_at: row.created_at,
        });
        Ok(views.collect())
    }

    /// The number of views that a user has.
    pub async fn view_count(&mut self, user: UserId) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_views.sql", self.key, user.0);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.views.unsigned_abs())
    }
}
