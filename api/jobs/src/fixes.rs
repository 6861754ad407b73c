//! Watches runs of one-click fixes: now and then each open one is looked at, what it has brought is written down, and
//! it ends once that is certain, or its time is over.
//!
//! Each jobs process looks. Two that look at the same run find the same, and one of them ends it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_models::announce::announce;
use stratum_models::fix::{FixEnd, FixState, Verdict};
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_models::update::{Update, UpdateKind};
use stratum_models::warehouse::WarehouseReader;
use stratum_query::ask::fixes::{WatchedRun, measure};
use stratum_state::PostgresState;
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use stratum_state::fix_run::FixRun;
use stratum_state::work::operator_scope;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::every;

/// Runs that are looked at at once; the next look takes the others.
const RUNS_MAX: i64 = 500;

/// The pace of looks at runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixesConfig {
    /// The time between two looks, in milliseconds.
    pub look_ms: u64,
}

impl Default for FixesConfig {
    fn default() -> FixesConfig {
        FixesConfig { look_ms: 300_000 }
    }
}

/// The job that watches runs of fixes.
pub struct FixObserver {
    /// The store of runs.
    pub state: PostgresState,
    /// The store of events.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// Where watchers are told.
    pub log: Arc<dyn EventLog>,
    /// The time.
    pub clock: SharedClock,
    /// The configuration.
    pub config: FixesConfig,
}

/// The part of a stored run that is watched; `None` where its dataset is of no ad platform.
pub fn watched(run: &FixRun) -> Option<WatchedRun> {
    let content = &run.content;
    Some(WatchedRun {
        platform: run.platform?,
        dataset_id: run.external_id.clone(),
        issue: content.issue,
        marks: content.before.marks_of_change(content.applied),
        version: content.version_applied,
        since: UnixMillis(run.created_at.timestamp_millis()),
    })
}

impl FixObserver {
    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        every(Duration::from_millis(self.config.look_ms), &stop, || self.look()).await;
    }

    async fn look(&self) {
        let open = async { self.state.system().await?.open_fix_runs(RUNS_MAX).await };
        let open = open.await.unwrap_or_else(|error: StoreError| {
            tracing::warn!(error = %error, "runs of fixes were not looked at");
            Vec::new()
        });
        for (tenant, run) in open {
            if let Err(error) = self.look_at(tenant, run).await {
                tracing::warn!(error = %error, %tenant, %run, "a run of a fix was not looked at");
            }
        }
    }

    async fn look_at(&self, tenant: TenantId, id: Uuid) -> Result<(), StoreError> {
        let enter = async || self.state.system().await?.enter(tenant, Author::system()).await;
        // Nothing is held while the warehouse is asked.
        let Some(run) = enter().await?.fix_run(id).await? else { return Ok(()) };
        let (Some(watched), Some(figure)) = (watched(&run), run.content.issue.figure()) else {
            return Ok(());
        };
        let measured = {
            let scope = operator_scope(tenant);
            measure(&*self.warehouse, scope, &watched, self.clock.now()).await?
        };
        let end = match measured.verdict(figure) {
            Verdict::Observe => None,
            Verdict::Succeeded => Some((FixState::Succeeded, FixEnd::Measured)),
            Verdict::NoEffect(reason) => Some((FixState::NoEffect, reason)),
        };
        let found = json!(measured);
        let mut work = enter().await?;
        if !work.write_fix_look(id, &found, end).await? {
            return Ok(());
        }
        if let Some((state, reason)) = end {
            let changes = json!({"state": state, "reason": reason, "measured": found});
            work.audit(&AuditEntry::done(AuditAction::FixEnded, "fix_run", id, changes)).await?;
        }
        work.commit().await?;
        let state = end.map_or(FixState::Observing, |(state, _)| state);
        let update = Update::of_subject(tenant, UpdateKind::FixRun, id.to_string(), state.as_str());
        announce(&*self.log, &[update]).await
    }
}
