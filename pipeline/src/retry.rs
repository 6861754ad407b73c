//! Trying a store again. What may be tried again is known from the error's kind alone.

use std::time::Duration;

use stratum_models::store::StoreError;
use tracing::warn;

use crate::config::RetryConfig;
use crate::telemetry;

/// Evaluates a call (with its `.await`) until it succeeds, fails for good, or was tried often enough.
/// A macro, since a closure that returns a future which borrows cannot be told to be `Send`.
macro_rules! retry {
    ($config:expr, $call:expr) => {{
        let mut backoff = $crate::retry::Backoff::new($config);
        loop {
            match $call {
                Ok(answer) => break Ok(answer),
                Err(error) => {
                    if let Err(error) = backoff.after(error).await {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(crate) use retry;

/// The number of failures of a call so far, and the next wait.
pub(crate) struct Backoff<'c> {
    config: &'c RetryConfig,
    failures: u32,
    wait_ms: u64,
}

impl Backoff<'_> {
    pub(crate) fn new(config: &RetryConfig) -> Backoff<'_> {
        Backoff { config, failures: 0, wait_ms: config.wait_ms_min }
    }

    /// Waits, each time longer; gives the error back when it is for good.
    pub(crate) async fn after(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.failures += 1;
        if !error.may_retry() || self.failures >= self.config.attempts_max {
            return Err(error);
        }
        let (store, kind) = (error.store, error.kind.to_string());
        metrics::counter!(telemetry::RETRIES_TOTAL, "store" => store, "kind" => kind).increment(1);
        warn!(
            error = %error, retry.failures = self.failures, retry.wait_ms = self.wait_ms,
            "store failed and will be tried again"
        );
        tokio::time::sleep(Duration::from_millis(self.wait_ms)).await;
        self.wait_ms = (self.wait_ms * 2).min(self.config.wait_ms_max);
        Ok(())
    }
}
