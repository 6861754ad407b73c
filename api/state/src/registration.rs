//! Registrations whose address is not proved yet: sealed, without a tenant, and with an end.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stratum_models::entropy::token;
use stratum_models::secret::Secret;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::seal::Place;
use super::work::SystemWork;
use super::{damaged, store_error};

const CONTENT: &str = "pending_registrations.content";
/// Letters and digits of a token: 256 bits.
const TOKEN_CHARS: usize = 43;

/// Who wants to register. Holds personal data in clear: never printed, hence no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Applicant {
    /// E-mail address.
    pub email: String,
    /// Name of the user.
    pub full_name: String,
    /// Name of the tenant.
    pub tenant_name: String,
    /// PHC string of the password.
    pub password_hash: String,
}

/// The place of a row that belongs to no tenant yet.
const fn place(row: Uuid) -> Place {
    Place { column: CONTENT, tenant: 0, row }
}

impl SystemWork {
    /// Keeps what somebody wants to register with, and returns the token that is to be mailed.
    pub async fn create_pending_registration(
        &mut self,
        applicant: &Applicant,
        expires_at: UnixMillis,
    ) -> Result<Secret, StoreError> {
        let token = token(&*self.tools.entropy, TOKEN_CHARS);
        let content = serde_json::to_string(applicant).map_err(|_| damaged("registration"))?;
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_pending_registration.sql",
            id,
            &sha256(&token)[..],
            self.tools.sealed(place(id), &content)?,
            self.now(),
            expires_at.to_utc()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(Secret::new(token))
    }

    /// Who waits behind a token; `None` where it is not known, spent or too old.
    pub async fn pending_registration(
        &mut self,
        token: &str,
    ) -> Result<Option<Applicant>, StoreError> {
        let hash = sha256(token);
        let row = sqlx::query_file!("sql/select_pending_registration.sql", &hash[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let content = self.tools.opened(place(row.id), &row.content_sealed)?;
        serde_json::from_str(&content).map(Some).map_err(|_| damaged("registration"))
    }

    /// Spends a token; of two at once one gets `true`.
    pub async fn spend_pending_registration(&mut self, token: &str) -> Result<bool, StoreError> {
        let hash = sha256(token);
        let done = sqlx::query_file!("sql/spend_pending_registration.sql", &hash[..], self.now());
        let done = done.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }
}

fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
