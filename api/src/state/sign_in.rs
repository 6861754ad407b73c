//! Wrong passwords, and the locks they lead to. Keyed by what was typed as e-mail address, so that an
//! account that does not exist is locked like one that does, by every process alike.

use serde::{Deserialize, Serialize};
use stratum_models::id::{TenantId, UserId};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::work::SystemWork;
use super::{millis, store_error, tenant_key};

/// When wrong passwords lock an account, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutConfig {
    /// So many wrong passwords …
    pub failures_max: u16,
    /// … within so many seconds …
    pub within_s: u32,
    /// … lock the account for so many seconds.
    pub lock_s: u32,
}

impl Default for LockoutConfig {
    fn default() -> Self {
        LockoutConfig { failures_max: 5, within_s: 300, lock_s: 900 }
    }
}

impl SystemWork {
    /// Until when this address is locked; `None` when it is not.
    pub async fn locked_until(&mut self, email: &str) -> Result<Option<UnixMillis>, StoreError> {
        let (lookup, now) = (self.email_lookup(email), self.now());
        let row = sqlx::query_file!("sql/select_sign_in_lock.sql", &lookup[..], now);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| millis(row.locked_until)))
    }

    /// Forgets an address's failures, unless it was locked while the password was checked: then
    /// until when it is.
    pub async fn clear_failures(&mut self, email: &str) -> Result<Option<UnixMillis>, StoreError> {
        let lookup = self.email_lookup(email);
        let lock = sqlx::query_file!("sql/lock_sign_in_failures.sql", &lookup[..]);
        let Some(row) = lock.fetch_optional(self.connection()).await.map_err(store_error)? else {
            return Ok(None);
        };
        if let Some(until) = row.locked_until.filter(|until| *until > self.now()) {
            return Ok(Some(millis(until)));
        }
        let delete = sqlx::query_file!("sql/delete_sign_in_failures.sql", &lookup[..]);
        delete.execute(self.connection()).await.map_err(store_error)?;
        Ok(None)
    }

    /// Forgets the failures and the lock of a user who has proved to own the address.
    pub async fn unlock(&mut self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        let key = tenant_key(tenant)?;
        let delete = sqlx::query_file!("sql/delete_sign_in_failures_of_user.sql", key, user.0);
        delete.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Counts a wrong password; until when the address is locked where this one locked it.
    pub async fn count_failure(
        &mut self,
        email: &str,
        config: LockoutConfig,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let (lookup, now) = (self.email_lookup(email), self.now());
        let until = now + chrono::TimeDelta::seconds(config.lock_s.into());
        let row = sqlx::query_file!(
            "sql/count_sign_in_failure.sql",
            &lookup[..],
            now,
            now - chrono::TimeDelta::seconds(config.within_s.into()),
            i32::from(config.failures_max),
            until
        );
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        let until = millis(until);
        Ok(row.locked_until.map(millis).filter(|locked| *locked == until))
    }
}
