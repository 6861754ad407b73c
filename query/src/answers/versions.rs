//! The versions of the tenants that are asked about, read together and only while somebody asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::warehouse::{DataVersion, DataVersions};
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

/// Tenants read together, and remembered.
const TENANTS_MAX: usize = 1000;

/// Reads whose tenants were last asked about longer ago leave them out, in ages of a version.
const LATELY: u32 = 4;

/// The newest known version of each tenant.
pub(super) struct Versions<R> {
    source: Arc<R>,
    age_max: Duration,
    known: Mutex<HashMap<TenantId, KnownVersion>>,
    /// One reads at a time, for all who wait.
    reading: Arc<Turn<()>>,
}

#[derive(Clone, Copy)]
struct KnownVersion {
    scope: TenantScope,
    asked_at: Instant,
    /// The version, and when its read began.
    read: Option<(DataVersion, Instant)>,
}

impl<R: DataVersions + 'static> Versions<R> {
    pub(super) fn new(source: Arc<R>, age_max: Duration) -> Versions<R> {
        Versions { source, age_max, known: Mutex::default(), reading: Arc::default() }
    }

    /// The tenant's version, read at most `age_max` before this call. Where it nears that age it is
    /// read anew beside, so that of steady callers none waits.
    pub(super) async fn of(
        self: &Arc<Self>,
        scope: TenantScope,
    ) -> Result<DataVersion, StoreError> {
        let asked_at = Instant::now();
        if let Some((version, age)) = self.fresh(scope, asked_at) {
            if 2 * age > self.age_max {
                self.read_ahead(scope);
            }
            return Ok(version);
        }
        let _turn = self.reading.lock().await;
        // Whoever had the turn before may have read it for us.
        if let Some((version, _)) = self.fresh(scope, asked_at) {
            return Ok(version);
        }
        self.read(scope).await
    }

    /// The version and its age at this moment, where it counts still.
    fn fresh(&self, scope: TenantScope, at: Instant) -> Option<(DataVersion, Duration)> {
        let mut known = self.known.lock();
        let unknown = KnownVersion { scope, asked_at: at, read: None };
        let tenant = known.entry(scope.tenant_id()).or_insert(unknown);
        tenant.asked_at = at;
        let (version, read_at) = tenant.read?;
        let age = at.saturating_duration_since(read_at);
        (age < self.age_max).then_some((version, age))
    }

    fn read_ahead(self: &Arc<Self>, scope: TenantScope) {
        if let Ok(turn) = self.reading.clone().try_lock_owned() {
            let versions = self.clone();
            tokio::spawn(async move {
                let _turn = turn;
                // Whoever needs it asks again and is told.
                versions.read(scope).await.ok();
            });
        }
    }

    /// Reads the versions of this tenant and of those asked about lately.
    async fn read(&self, scope: TenantScope) -> Result<DataVersion, StoreError> {
        let began = Instant::now();
        let scopes = self.wanted(scope, began);
        let versions = self.source.data_versions(&scopes).await?;
        let mut known = self.known.lock();
        for (scope, version) in scopes.iter().zip(&versions) {
            if let Some(tenant) = known.get_mut(&scope.tenant_id()) {
                tenant.read = Some((*version, began));
            }
        }
        Ok(versions.first().copied().unwrap_or_default())
    }

    /// This tenant first. Those not asked about lately are forgotten where there are many.
    fn wanted(&self, scope: TenantScope, now: Instant) -> Vec<TenantScope> {
        let lately = |tenant: &KnownVersion| {
            now.saturating_duration_since(tenant.asked_at) < LATELY * self.age_max
        };
        let mut known = self.known.lock();
        if known.len() > TENANTS_MAX {
            known.retain(|_, tenant| lately(tenant));
        }
        let others = known.values().filter(|one| one.scope != scope && lately(one));
        let others = others.map(|one| one.scope).take(TENANTS_MAX - 1);
        std::iter::once(scope).chain(others).collect()
    }
}
