//! Campaigns that ad reports name and nobody has made: made here, now and then.
//!
//! A look asks, tenant by tenant, which campaigns the reports of the last days name. Records may
//! land late, so a look goes back further than to the one before, and the first one, as one a day, to the
//! beginning. What users wrote, and what they deleted, stays as it is.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::{HOUR_MS, SharedClock, UnixMillis};
use stratum_models::warehouse::{CampaignKey, ReportedCampaign, WarehouseReader};
use tokio_util::sync::CancellationToken;

use stratum_state::PostgresState;
use stratum_state::audit::{Actor, AuditEntry, Author};
use stratum_state::work::operator_scope;

/// How often, how far back, and how much at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdoptConfig {
    /// How often it is looked for campaigns.
    pub every_ms: u64,
    /// A look goes back this far.
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

/// What looks and makes.
pub struct Adopter {
    /// Where campaigns are made.
    pub state: PostgresState,
    /// Who knows what reports name.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// The time.
    pub clock: SharedClock,
    /// How often, how far back.
    pub config: AdoptConfig,
}

impl Adopter {
    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let every = Duration::from_millis(self.config.every_ms.max(10));
        let mut every = tokio::time::interval(every);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut whole_at = None;
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            let now = self.clock.now();
            let hours = |hours: u32| i64::from(hours) * HOUR_MS;
            let whole = whole_at
                .is_none_or(|at: UnixMillis| now.0 - at.0 >= hours(self.config.whole_every_hours));
            let since = match whole {
                true => UnixMillis(0),
                false => UnixMillis(now.0 - hours(self.config.lookback_hours)),
            };
            let Some(looked) = stop.run_until_cancelled(self.look(since)).await else { break };
            match looked {
                Ok(()) if whole => whole_at = Some(now),
                Ok(()) => {}
                Err(error) => tracing::warn!(error = %error, "campaigns were not looked for"),
            }
        }
    }

    /// Looks once, at every tenant; where one fails, the others are looked at all the same.
    pub async fn look(&self, since: UnixMillis) -> Result<(), StoreError> {
        let tenants = self.state.system().await?.tenants().await?;
        let mut failed = Ok(());
        for tenant in tenants {
            if let Err(error) = self.look_at(tenant.id, since).await {
                failed = Err(error);
            }
        }
        failed
    }

    async fn look_at(&self, tenant: TenantId, since: UnixMillis) -> Result<(), StoreError> {
        let (scope, most) = (operator_scope(tenant), self.config.campaigns_max.max(1));
        let mut after: Option<CampaignKey> = None;
        loop {
            let reported = self.warehouse.reported_campaigns(scope, since, after.as_ref(), most);
            let reported = reported.await?;
            let Some(last) = reported.last() else { return Ok(()) };
            let (is_last, key) = (reported.len() < most as usize, last.key.clone());
            self.adopt(tenant, reported).await?;
            if is_last {
                return Ok(());
            }
            after = Some(key);
        }
    }

    async fn adopt(
        &self,
        tenant: TenantId,
        mut reported: Vec<ReportedCampaign>,
    ) -> Result<(), StoreError> {
        // The state store cannot hold such texts, and no platform makes such ids.
        reported.retain(|one| {
            let ids = [&one.key.campaign_id, &one.account_id];
            !one.key.campaign_id.is_empty() && ids.iter().all(|id| !id.contains('\0'))
        });
        let author = Author { actor: Actor::System, request_id: "".into() };
        let mut work = self.state.system().await?.enter(tenant, author).await?;
        let limits = work.lock_limits().await?;
        let there = work.campaign_count().await?;
        let room = u64::from(limits.campaigns).saturating_sub(there);
        let made = work.adopt_campaigns(&reported, room).await?;
        if made > 0 {
            let changes = json!({"campaigns": made});
            work.audit(&AuditEntry::done("campaigns.adopted", "campaign", "", changes)).await?;
            tracing::info!(tenant.id = tenant.0, campaigns = made, "campaigns of ad reports made");
        }
        work.commit().await
    }
}
