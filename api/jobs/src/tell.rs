//! Tells watchers that a job has come further.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stratum_models::announce::announce;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::update::Update;
use tokio::time::Instant;

/// Watchers are told of one job's progress at most this often: a hint is a record of the log.
const PACE: Duration = Duration::from_secs(2);

/// The hints to watchers of one job: that what is kept under a kind of resource is to be asked for again.
pub struct Hints {
    log: Arc<dyn EventLog>,
    tenant: TenantId,
    resource: &'static str,
    told_at: Mutex<Option<Instant>>,
}

impl Hints {
    /// Hints for a tenant's watchers at this kind of resource, such as `connectors`.
    pub fn new(log: Arc<dyn EventLog>, tenant: TenantId, resource: &'static str) -> Hints {
        Hints { log, tenant, resource, told_at: Mutex::new(None) }
    }

    /// Tells of progress, unless it was told of some just now.
    pub async fn progress(&self) {
        let now = Instant::now();
        let is_late = {
            let mut told_at = self.told_at.lock();
            let is_late = told_at.is_none_or(|told| now.duration_since(told) >= PACE);
            if is_late {
                *told_at = Some(now);
            }
            is_late
        };
        if is_late {
            self.end().await;
        }
    }

    /// Tells of what must not be missed, such as an end. A hint that is lost delays a watcher until it asks by itself.
    pub async fn end(&self) {
        let update = Update::resource(self.tenant, self.resource);
        if let Err(error) = announce(&*self.log, &[update]).await {
            tracing::warn!(error = %error, "the progress of a job was not told");
        }
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::log::{Offset, PartitionId, Topic};
    use stratum_testing::memory_log::MemoryLog;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn progress_is_told_now_and_then_and_the_end_always() {
        let log = Arc::new(MemoryLog::new(1, 1));
        let hints = Hints::new(log.clone(), TenantId(7), "connectors");
        let told = async || log.end(Topic::Updates, PartitionId(0)).await.unwrap();
        for _ in 0..5 {
            hints.progress().await;
        }
        assert_eq!(told().await, Offset(1));
        tokio::time::advance(PACE).await;
        hints.progress().await;
        hints.end().await;
        assert_eq!(told().await, Offset(3));
    }
}
