//! Tokens by which somebody who forgot the password sets another one: single use, known by their
//! SHA-256 alone.

use sha2::{Digest as _, Sha256};
use stratum_models::entropy::token;
use stratum_models::id::{TenantId, UserId};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::store_error;
use super::work::{SystemWork, TenantWork};

/// 43 letters and digits hold 256 bits.
const TOKEN_CHARS: usize = 43;

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl TenantWork {
    /// A new token for a user; `None` where the user got one less than `every` ago that still waits.
    pub async fn create_reset_token(
        &mut self,
        user: UserId,
        expires_at: UnixMillis,
        every: chrono::TimeDelta,
    ) -> Result<Option<String>, StoreError> {
        let token = token(&*self.tools.entropy, TOKEN_CHARS);
        let statement = sqlx::query_file!(
            "sql/insert_reset_token.sql",
            &hash(&token)[..],
            self.key,
            user.0,
            self.now(),
            expires_at.to_utc(),
            self.now() - every
        );
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok((done.rows_affected() > 0).then_some(token))
    }

    /// Spends every token of a user.
    pub async fn spend_reset_tokens(&mut self, user: UserId) -> Result<(), StoreError> {
        let statement =
            sqlx::query_file!("sql/spend_reset_tokens_of_user.sql", self.key, user.0, self.now());
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

impl SystemWork {
    /// Whether a token may still be used.
    pub async fn has_reset_token(&mut self, token: &str) -> Result<bool, StoreError> {
        let row = sqlx::query_file!("sql/select_reset_token.sql", &hash(token)[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.is_some())
    }

    /// Uses a token: whose it was. `None` where it is not known, spent or too old.
    pub async fn spend_reset_token(
        &mut self,
        token: &str,
    ) -> Result<Option<(TenantId, UserId)>, StoreError> {
        let row = sqlx::query_file!("sql/spend_reset_token.sql", &hash(token)[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| (TenantId(row.tenant_id.unsigned_abs()), UserId(row.user_id))))
    }
}
