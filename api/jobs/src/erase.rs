//! Erasures done once more: what was on its way into the warehouse when a person was erased lands with what
//! was known of them a moment before.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use stratum_models::person::PersonStore;
use stratum_models::store::StoreError;
use stratum_state::PostgresState;
use stratum_state::work::operator_scope;
use tokio_util::sync::CancellationToken;

use crate::every;

/// A landing that began with an older list is over by then.
const AGE: TimeDelta = TimeDelta::seconds(60);
const EVERY: Duration = Duration::from_secs(20);
/// As long as anything is kept that could bring somebody back.
const KEEP_DAYS: u32 = 400;

/// Does erasures once more, and forgets the list of long ago.
pub struct Eraser {
    /// The list.
    pub state: PostgresState,
    /// Where events are.
    pub persons: Arc<dyn PersonStore>,
}

impl Eraser {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        every(EVERY, &stop, || async {
            if let Err(error) = self.work_off().await {
                tracing::warn!(%error, "erasures were not done once more");
            }
        })
        .await;
    }

    async fn work_off(&self) -> Result<(), StoreError> {
        loop {
            let mut work = self.state.system().await?;
            let found = work.unsettled_erasures(AGE).await?;
            work.commit().await?;
            let Some((tenant, person)) = found else { break };
            let events = self.persons.forget_person(operator_scope(tenant), &person).await?;
            let mut work = self.state.operate(tenant).await?;
            work.settle_erasures(&person).await?;
            work.commit().await?;
            tracing::info!(tenant = tenant.0, events, "an erasure was done once more");
        }
        let mut work = self.state.system().await?;
        work.sweep_erasures(KEEP_DAYS).await?;
        work.commit().await
    }
}
