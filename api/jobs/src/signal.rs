//! Wakes workers when a job is queued or ended, in whichever process.

use std::sync::Arc;
use std::time::Duration;

use stratum_models::store::StoreError;
use stratum_state::PostgresState;
use stratum_state::job::JobKind;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The pause before the state store is asked again for signals.
const AGAIN: Duration = Duration::from_secs(1);

/// The signals of one process: one for each kind.
#[derive(Clone, Default)]
pub struct JobSignals(Arc<[Notify; JobKind::ALL.len()]>);

impl JobSignals {
    /// Returns once something has become of a job of this kind since the last return.
    pub async fn of(&self, kind: JobKind) {
        if let Some(signal) = self.0.get(kind as usize) {
            signal.notified().await;
        }
    }

    /// Hands on what the state store signals, until `stop`. While it does not, workers look by themselves.
    pub async fn follow(self, state: PostgresState, stop: CancellationToken) {
        loop {
            let followed = stop.run_until_cancelled(self.hear(&state)).await;
            let Some(Err(error)) = followed else { return };
            tracing::debug!(error = %error, "the state store does not signal jobs");
            if stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_none() {
                return;
            }
        }
    }

    async fn hear(&self, state: &PostgresState) -> Result<(), StoreError> {
        let mut signals = state.job_signals().await?;
        // Earlier signals are not repeated: each worker looks once.
        for signal in self.0.iter() {
            signal.notify_one();
        }
        loop {
            if let Some(signal) = signals.next().await?.and_then(|kind| self.0.get(kind as usize)) {
                signal.notify_one();
            }
        }
    }
}
