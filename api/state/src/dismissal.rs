//! Concerns that somebody has put aside for a while.

use chrono::{DateTime, Utc};
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::audit::Actor;
use super::store_error;
use super::work::TenantWork;

/// A concern that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// The name the program gives the concern.
    pub concern: String,
    /// Why.
    pub reason: String,
    /// The user who did.
    pub dismissed_by: Option<Uuid>,
    /// When.
    pub dismissed_at: DateTime<Utc>,
    /// When it shows again.
    pub until: DateTime<Utc>,
}

impl TenantWork {
    /// The concerns that are put aside now.
    pub async fn dismissals(&mut self) -> Result<Vec<Dismissal>, StoreError> {
        let rows = sqlx::query_file!("sql/select_dismissals.sql", self.key, self.now());
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let dismissals = rows.into_iter().map(|row| Dismissal {
            concern: row.concern,
            reason: row.reason,
            dismissed_by: row.dismissed_by,
            dismissed_at: row.dismissed_at,
            until: row.until,
        });
        Ok(dismissals.collect())
    }

    /// Puts a concern aside until an instant, in the author's name; those whose time is over are forgotten.
    pub async fn dismiss(
        &mut self,
        concern: &str,
        reason: &str,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let author = match self.author.actor {
            Actor::User(user) => Some(user.0),
            _ => None,
        };
        let now = self.now();
        let ended = sqlx::query_file!("sql/delete_ended_dismissals.sql", self.key, now);
        ended.execute(self.connection()).await.map_err(store_error)?;
        let statement = sqlx::query_file!(
            "sql/upsert_dismissal.sql",
            self.key,
            concern,
            reason,
            author,
            now,
            until
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Shows a concern again; `false` when it was not put aside.
    pub async fn restore(&mut self, concern: &str) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_dismissal.sql", self.key, concern);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }
}
