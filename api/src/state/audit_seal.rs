//! The retention of the audit log. Old rows go in segments: a segment that is as it was written is sealed by
//! a row at the end of its chain, which names the segment's last row and hash, and is then removed. The chain
//! can be verified from the seal on ([`super::audit_chain`]). A segment that was tampered with stays.

use serde_json::json;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::audit::{Actor, AuditEntry, Author};
use super::audit_chain::{Chain, ChainFault, SEALED, Walk};
use super::store_error;
use super::work::SystemWork;

/// Rows of one segment.
const SEGMENT_ROWS_MAX: u64 = 50_000;

impl SystemWork {
    /// Seals and removes the oldest rows of a chain that were written before this time, as many as one
    /// segment may have. Returns how many; the fault where they are not as they were written.
    pub async fn retire_audit_rows(
        &mut self,
        chain: &Chain,
        before: UnixMillis,
    ) -> Result<Result<u64, ChainFault>, StoreError> {
        let (mut walk, mut rows) = (Walk::default(), 0);
        'walk: loop {
            let links = self.audit_links(chain, walk.last()).await?;
            if links.is_empty() {
                break;
            }
            for link in links {
                if link.at() >= before || rows == SEGMENT_ROWS_MAX {
                    break 'walk;
                }
                if let Err(fault) = walk.step(link) {
                    return Ok(Err(fault));
                }
                rows += 1;
            }
        }
        if rows == 0 {
            return Ok(Ok(0));
        }
        let changes = json!({"through": walk.last(), "hash": walk.hash(), "rows": rows});
        let entry = AuditEntry::done(SEALED, "audit", walk.last(), changes);
        let author = Author { actor: Actor::System, request_id: "".into() };
        self.audit(Some(chain.tenant), author, &entry).await?;
        let key = super::tenant_key(chain.tenant)?;
        let removal = sqlx::query_file!("sql/remove_sealed_audit_rows.sql", key);
        let removed = removal.fetch_one(self.connection()).await.map_err(store_error)?.removed;
        Ok(Ok(removed.unsigned_abs()))
    }
}
