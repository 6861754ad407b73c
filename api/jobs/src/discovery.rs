//! Campaigns that ad reports name and nobody has created: found now and then, and created.
//!
//! One job of the installation goes through the tenants. Records may land late, so it goes back further than to the
//! one before, and the first one, as one a day, to the beginning. What users wrote, and what they deleted, stays as it
//! is.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::{HOUR_MS, SharedClock, UnixMillis};
use stratum_models::warehouse::{CampaignKey, ReportedCampaign, WarehouseReader};
use stratum_state::PostgresState;
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use stratum_state::job::{EnqueueOutcome, JobKind, NO_TENANT, NewJob};
use stratum_state::work::operator_scope;
use tokio_util::sync::CancellationToken;

use crate::{Job, JobError, JobLimits, LeasedJob, Pause, Step, every, new_job};

/// Tenants of one step.
const STEP_TENANTS: usize = 50;
const FAILURES_MAX: u32 = 4;
const PAUSE: Pause = Pause { min: Duration::from_secs(2), max: Duration::from_secs(60) };

/// Bounds of the discovery of campaigns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdoptConfig {
    /// The time between two looks for campaigns, in milliseconds.
    pub every_ms: u64,
    /// Hours that a look goes back.
    pub lookback_hours: u32,
    /// At the start and so often it goes back to the beginning.
    pub whole_every_hours: u32,
    /// Campaigns of one question.
    pub campaigns_max: u32,
}

impl Default for AdoptConfig {
    fn default() -> Self {
        AdoptConfig {
            every_ms: 60_000,
            lookback_hours: 72,
            whole_every_hours: 24,
            campaigns_max: 1_000,
        }
    }
}

/// Discovers campaigns named in ad reports and creates the missing ones.
#[derive(Clone)]
pub struct CampaignDiscovery {
    /// The store of campaigns.
    pub state: PostgresState,
    /// The store of ad reports.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// The time.
    pub clock: SharedClock,
    /// The bounds.
    pub config: AdoptConfig,
    /// The time that a lease holds.
    pub lease: Duration,
}

/// A look at every tenant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Look {
    /// Reports that landed since then, in milliseconds since 1970.
    since_ms: i64,
}

/// The place that a look has reached.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct LookProgress {
    /// The last tenant that was looked at; `None` once all were.
    after: Option<u64>,
    /// Tenants whose look failed, to be looked at once more.
    failed: Vec<u64>,
}

impl CampaignDiscovery {
    /// Queues a look now and then, until `stop`; one at a time.
    pub async fn schedule(self, stop: CancellationToken) {
        let whole_at = Mutex::new(None);
        every(Duration::from_millis(self.config.every_ms), &stop, || async {
            if let Err(error) = self.queue(&whole_at).await {
                tracing::warn!(error = %error, "no look for campaigns was queued");
            }
        })
        .await;
    }

    async fn queue(&self, whole_at: &Mutex<Option<UnixMillis>>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let hours = |hours: u32| i64::from(hours) * HOUR_MS;
        let last = *whole_at.lock();
        let is_whole = last.is_none_or(|at| now.0 - at.0 >= hours(self.config.whole_every_hours));
        let since_ms = if is_whole { 0 } else { now.0 - hours(self.config.lookback_hours) };
        let look = new_job::<CampaignDiscovery>(&Look { since_ms }, 1)?;
        let look = NewJob { once: true, key: Some(String::new()), ..look };
        let mut work = self.state.system().await?;
        let queued = work.enqueue_job(NO_TENANT, &look).await?;
        work.commit().await?;
        if is_whole && matches!(queued, EnqueueOutcome::Queued(_)) {
            *whole_at.lock() = Some(now);
        }
        Ok(())
    }

    async fn look_at(&self, tenant: TenantId, since: UnixMillis) -> Result<(), StoreError> {
        let (scope, most) = (operator_scope(tenant), self.config.campaigns_max.max(1));
        let mut after: Option<CampaignKey> = None;
        loop {
            let reported = self.warehouse.reported_campaigns(scope, since, after.as_ref(), most);
            let reported = reported.await?;
            let Some(last) = reported.last() else { return Ok(()) };
            let (is_last, key) = (reported.len() < most as usize, last.key.clone());
            self.create(tenant, reported).await?;
            if is_last {
                return Ok(());
            }
            after = Some(key);
        }
    }

    async fn create(
        &self,
        tenant: TenantId,
        mut reported: Vec<ReportedCampaign>,
    ) -> Result<(), StoreError> {
        // The state store cannot hold such texts, and no platform makes such ids.
        reported.retain(|one| {
            let ids = [&one.key.campaign_id, &one.account_id];
            !one.key.campaign_id.is_empty() && ids.iter().all(|id| !id.contains('\0'))
        });
        let mut work = self.state.system().await?.enter(tenant, Author::system()).await?;
        let limits = work.lock_limits().await?;
        let there = work.campaign_count().await?;
        let room = u64::from(limits.campaigns).saturating_sub(there);
        let made = work.adopt_campaigns(&reported, room).await?;
        if made > 0 {
            let changes = json!({"campaigns": made});
            work.audit(&AuditEntry::done(AuditAction::CampaignsAdopted, "campaign", "", changes))
                .await?;
            tracing::info!(tenant.id = tenant.0, campaigns = made, "campaigns of ad reports made");
        }
        work.commit().await
    }

    /// Looks at these tenants; those where it failed, with the last error.
    async fn look_at_each(
        &self,
        tenants: &[u64],
        since: UnixMillis,
    ) -> (Vec<u64>, Option<StoreError>) {
        let (mut failed, mut last) = (Vec::new(), None);
        for tenant in tenants {
            if let Err(error) = self.look_at(TenantId(*tenant), since).await {
                tracing::warn!(tenant.id = tenant, error = %error, "campaigns were not looked for");
                failed.push(*tenant);
                last = Some(error);
            }
        }
        (failed, last)
    }
}

impl Job for CampaignDiscovery {
    const KIND: JobKind = JobKind::CampaignDiscovery;
    type Input = Look;
    type Progress = LookProgress;

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: 1,
            running_per_tenant_max: 1,
            lease: self.lease,
            failures_max: FAILURES_MAX,
            pause: PAUSE,
            stop_wait: Duration::ZERO,
        }
    }

    /// Looks at the next tenants; where one fails, the others are looked at all the same, and it once more at the end.
    async fn step(
        &self,
        job: &LeasedJob<Look>,
        last: Option<LookProgress>,
    ) -> Result<Step<LookProgress>, JobError> {
        let since = UnixMillis(job.input.since_ms);
        let (after, mut failed) = match last {
            None => (0, Vec::new()),
            Some(LookProgress { after: Some(after), failed }) => (after, failed),
            Some(LookProgress { after: None, failed }) => {
                let (still, error) = self.look_at_each(&failed, since).await;
                return match error {
                    Some(error) if still.len() == failed.len() => Err(error.into()),
                    Some(_) => Ok(Step::next(LookProgress { after: None, failed: still })),
                    None => Ok(Step::done()),
                };
            }
        };
        let tenants = self.state.system().await?.tenants().await?;
        let mut tenants: Vec<u64> = tenants.iter().map(|one| one.id.0).collect();
        tenants.retain(|tenant| *tenant > after);
        tenants.sort_unstable();
        let is_end = tenants.len() <= STEP_TENANTS;
        tenants.truncate(STEP_TENANTS);
        failed.extend(self.look_at_each(&tenants, since).await.0);
        match tenants.last().filter(|_| !is_end) {
            Some(after) => Ok(Step::next(LookProgress { after: Some(*after), failed })),
            None if failed.is_empty() => Ok(Step::done()),
            None => Ok(Step::next(LookProgress { after: None, failed })),
        }
    }
}
