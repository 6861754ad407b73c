//! Pulling ad platforms' figures: what is due is planned, what is planned is claimed and worked at.
//!
//! Each jobs process looks now and then. A connector that is due gets a run; a run is claimed under a lease, of
//! one connector one at a time, so that no two processes ask the same platform for the same days. Where a
//! process dies, its lease ends and another goes on from the place that was kept; what was read twice by
//! then has the same key and counts once.

mod config;
mod step;
mod work;

use std::sync::Arc;
use std::time::Duration;

use stratum_ingest::append::Appender;
use stratum_models::id::TenantId;
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_reports::connector::{Platforms, Rest};
use stratum_wire::limits::RowLimits;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use stratum_state::PostgresState;
use stratum_state::audit::Author;
use stratum_state::pull_run::PullKind;
use stratum_state::work::TenantWork;

pub use config::PullConfig;

/// Connectors planned at one look; the next look takes the others.
const DUE_MAX: i64 = 100;

/// What plans and pulls.
#[derive(Clone)]
pub struct Puller {
    /// Where connectors and runs are.
    pub state: PostgresState,
    /// How platforms are reached.
    pub platforms: Platforms,
    /// What tenants' texts are redacted with.
    pub keys: Arc<IdentifierKeys>,
    /// Takes rows for the log.
    pub appender: Appender,
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
    /// Plans and pulls until `stop`; runs under way are left then for whoever comes next.
    pub async fn run(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(Duration::from_millis(self.config.every_ms.max(10)));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut runs = JoinSet::new();
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            while runs.try_join_next().is_some() {}
            if let Err(error) = self.plan_due().await {
                tracing::warn!(error = %error, "connectors that are due were not planned");
            }
            if let Err(error) = self.claim(&mut runs, &stop).await {
                tracing::warn!(error = %error, "no pull was claimed");
            }
        }
        while runs.join_next().await.is_some() {}
    }

    async fn claim(
        &self,
        runs: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        while runs.len() < self.config.runs_max.max(1) {
            let life = Duration::from_millis(self.config.lease_ms.max(100));
            let mut work = self.state.system().await?;
            let Some(lease) = work.claim_pull_run(life).await? else { return Ok(()) };
            work.commit().await?;
            let (puller, stop) = (self.clone(), stop.clone());
            runs.spawn(async move { puller.work_at(lease, &stop).await });
        }
        Ok(())
    }

    async fn plan_due(&self) -> Result<(), StoreError> {
        let due = self.state.system().await?.due_connectors(DUE_MAX).await?;
        for (tenant, connector) in due {
            self.plan(tenant, connector).await?;
        }
        Ok(())
    }

    /// Makes the run of a connector that is due, unless another process was faster.
    async fn plan(&self, tenant: TenantId, connector: Uuid) -> Result<(), StoreError> {
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

    async fn enter(&self, tenant: TenantId) -> Result<TenantWork, StoreError> {
        self.state.system().await?.enter(tenant, Author::system()).await
    }
}
