//! The directory as ingest sees it: answers from memory, at most one refresh behind the store.
//!
//! A request takes a read lock for the time of cloning one `Arc`; the snapshot itself is never
//! changed. While Postgres is away the last snapshot stays in use without end for those who send: events
//! go on being taken, also with a key that was revoked meanwhile. Keys for reading follow the rule of access
//! tokens: they open nothing once the snapshot is too old ([`StateDirectory::age_ms`]). The telemetry
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
use stratum_models::time::SharedClock;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::api_key::ApiKeyScope;
use super::snapshot::Snapshot;
use super::{PostgresState, StateConfig};

/// The measurement of seconds since the directory was last compared with the state store.
pub const DIRECTORY_AGE_SECONDS: &str = "stratum_api_directory_age_seconds";

/// The directory on top of the state store.
pub struct StateDirectory {
    snapshot: RwLock<Arc<Snapshot>>,
    /// The instant that what is known is of.
    confirmed: Mutex<Instant>,
    clock: SharedClock,
}

impl StateDirectory {
    /// A directory that knows exactly this.
    pub fn of(snapshot: Snapshot, clock: SharedClock) -> StateDirectory {
        let confirmed = Mutex::new(Instant::now());
        StateDirectory { snapshot: RwLock::new(Arc::new(snapshot)), confirmed, clock }
    }

    /// A directory of what the store holds now.
    pub async fn load(
        state: &PostgresState,
        clock: SharedClock,
    ) -> Result<StateDirectory, StoreError> {
        Ok(StateDirectory::of(state.system().await?.snapshot().await?, clock))
    }

    /// The age of what is known, in milliseconds.
    pub fn age_ms(&self) -> u64 {
        u64::try_from(self.confirmed.lock().elapsed().as_millis()).unwrap_or(u64::MAX)
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
        self.current().reader(key, self.clock.now())
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
        let asked = Instant::now();
        match self.newer(state).await {
            Ok(newer) => {
                if let Some(newer) = newer {
                    newer.inherit_used(&self.current());
                    *self.snapshot.write() = Arc::new(newer);
                }
                *self.confirmed.lock() = asked;
            }
            Err(error) => tracing::warn!(error = %error, "directory not refreshed"),
        }
        metrics::gauge!(DIRECTORY_AGE_SECONDS).set(self.age_ms() as f64 / 1000.0);
    }

    async fn newer(&self, state: &PostgresState) -> Result<Option<Snapshot>, StoreError> {
        let mut work = state.watch().await?;
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
        platform: Option<Platform>,
        dataset_id: &str,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        self.current().dataset(key, platform, dataset_id, self.clock.now())
    }

    fn own_dataset(&self, key: &ApiKeyHash) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        self.current().own_dataset(key, self.clock.now())
    }

    fn sender(&self, key: &ApiKeyHash) -> Result<TenantId, AccessRefusal> {
        self.current().sender(key, self.clock.now())
    }

    fn rows_per_second(&self, tenant: TenantId) -> Option<u32> {
        self.current().events_per_second(tenant)
    }

    fn tenant(&self, key: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal> {
        self.current().tenant(key, self.clock.now())
    }
}
