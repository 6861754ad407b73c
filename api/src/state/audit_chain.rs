//! Verification that the audit log is as it was written. The hashes are made anew here from the rows, not
//! by the database that could have been told to lie; heads that were kept elsewhere tell of a chain that
//! was made anew as a whole.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;

use super::audit_head::AuditHead;
use super::store_error;
use super::work::SystemWork;

/// Rows read at once.
const ROWS_MAX: i64 = 1_000;

/// The chain of one tenant, or of the installation (tenant 0).
#[derive(Clone, Debug)]
pub struct Chain {
    /// Whose it is.
    pub tenant: TenantId,
    /// The tenant's short name.
    pub slug: Option<String>,
    /// Number and hash of the row written last.
    head: Option<(i64, Vec<u8>)>,
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A row is not what was written, or does not follow the one before.
    #[error("row {0} was altered")]
    Altered(i64),
    /// A row in the middle is gone.
    #[error("row {0} was removed")]
    Removed(i64),
    /// Rows at the end are gone.
    #[error("the rows after {last} up to {head} were cut off")]
    CutOff {
        /// The last row there is.
        last: i64,
        /// The last row that was written.
        head: i64,
    },
    /// The last row is not the one that was written last.
    #[error("the head does not belong to row {0}")]
    Head(i64),
    /// A row that no program of ours wrote.
    #[error("row {row} stands beyond the head {head}")]
    Beyond {
        /// The row.
        row: i64,
        /// The last row that was written.
        head: i64,
    },
    /// The row is not the one whose head was kept.
    #[error("row {0} is another one than when its head was kept: the chain was made anew")]
    MadeAnew(i64),
    /// There are rows, and what tells their number is gone.
    #[error("the head is gone")]
    NoHead,
}

struct Link {
    tenant_id: i64,
    seq: i64,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: String,
    action: String,
    object_kind: String,
    object_id: String,
    outcome: String,
    changes: String,
    request_id: String,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl Link {
    /// The hash that the row must have: of the hash before it and every field with its length.
    fn expected(&self) -> [u8; 32] {
        let (tenant, seq) = (self.tenant_id.to_string(), self.seq.to_string());
        let at = self.at.timestamp_micros().to_string();
        let fields = [
            &tenant,
            &seq,
            &at,
            &self.actor_kind,
            &self.actor_id,
            &self.action,
            &self.object_kind,
            &self.object_id,
            &self.outcome,
            &self.changes,
            &self.request_id,
        ];
        let fields = fields.map(|field| format!("{}:{field}", field.len()));
        let hash = Sha256::new().chain_update(&self.previous_hash);
        hash.chain_update(fields.join(",")).finalize().into()
    }
}

/// Follows a chain row by row.
struct Walk<'a> {
    last: i64,
    hash: Vec<u8>,
    /// Number and hash of the row written last.
    head: &'a (i64, Vec<u8>),
    /// Hashes of rows that were heads once, kept elsewhere.
    kept: &'a BTreeMap<i64, Vec<u8>>,
}

impl Walk<'_> {
    fn step(&mut self, link: Link) -> Result<(), ChainFault> {
        let seq = link.seq;
        if self.last == self.head.0 {
            return Err(ChainFault::Beyond { row: seq, head: self.head.0 });
        }
        if seq != self.last + 1 {
            return Err(ChainFault::Removed(self.last + 1));
        }
        if link.previous_hash != self.hash || link.expected()[..] != link.hash {
            return Err(ChainFault::Altered(seq));
        }
        if self.kept.get(&seq).is_some_and(|kept| *kept != link.hash) {
            return Err(ChainFault::MadeAnew(seq));
        }
        (self.last, self.hash) = (seq, link.hash);
        Ok(())
    }

    /// The last row's number and hash.
    fn end(self) -> Result<(i64, Vec<u8>), ChainFault> {
        let (seq, hash) = self.head;
        let kept = self.kept.last_key_value().map_or(0, |(seq, _)| *seq);
        // The walk may have begun at a row that is no more.
        let (last, head) = (self.last.min(*seq), kept.max(*seq).max(self.last));
        match (last == head, self.hash == *hash) {
            (false, _) => Err(ChainFault::CutOff { last, head }),
            (true, false) => Err(ChainFault::Head(*seq)),
            (true, true) => Ok((self.last, self.hash)),
        }
    }
}

impl SystemWork {
    /// Every chain there is.
    pub async fn audit_chains(&mut self) -> Result<Vec<Chain>, StoreError> {
        let rows = sqlx::query_file!("sql/select_audit_heads.sql");
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let chains = rows.into_iter().map(|row| Chain {
            tenant: TenantId(row.tenant_id.unsigned_abs()),
            slug: row.slug,
            head: row.seq.zip(row.hash),
        });
        Ok(chains.collect())
    }

    /// Follows a chain from its first row to its head; the rows whose heads were kept elsewhere must
    /// be met on the way. All of it is read in one [`super::PostgresState::snapshot`].
    pub async fn verify_chain(
        &mut self,
        chain: &Chain,
        kept: &BTreeMap<i64, Vec<u8>>,
    ) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        self.follow(chain, (0, Vec::new()), kept).await
    }

    /// The same from the row on whose head was kept last, which must be met unless it is the first.
    pub async fn follow_chain(
        &mut self,
        chain: &Chain,
        from: Option<&AuditHead>,
    ) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        let from = from.map(|head| (head.seq, head.hash.clone())).unwrap_or_default();
        self.follow(chain, from, &BTreeMap::new()).await
    }

    async fn follow(
        &mut self,
        chain: &Chain,
        (last, hash): (i64, Vec<u8>),
        kept: &BTreeMap<i64, Vec<u8>>,
    ) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        let Some(head) = &chain.head else { return Ok(Err(ChainFault::NoHead)) };
        let key = super::tenant_key(chain.tenant)?;
        let mut walk = Walk { last, hash, head, kept };
        loop {
            let rows =
                sqlx::query_file_as!(Link, "sql/select_audit_chain.sql", key, walk.last, ROWS_MAX);
            let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
            if rows.is_empty() {
                let tenant = chain.tenant;
                return Ok(walk.end().map(|(seq, hash)| AuditHead { tenant, seq, hash }));
            }
            for row in rows {
                if let Err(fault) = walk.step(row) {
                    return Ok(Err(fault));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: i64, previous: &[u8]) -> Link {
        let text = str::to_owned;
        let mut link = Link {
            tenant_id: 2,
            seq,
            at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            actor_kind: text("user"),
            actor_id: text("7"),
            action: text("tenant.updated"),
            object_kind: text("tenant"),
            object_id: text("2"),
            outcome: text("done"),
            changes: text("{}"),
            request_id: String::new(),
            previous_hash: previous.to_vec(),
            hash: Vec::new(),
        };
        link.hash = link.expected().to_vec();
        link
    }

    fn chain(length: i64) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for seq in 1..=length {
            let previous = links.last().map(|link| link.hash.clone()).unwrap_or_default();
            links.push(link(seq, &previous));
        }
        links
    }

    type Head = (i64, Vec<u8>);

    fn walk(links: Vec<Link>, head: Head, kept: &[Head]) -> Result<Head, ChainFault> {
        let kept = kept.iter().cloned().collect();
        let mut walk = Walk { last: 0, hash: Vec::new(), head: &head, kept: &kept };
        links.into_iter().try_for_each(|link| walk.step(link))?;
        walk.end()
    }

    fn head(links: &[Link]) -> Head {
        links.last().map(|link| (link.seq, link.hash.clone())).unwrap()
    }

    #[test]
    fn every_kind_of_damage_is_named() {
        let head = head(&chain(5));
        assert_eq!(walk(chain(5), head.clone(), &[]), Ok(head.clone()));
        let mut altered = chain(5);
        altered[2].outcome = "refused".into();
        assert_eq!(walk(altered, head.clone(), &[]), Err(ChainFault::Altered(3)));
        let mut rewritten = chain(5);
        rewritten[2].outcome = "refused".into();
        rewritten[2].hash = rewritten[2].expected().to_vec();
        assert_eq!(walk(rewritten, head.clone(), &[]), Err(ChainFault::Altered(4)));
        let mut removed = chain(5);
        removed.remove(1);
        assert_eq!(walk(removed, head.clone(), &[]), Err(ChainFault::Removed(2)));
        let cut = walk(chain(3), head.clone(), &[]);
        assert_eq!(cut, Err(ChainFault::CutOff { last: 3, head: 5 }));
        assert_eq!(walk(chain(5), (5, vec![0; 32]), &[]), Err(ChainFault::Head(5)));
        assert_eq!(walk(chain(6), head.clone(), &[]), Err(ChainFault::Beyond { row: 6, head: 5 }));
        let mut far = chain(5);
        far.push(link(1_000_000, &head.1));
        let beyond = ChainFault::Beyond { row: 1_000_000, head: 5 };
        assert_eq!(walk(far, head, &[]), Err(beyond));
    }

    /// Row by row and at its head it is as good as the true one.
    #[test]
    fn a_chain_made_anew_does_not_meet_the_heads_that_were_kept() {
        let kept = [head(&chain(2)), head(&chain(4))];
        let mut anew: Vec<Link> = Vec::new();
        for seq in 1..=5 {
            let previous = anew.last().map(|link| link.hash.clone()).unwrap_or_default();
            let mut link = link(seq, &previous);
            if seq == 3 {
                link.actor_id = "another".into();
                link.hash = link.expected().to_vec();
            }
            anew.push(link);
        }
        let its_head = head(&anew);
        assert_eq!(walk(chain(5), head(&chain(5)), &kept), Ok(head(&chain(5))));
        let found = walk(anew, its_head, &kept);
        assert_eq!(found, Err(ChainFault::MadeAnew(4)));
        let shorter = walk(chain(3), head(&chain(3)), &kept);
        assert_eq!(shorter, Err(ChainFault::CutOff { last: 3, head: 4 }));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let mut moved = link(1, b"");
        (moved.action, moved.object_kind) = ("tenant.updatedt".into(), "enant".into());
        assert_ne!(moved.expected(), link(1, b"").expected());
    }
}
