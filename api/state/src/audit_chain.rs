//! Verification that the audit log is as it was written. The hashes are made anew here from the rows, not
//! by the database that could have been told to lie; heads that were kept elsewhere tell of a chain that
//! was made anew as a whole. A chain that does not begin with its first row has a seal in it that names
//! where it may begin ([`super::audit_seal`]).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::audit::{Actor, AuditAction};
use super::audit_head::{AuditHead, HeadKey};
use super::work::SystemWork;
use super::{millis, store_error};

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

/// The fault of a chain.
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

/// A chain without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intact {
    /// Rows that there are.
    pub rows: u64,
    /// Kept heads that were met; the others are of rows that were sealed and removed.
    pub met: usize,
    /// The chain's newest row.
    pub head: AuditHead,
}

/// The action of a row that seals those before it.
pub(super) const SEALED: AuditAction = AuditAction::AuditSealed;

pub(super) struct Link {
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
    /// When it was written.
    pub(super) fn at(&self) -> UnixMillis {
        millis(self.at)
    }

    /// True where it seals all rows up to this one, under a key of this installation.
    fn seals(&self, last: &AuditHead, key: &HeadKey) -> bool {
        let of_system = self.action == SEALED.as_str() && self.actor_kind == Actor::System.kind();
        let keyed = || {
            let changes: Value = serde_json::from_str(&self.changes).ok()?;
            Some(key.has_sealed(last, changes["keyed"].as_str()?))
        };
        of_system && keyed().unwrap_or_default()
    }

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
pub(super) struct Walk<'a> {
    tenant: TenantId,
    /// The row after which it begins; 0 for the first.
    from: i64,
    last: i64,
    hash: Vec<u8>,
    /// Number and hash of the row written last.
    head: &'a (i64, Vec<u8>),
    /// Hashes of rows that were heads once, kept elsewhere.
    kept: &'a BTreeMap<i64, Vec<u8>>,
    key: &'a HeadKey,
    /// The row before the first one there is, where rows were removed, until a row seals it.
    unsealed: Option<AuditHead>,
    rows: u64,
    met: usize,
}

impl<'a> Walk<'a> {
    /// A walk that begins after the row of this number and hash.
    pub(super) fn new(
        chain: &'a Chain,
        (from, hash): (i64, Vec<u8>),
        kept: &'a BTreeMap<i64, Vec<u8>>,
        key: &'a HeadKey,
    ) -> Result<Walk<'a>, ChainFault> {
        let head = chain.head.as_ref().ok_or(ChainFault::NoHead)?;
        let tenant = chain.tenant;
        let (last, unsealed, rows, met) = (from, None, 0, 0);
        Ok(Walk { tenant, from, last, hash, head, kept, key, unsealed, rows, met })
    }

    /// The row met last.
    pub(super) fn last(&self) -> AuditHead {
        AuditHead { tenant: self.tenant, seq: self.last, hash: self.hash.clone() }
    }

    pub(super) fn step(&mut self, link: Link) -> Result<(), ChainFault> {
        let seq = link.seq;
        if self.rows == 0 && seq > self.last + 1 && self.last < self.head.0 {
            (self.last, self.hash) = (seq - 1, link.previous_hash.clone());
            self.meet(seq - 1, &link.previous_hash)?;
            self.unsealed = Some(self.last());
        }
        if self.last >= self.head.0 {
            return Err(ChainFault::Beyond { row: seq, head: self.head.0 });
        }
        if seq != self.last + 1 {
            return Err(ChainFault::Removed(self.last + 1));
        }
        if link.previous_hash != self.hash || link.expected()[..] != link.hash {
            return Err(ChainFault::Altered(seq));
        }
        self.meet(seq, &link.hash)?;
        if self.unsealed.as_ref().is_some_and(|last| link.seals(last, self.key)) {
            self.unsealed = None;
        }
        (self.last, self.hash) = (seq, link.hash);
        self.rows += 1;
        Ok(())
    }

    /// Compares a row with the head that was kept of it.
    fn meet(&mut self, seq: i64, hash: &[u8]) -> Result<(), ChainFault> {
        if let Some(kept) = self.kept.get(&seq) {
            if kept != hash {
                return Err(ChainFault::MadeAnew(seq));
            }
            self.met += 1;
        }
        Ok(())
    }

    /// The row met last, for sealing all that were met. Where the walk did not begin with the first row, this
    /// newest seal of the chain must name the row before its beginning: rows that somebody else removed are a fault.
    pub(super) fn segment(&self, newest: Option<&Link>) -> Result<AuditHead, ChainFault> {
        match &self.unsealed {
            Some(last) if !newest.is_some_and(|seal| seal.seals(last, self.key)) => {
                Err(ChainFault::Removed(self.from + 1))
            }
            _ => Ok(self.last()),
        }
    }

    fn end(self) -> Result<Intact, ChainFault> {
        let (seq, hash) = self.head;
        if self.unsealed.is_some() {
            return Err(ChainFault::Removed(self.from + 1));
        }
        let kept = self.kept.last_key_value().map_or(0, |(seq, _)| *seq);
        // The walk may have begun at a row that is no more.
        let (last, head) = (self.last.min(*seq), kept.max(*seq).max(self.last));
        match (last == head, self.hash == *hash) {
            (false, _) => Err(ChainFault::CutOff { last, head }),
            (true, false) => Err(ChainFault::Head(*seq)),
            (true, true) => Ok(Intact { rows: self.rows, met: self.met, head: self.last() }),
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

    /// Follows a chain from the first row there is to its head; the rows whose heads were kept elsewhere
    /// must be met on the way, but for those that a seal covers. All of it is read in one
    /// [`super::PostgresState::snapshot`].
    pub async fn verify_chain(
        &mut self,
        chain: &Chain,
        kept: &BTreeMap<i64, Vec<u8>>,
    ) -> Result<Result<Intact, ChainFault>, StoreError> {
        self.follow(chain, (0, Vec::new()), kept).await
    }

    /// The same from the row on whose head was kept last, which must be met unless it is the first or a
    /// seal covers it.
    pub async fn follow_chain(
        &mut self,
        chain: &Chain,
        from: Option<&AuditHead>,
    ) -> Result<Result<AuditHead, ChainFault>, StoreError> {
        let from = from.map(|head| (head.seq, head.hash.clone())).unwrap_or_default();
        let followed = self.follow(chain, from, &BTreeMap::new()).await?;
        Ok(followed.map(|intact| intact.head))
    }

    async fn follow(
        &mut self,
        chain: &Chain,
        from: (i64, Vec<u8>),
        kept: &BTreeMap<i64, Vec<u8>>,
    ) -> Result<Result<Intact, ChainFault>, StoreError> {
        let key = self.head_key();
        let mut walk = match Walk::new(chain, from, kept, &key) {
            Ok(walk) => walk,
            Err(fault) => return Ok(Err(fault)),
        };
        loop {
            let links = self.audit_links(chain, walk.last).await?;
            if links.is_empty() {
                return Ok(walk.end());
            }
            for link in links {
                if let Err(fault) = walk.step(link) {
                    return Ok(Err(fault));
                }
            }
        }
    }

    /// The row of a chain that sealed rows last.
    pub(super) async fn newest_audit_seal(
        &mut self,
        chain: &Chain,
    ) -> Result<Option<Link>, StoreError> {
        let (key, action) = (super::tenant_key(chain.tenant)?, SEALED.as_str());
        let row = sqlx::query_file_as!(Link, "sql/select_newest_audit_seal.sql", key, action);
        row.fetch_optional(self.connection()).await.map_err(store_error)
    }

    /// The next rows of a chain after this one.
    pub(super) async fn audit_links(
        &mut self,
        chain: &Chain,
        after: i64,
    ) -> Result<Vec<Link>, StoreError> {
        let key = super::tenant_key(chain.tenant)?;
        let rows = sqlx::query_file_as!(Link, "sql/select_audit_chain.sql", key, after, ROWS_MAX);
        rows.fetch_all(self.connection()).await.map_err(store_error)
    }
}

#[cfg(test)]
mod tests;
