//! Reading the audit log.

use serde_json::Value;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::audit::{AuditAction, AuditOutcome};
use super::work::TenantWork;
use super::{millis, store_error};
use crate::page::Page;

/// Which rows.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Written at or after.
    pub from: Option<UnixMillis>,
    /// Written before.
    pub until: Option<UnixMillis>,
    /// Kind of the actor.
    pub actor_kind: Option<String>,
    /// Id of the actor.
    pub actor_id: Option<String>,
    /// The action that was done.
    pub action: Option<AuditAction>,
    /// Kind of what it was done to.
    pub object_kind: Option<String>,
    /// Which one.
    pub object_id: Option<String>,
    /// Whether it was done.
    pub outcome: Option<AuditOutcome>,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// The row's place in the tenant's chain, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: UnixMillis,
    /// Kind of the actor.
    pub actor_kind: String,
    /// Id of the actor; empty where they have none.
    pub actor_id: String,
    /// The action that was done.
    pub action: String,
    /// Kind of what it was done to.
    pub object_kind: String,
    /// Which one; empty where there is none.
    pub object_id: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// Field by field what is new.
    pub changes: Value,
    /// The request it was done by; empty outside of requests.
    pub request_id: String,
    /// Covers the row and the hash before it.
    pub hash: Vec<u8>,
}

impl TenantWork {
    /// A page of the tenant's rows, newest first, and how many there are in all.
    pub async fn audit_page(
        &mut self,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<(Vec<AuditRow>, u64), StoreError> {
        let (from, until) = (filter.from.map(|at| at.to_utc()), filter.until.map(|at| at.to_utc()));
        let action = filter.action.map(AuditAction::as_str);
        let outcome = filter.outcome.map(AuditOutcome::as_str);
        let count = sqlx::query_file!(
            "sql/count_audit_rows.sql",
            self.key,
            from,
            until,
            filter.actor_kind,
            filter.actor_id,
            action,
            filter.object_kind,
            filter.object_id,
            outcome
        );
        let total = count.fetch_one(self.connection()).await.map_err(store_error)?.rows;
        let rows = sqlx::query_file!(
            "sql/select_audit_page.sql",
            self.key,
            from,
            until,
            filter.actor_kind,
            filter.actor_id,
            action,
            filter.object_kind,
            filter.object_id,
            outcome,
            page.limit(),
            page.offset()
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let rows = rows.into_iter().map(|row| AuditRow {
            seq: row.seq.unsigned_abs(),
            at: millis(row.at),
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            action: row.action,
            object_kind: row.object_kind,
            object_id: row.object_id,
            outcome: row.outcome,
            changes: row.changes,
            request_id: row.request_id,
            hash: row.hash,
        });
        Ok((rows.collect(), total.unsigned_abs()))
    }
}
