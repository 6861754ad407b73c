//! Whether the audit log is as it was written. The hashes are made anew here from the rows, not by the
//! database that could have been told to lie. A chain that does not begin with its first row has a seal in
//! it that names where it may begin ([`super::audit_seal`]).

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::audit::Actor;
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
    /// There are rows, and what tells their number is gone.
    #[error("the head is gone")]
    NoHead,
}

/// A chain without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intact {
    /// Its rows.
    pub rows: u64,
    /// The hash of the last one, in hexadecimal: kept elsewhere, it shows later that no chain was
    /// made in place of this one.
    pub head: String,
}

/// The action of a row that seals those before it.
pub(super) const SEALED: &str = "audit.sealed";

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

    /// Whether it seals all rows up to one with this number and hash.
    fn seals(&self, last: i64, hash: &[u8]) -> bool {
        let of_system = self.action == SEALED && self.actor_kind == Actor::System.kind();
        let names = || {
            let changes: Value = serde_json::from_str(&self.changes).ok()?;
            Some(changes["through"].as_i64()? == last && changes["hash"].as_str()? == hex(hash))
        };
        of_system && names().unwrap_or_default()
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
#[derive(Default)]
pub(super) struct Walk {
    last: i64,
    hash: Vec<u8>,
    /// The row before the first one there is, where rows were removed, until a row seals it.
    unsealed: Option<(i64, Vec<u8>)>,
    rows: u64,
}

impl Walk {
    /// The number of the row met last.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// The hash of that row in hexadecimal.
    pub(super) fn hash(&self) -> String {
        hex(&self.hash)
    }

    pub(super) fn step(&mut self, link: Link) -> Result<(), ChainFault> {
        if self.rows == 0 && link.seq > 1 {
            (self.last, self.hash) = (link.seq - 1, link.previous_hash.clone());
            self.unsealed = Some((self.last, self.hash.clone()));
        }
        if link.seq != self.last + 1 {
            return Err(ChainFault::Removed(self.last + 1));
        }
        if link.previous_hash != self.hash || link.expected()[..] != link.hash {
            return Err(ChainFault::Altered(link.seq));
        }
        if self.unsealed.as_ref().is_some_and(|(last, hash)| link.seals(*last, hash)) {
            self.unsealed = None;
        }
        (self.last, self.hash) = (link.seq, link.hash);
        self.rows += 1;
        Ok(())
    }

    fn end(self, head: &(i64, Vec<u8>)) -> Result<Intact, ChainFault> {
        let (seq, hash) = head;
        if self.unsealed.is_some() {
            return Err(ChainFault::Removed(1));
        }
        match (self.last == *seq, self.hash == *hash) {
            (false, _) => Err(ChainFault::CutOff { last: self.last, head: *seq }),
            (true, false) => Err(ChainFault::Head(*seq)),
            (true, true) => Ok(Intact { rows: self.rows, head: hex(&self.hash) }),
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

    /// Follows a chain from its first row to the head it had when it was listed; rows written since
    /// are not looked at.
    pub async fn verify_chain(
        &mut self,
        chain: &Chain,
    ) -> Result<Result<Intact, ChainFault>, StoreError> {
        let Some(head) = &chain.head else { return Ok(Err(ChainFault::NoHead)) };
        let mut walk = Walk::default();
        loop {
            let rows = self.audit_links(chain, walk.last).await?;
            if rows.is_empty() {
                return Ok(walk.end(head));
            }
            for row in rows {
                if let Err(fault) = walk.step(row) {
                    return Ok(Err(fault));
                }
            }
        }
    }
}

impl SystemWork {
    /// The next rows of a chain after this one, up to the head it had when it was listed.
    pub(super) async fn audit_links(
        &mut self,
        chain: &Chain,
        after: i64,
    ) -> Result<Vec<Link>, StoreError> {
        let key = super::tenant_key(chain.tenant)?;
        let head = chain.head.as_ref().map_or(0, |(seq, _)| *seq);
        let rows =
            sqlx::query_file_as!(Link, "sql/select_audit_chain.sql", key, after, head, ROWS_MAX);
        rows.fetch_all(self.connection()).await.map_err(store_error)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

    fn walk(links: Vec<Link>, head: (i64, Vec<u8>)) -> Result<Intact, ChainFault> {
        let mut walk = Walk::default();
        links.into_iter().try_for_each(|link| walk.step(link))?;
        walk.end(&head)
    }

    #[test]
    fn every_kind_of_damage_is_named() {
        let head = chain(5).pop().map(|link| (link.seq, link.hash)).unwrap();
        assert_eq!(walk(chain(5), head.clone()).unwrap().rows, 5);
        let mut altered = chain(5);
        altered[2].outcome = "refused".into();
        assert_eq!(walk(altered, head.clone()), Err(ChainFault::Altered(3)));
        let mut rewritten = chain(5);
        rewritten[2].outcome = "refused".into();
        rewritten[2].hash = rewritten[2].expected().to_vec();
        assert_eq!(walk(rewritten, head.clone()), Err(ChainFault::Altered(4)));
        let mut removed = chain(5);
        removed.remove(1);
        assert_eq!(walk(removed, head.clone()), Err(ChainFault::Removed(2)));
        let cut = walk(chain(3), head.clone());
        assert_eq!(cut, Err(ChainFault::CutOff { last: 3, head: 5 }));
        assert_eq!(walk(chain(5), (5, vec![0; 32])), Err(ChainFault::Head(5)));
    }

    #[test]
    fn a_chain_may_begin_where_a_seal_in_it_says() {
        let sealed = |through: i64, hash: &[u8], by: &str| {
            let mut links = chain(7);
            let mut seal = link(8, &links[6].hash);
            (seal.actor_kind, seal.action) = (by.to_owned(), SEALED.to_owned());
            seal.changes = format!(r#"{{"through": {through}, "hash": "{}"}}"#, hex(hash));
            seal.hash = seal.expected().to_vec();
            let last = link(9, &seal.hash);
            links.extend([seal, last]);
            links
        };
        let third = chain(3)[2].hash.clone();
        let kept = |mut links: Vec<Link>, removed: usize| {
            let head = links.last().map(|link| (link.seq, link.hash.clone())).unwrap();
            links.drain(..removed);
            walk(links, head).map(|intact| intact.rows)
        };
        assert_eq!(kept(sealed(3, &third, "system"), 3), Ok(6));
        assert_eq!(kept(sealed(3, &third, "system"), 0), Ok(9), "sealed and not removed yet");
        for (links, removed) in [
            (sealed(3, &third, "system"), 2),
            (sealed(3, &third, "system"), 4),
            (sealed(3, &third, "user"), 3),
            (sealed(2, &third, "system"), 3),
            (sealed(3, b"other", "system"), 3),
            (chain(9), 3),
        ] {
            assert_eq!(kept(links, removed), Err(ChainFault::Removed(1)));
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let mut moved = link(1, b"");
        (moved.action, moved.object_kind) = ("tenant.updatedt".into(), "enant".into());
        assert_ne!(moved.expected(), link(1, b"").expected());
    }
}
