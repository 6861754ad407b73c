//! Second factors of users: the sealed secret, and recovery codes by their SHA-256.

use sha2::{Digest as _, Sha256};
use stratum_models::id::UserId;
use stratum_models::store::StoreError;

use super::work::TenantWork;
use super::{damaged, store_error};
use crate::factor_secret::{FactorSecret, recovery_code, recovery_codes};

pub(super) const SECRET: &str = "second_factors.secret";

/// A user's second factor.
pub struct SecondFactor {
    /// The secret that codes are made of.
    pub secret: FactorSecret,
    /// True once a code of it was given: before that it does not count.
    pub confirmed: bool,
}

impl TenantWork {
    /// A user's second factor; until this work ends, no other work gets it.
    pub async fn second_factor(
        &mut self,
        user: UserId,
    ) -> Result<Option<SecondFactor>, StoreError> {
        let row = sqlx::query_file!("sql/select_second_factor.sql", self.key, user.0);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let secret = self.tools.opened(self.place(SECRET, user.0), &row.secret_sealed)?;
        let secret = FactorSecret::parse(&secret).ok_or_else(|| damaged("second factor"))?;
        Ok(Some(SecondFactor { secret, confirmed: row.confirmed }))
    }

    /// Makes a secret for a user, which counts once a code of it is given; `None` where the user has a factor
    /// that counts.
    pub async fn begin_second_factor(
        &mut self,
        user: UserId,
    ) -> Result<Option<FactorSecret>, StoreError> {
        let secret = FactorSecret::make(&*self.tools.entropy);
        let sealed = self.tools.sealed(self.place(SECRET, user.0), &secret.to_base32())?;
        let statement =
            sqlx::query_file!("sql/upsert_second_factor.sql", self.key, user.0, sealed, self.now());
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok((done.rows_affected() > 0).then_some(secret))
    }

    /// Takes the code of a step, from which on the factor counts; false where a code of this step or a later
    /// one was taken before.
    pub async fn use_second_factor(&mut self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/use_second_factor.sql", self.key, user.0, step, self.now());
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a user's second factor away, with the recovery codes; false where there was none.
    pub async fn remove_second_factor(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.remove_recovery_codes(user).await?;
        let statement = sqlx::query_file!("sql/delete_second_factor.sql", self.key, user.0);
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// New recovery codes in place of the ones before, to be shown once.
    pub async fn renew_recovery_codes(&mut self, user: UserId) -> Result<Vec<String>, StoreError> {
        self.remove_recovery_codes(user).await?;
        let codes = recovery_codes(&*self.tools.entropy);
        let hashes: Vec<Vec<u8>> =
            codes.iter().filter_map(|code| recovery_code(code)).map(|code| sha256(&code)).collect();
        let statement =
            sqlx::query_file!("sql/insert_recovery_codes.sql", self.key, user.0, &hashes);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(codes)
    }

    /// Spends a recovery code; false where it is none of the user's.
    pub async fn spend_recovery_code(
        &mut self,
        user: UserId,
        text: &str,
    ) -> Result<bool, StoreError> {
        let Some(code) = recovery_code(text) else { return Ok(false) };
        let hash = sha256(&code);
        let statement = sqlx::query_file!("sql/spend_recovery_code.sql", self.key, user.0, hash);
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// The number of recovery codes that a user has left.
    pub async fn recovery_codes_left(&mut self, user: UserId) -> Result<u64, StoreError> {
        let count = sqlx::query_file!("sql/count_recovery_codes.sql", self.key, user.0);
        let row = count.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.codes.unsigned_abs())
    }

    async fn remove_recovery_codes(&mut self, user: UserId) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/delete_recovery_codes.sql", self.key, user.0);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

fn sha256(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}
