//! Pulling ad platforms' figures: connectors that are due are planned, and their runs are jobs.
//!
//! A run tells which days of a connector are asked for, and what became of it; the job of the same id, who works at
//! it. Of one connector one run is worked at at a time, so that no two processes ask the same platform for the same
//! days. Where a process dies, another goes on from the last cursor; what was read twice by then has the same key and
//! counts once.

mod config;
mod step;
mod work;

use std::sync::Arc;
use std::time::Duration;

use stratum_ingest::append::Appender;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_reports::connector::{Platforms, Rest};
use stratum_state::PostgresState;
use stratum_state::audit::Author;
use stratum_state::pull_run::PullKind;
use stratum_state::work::TenantWork;
use stratum_wire::limits::RowLimits;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::every;
use crate::tell::Hints;

pub use config::PullConfig;

/// Connectors planned at one look; the next look takes the others.
const DUE_MAX: i64 = 100;

/// The kind of resource under which watchers are told of pulls, as in paths.
const RESOURCE: &str = "connectors";

/// Plans pulls, and pulls.
#[derive(Clone)]
pub struct Puller {
    /// Where connectors and runs are.
    pub state: PostgresState,
    /// The means of reaching platforms.
    pub platforms: Platforms,
    /// The keys that tenants' texts are redacted with.
    pub keys: Arc<IdentifierKeys>,
    /// Takes rows for the log.
    pub appender: Appender,
    /// The log, by which watchers are told.
    pub log: Arc<dyn EventLog>,
    /// The bounds of rows.
    pub limits: RowLimits,
    /// The time.
    pub clock: SharedClock,
    /// Waiting.
    pub rest: Arc<dyn Rest>,
    /// The bounds of pulling.
    pub config: PullConfig,
}

impl Puller {
    /// Plans the runs of connectors that are due, until `stop`.
    pub async fn plan(self, stop: CancellationToken) {
        every(Duration::from_millis(self.config.every_ms), &stop, || async {
            if let Err(error) = self.plan_due().await {
                tracing::warn!(error = %error, "connectors that are due were not planned");
            }
        })
        .await;
    }

    async fn plan_due(&self) -> Result<(), StoreError> {
        let due = self.state.system().await?.due_connectors(DUE_MAX).await?;
        for (tenant, connector) in due {
            self.plan_one(tenant, connector).await?;
        }
        Ok(())
    }

    /// Queues the run of a connector that is due, unless another process was faster.
    async fn plan_one(&self, tenant: TenantId, connector: Uuid) -> Result<(), StoreError> {
        let mut work = self.enter(tenant).await?;
        let Some(due) = work.lock_due_connector(connector).await? else { return Ok(()) };
        work.plan_next_run(connector, due.schedule).await?;
        if work.open_pull_runs(connector, Some(PullKind::Scheduled)).await? == 0 {
            let days = self.config.days(self.clock.now(), due.pulled_to);
            let kept = i64::from(self.config.runs_kept);
            work.ask_pull(connector, PullKind::Scheduled, days, kept).await?;
        }
        work.commit().await
    }

    fn hints(&self, tenant: TenantId) -> Hints {
        Hints::new(self.log.clone(), tenant, RESOURCE)
    }

    async fn enter(&self, tenant: TenantId) -> Result<TenantWork, StoreError> {
        self.state.system().await?.enter(tenant, Author::system()).await
    }
}
