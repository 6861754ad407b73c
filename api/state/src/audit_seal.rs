//! The retention of the audit log. Old rows go in segments: a segment that is as it was written is sealed by
//! a row at the end of its chain, which names the segment's last row and hash, and is then removed. The chain
//! can be verified from the seal on ([`super::audit_chain`]). What the seal names is also there under a key, so
//! that whoever owns the tables cannot make a seal. A segment that was tampered with stays, and so does one whose
//! chain was shortened without a seal: a new seal would hide it.

use std::collections::BTreeMap;

use serde_json::json;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::audit::{AuditEntry, Author};
use super::audit_chain::{Chain, ChainFault, SEALED, Walk};
use super::audit_head::hex;
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
        let (key, none, mut rows) = (self.head_key(), BTreeMap::new(), 0);
        let mut walk = match Walk::new(chain, (0, Vec::new()), &none, &key) {
            Ok(walk) => walk,
            Err(fault) => return Ok(Err(fault)),
        };
        'walk: loop {
            let links = self.audit_links(chain, walk.last().seq).await?;
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
        let last = match walk.segment(self.newest_audit_seal(chain).await?.as_ref()) {
            Ok(last) => last,
            Err(fault) => return Ok(Err(fault)),
        };
        let changes = json!({
            "through": last.seq,
            "hash": hex(&last.hash),
            "rows": rows,
            "keyed": key.seal(&last),
        });
        let entry = AuditEntry::done(SEALED, "audit", last.seq, changes);
        self.audit(Some(chain.tenant), Author::system(), &entry).await?;
        let tenant = super::tenant_key(chain.tenant)?;
        let removal = sqlx::query_file!("sql/remove_sealed_audit_rows.sql", tenant);
        let removed = removal.fetch_one(self.connection()).await.map_err(store_error)?.removed;
        Ok(Ok(removed.unsigned_abs()))
    }
}
