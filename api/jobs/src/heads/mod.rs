//! Heads of the audit chains, put down outside the database once an hour: a line each in the log and in
//! a file that only grows. `stratum admin audit verify` finds by them that a chain was made anew.

pub mod files;

use std::collections::{BTreeMap, BTreeSet};

use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;

use files::HeadFiles;
use stratum_state::PostgresState;
use stratum_state::audit_head::AuditHead;

/// Puts heads down.
pub struct HeadWriter {
    state: PostgresState,
    files: HeadFiles,
    clock: SharedClock,
    /// The head of each chain that was put down last; `None` until the files were read.
    last: Option<BTreeMap<TenantId, AuditHead>>,
}

impl HeadWriter {
    /// One that has put nothing down yet.
    pub fn new(state: PostgresState, files: HeadFiles, clock: SharedClock) -> HeadWriter {
        HeadWriter { state, files, clock, last: None }
    }

    /// Follows each chain from the head that was put down last, and puts down its new one. Returns whose
    /// newest heads are put down. A chain that does not follow is told as an error and gets none: its
    /// earlier heads stay the last.
    pub async fn put_down(&mut self) -> Result<BTreeSet<TenantId>, StoreError> {
        let mut last = match self.last.take() {
            Some(last) => last,
            None => self.read().await,
        };
        let followed = self.follow(&last).await;
        let heads = followed.as_deref().unwrap_or_default();
        let is_new = |head: &&AuditHead| last.get(&head.tenant) != Some(*head);
        let new: Vec<AuditHead> = heads.iter().filter(is_new).cloned().collect();
        if self.write(&new).await {
            last.extend(new.into_iter().map(|head| (head.tenant, head)));
        }
        let put_down = followed.map(|heads| {
            let is_put_down = |head: &&AuditHead| last.get(&head.tenant) == Some(*head);
            heads.iter().filter(is_put_down).map(|head| head.tenant).collect()
        });
        self.last = Some(last);
        put_down
    }

    /// The newest head of each chain that follows from its last one.
    async fn follow(
        &self,
        last: &BTreeMap<TenantId, AuditHead>,
    ) -> Result<Vec<AuditHead>, StoreError> {
        let mut work = self.state.snapshot().await?;
        let chains = work.audit_chains().await?;
        let mut heads = Vec::new();
        for chain in &chains {
            match work.follow_chain(chain, last.get(&chain.tenant)).await? {
                Ok(head) => heads.push(head),
                Err(fault) => broken(chain.tenant, &fault.to_string()),
            }
        }
        let there = |tenant: &TenantId| chains.iter().any(|chain| chain.tenant == *tenant);
        for tenant in last.keys().filter(|tenant| !there(tenant)) {
            broken(*tenant, "all of its rows are gone");
        }
        Ok(heads)
    }

    async fn read(&self) -> BTreeMap<TenantId, AuditHead> {
        let (files, key) = (self.files.clone(), self.state.head_key());
        let read = tokio::task::spawn_blocking(move || files.read(&key)).await;
        match read {
            Ok(Ok(kept)) => kept.newest(),
            _ => {
                tracing::warn!("heads of the audit log that were put down earlier cannot be read");
                BTreeMap::new()
            }
        }
    }

    async fn write(&self, heads: &[AuditHead]) -> bool {
        let key = self.state.head_key();
        let words: Vec<String> = heads.iter().map(|head| key.write(head)).collect();
        for head in &words {
            tracing::info!(head, "head of the audit log");
        }
        let (files, at) = (self.files.clone(), self.clock.now().to_utc());
        match tokio::task::spawn_blocking(move || files.append(at, &words)).await {
            Ok(Ok(())) => true,
            _ => {
                tracing::error!("heads of the audit log cannot be written");
                false
            }
        }
    }
}

fn broken(tenant: TenantId, fault: &str) {
    tracing::error!(%tenant, fault, "the audit log is broken");
}
