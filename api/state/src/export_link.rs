//! Addresses that fetch the file of an export once, known by their SHA-256 alone.

use sha2::{Digest as _, Sha256};
use stratum_models::entropy::token;
use stratum_models::id::{TenantId, UserId};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::store_error;
use super::work::{SystemWork, TenantWork};

/// 43 letters and digits hold 256 bits.
const TOKEN_CHARS: usize = 43;

/// The file and the person that a link was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLink {
    /// Whose file it is.
    pub tenant: TenantId,
    /// The export.
    pub export: Uuid,
    /// Who made the link.
    pub user: UserId,
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl TenantWork {
    /// A token that fetches the file of this export once, until an instant.
    pub async fn create_export_link(
        &mut self,
        export: Uuid,
        user: UserId,
        expires_at: UnixMillis,
    ) -> Result<String, StoreError> {
        let token = token(&*self.tools.entropy, TOKEN_CHARS);
        let statement = sqlx::query_file!(
            "sql/insert_export_link.sql",
            &hash(&token)[..],
            self.key,
            export,
            user.0,
            expires_at.to_utc()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(token)
    }
}

impl SystemWork {
    /// Uses a link; `None` where it is not known, was used or is too old.
    pub async fn spend_export_link(
        &mut self,
        token: &str,
    ) -> Result<Option<ExportLink>, StoreError> {
        let row = sqlx::query_file!("sql/spend_export_link.sql", &hash(token)[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| ExportLink {
            tenant: TenantId(row.tenant_id.unsigned_abs()),
            export: row.export_id,
            user: UserId(row.user_id),
        }))
    }
}
