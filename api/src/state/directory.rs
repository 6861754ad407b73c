//! The directory as ingest sees it: answers from memory, at most one refresh behind the store.
//!
//! A request takes a read lock for the time of cloning one `Arc`; the snapshot itself is never
//! changed. While Postgres is away the last snapshot stays in use without end: events go on being
//! taken, and a key revoked meanwhile stays open until Postgres is back. The telemetry
//! `directory_age_seconds` and `/health` tell.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use parking_lot::{Mutex, RwLock};
use stratum_models::directory::{
    AccessRefusal, ApiKeyHash, DatasetConfig, TenantAccess, TenantDirectory,
};
use stratum_models::id::{ApiKeyId, TenantId};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use tokio_util::sync::CancellationToken;

use super::api_key::ApiKeyScope;
use super::snapshot::Snapshot;
use super::{PostgresState, StateConfig};
use crate::telemetry;

/// The directory on top of the state store.
pub struct StateDirectory {
    snapshot: RwLock<Arc<Snapshot>>,
    refreshed_at: Mutex<UnixMillis>,
    clock: SharedClock,
}

impl StateDirectory {
    /// A directory that knows exactly this.
    pub fn of(snapshot: Snapshot, clock: SharedClock) -> StateDirectory {
        let refreshed_at = Mutex::new(clock.now());
        StateDirectory { snapshot: RwLock::new(Arc::new(snapshot)), refreshed_at, clock }
    }

    /// A directory of what the store holds now.
    pub async fn load(
        state: &PostgresState,
        clock: SharedClock,
    ) -> Result<StateDirectory, StoreError> {
        Ok(StateDirectory::of(state.system().await?.snapshot().await?, clock))
    }

    /// The zone of a tenant.
    pub fn time_zone(&self, tenant: TenantId) -> Option<Tz> {
        self.current().time_zone(tenant)
    }

    /// The currency a tenant's totals are shown in.
    pub fn reporting_currency(&self, tenant: TenantId) -> Option<Currency> {
        self.current().reporting_currency(tenant)
    }

    /// Key and tenant that a key for reading or exporting opens.
    pub fn reader(
        &self,
        key: &ApiKeyHash,
    ) -> Result<(ApiKeyId, TenantId, ApiKeyScope), AccessRefusal> {
        self.current().reader(key)
    }

    /// Follows the store until `stop`.
    pub async fn follow(
        &self,
        state: &PostgresState,
        config: &StateConfig,
        stop: CancellationToken,
    ) {
        let mut refresh = interval(config.directory_refresh_ms);
        let mut flush = interval(config.key_use_flush_ms);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = refresh.tick() => self.refresh(state).await,
                _ = flush.tick() => self.flush(state).await,
            }
        }
        self.flush(state).await;
    }

    /// Takes over what changed in the store; what is known stays when it cannot be reached.
    pub async fn refresh(&self, state: &PostgresState) {
        match self.newer(state).await {
            Ok(newer) => {
                if let Some(newer) = newer {
                    newer.inherit_used(&self.current());
                    *self.snapshot.write() = Arc::new(newer);
                }
                *self.refreshed_at.lock() = self.clock.now();
            }
            Err(error) => tracing::warn!(error = %error, "directory not refreshed"),
        }
        let age_ms = self.clock.now().0 - self.refreshed_at.lock().0;
        metrics::gauge!(telemetry::DIRECTORY_AGE_SECONDS).set(age_ms as f64 / 1000.0);
    }

    async fn newer(&self, state: &PostgresState) -> Result<Option<Snapshot>, StoreError> {
        let mut work = state.system().await?;
        if work.directory_revision().await? == self.current().revision {
            return Ok(None);
        }
        work.snapshot().await.map(Some)
    }

    async fn flush(&self, state: &PostgresState) {
        let used = self.current().take_used();
        if used.is_empty() {
            return;
        }
        let touch = async {
            let mut work = state.system().await?;
            work.touch_api_keys(&used).await?;
            work.commit().await
        };
        if let Err(error) = touch.await {
            tracing::warn!(error = %error, keys = used.len(), "last use of keys not written");
        }
    }

    fn current(&self) -> Arc<Snapshot> {
        self.snapshot.read().clone()
    }
}

fn interval(period_ms: u64) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(Duration::from_millis(period_ms.max(10)));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

impl TenantDirectory for StateDirectory {
    fn dataset(
        &self,
        key: &ApiKeyHash,
        platform: Platform,
        dataset_id: &str,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        self.current().dataset(key, platform, dataset_id)
    }

    fn rows_per_second(&self, tenant: TenantId) -> Option<u32> {
        self.current().events_per_second(tenant)
    }

    fn tenant(&self, key: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal> {
        self.current().tenant(key)
    }
}
