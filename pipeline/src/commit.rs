//! The one step that has an effect. Everything before it may be dropped and done again.

use std::time::Instant;

use stratum_models::log::Topic;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::SharedClock;
use stratum_models::warehouse::{Commit, CommitOutcome, LogRange, WarehouseWriter};

use crate::config::RetryConfig;
use crate::retry::retry;
use crate::telemetry;
use crate::transform::{Tally, Transformed};

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// This range comes next.
    Holds(LogRange),
    /// The partition has moved on without us.
    Fenced,
}

/// Writes down which range comes next.
pub(crate) async fn plan(
    warehouse: &dyn WarehouseWriter,
    config: &RetryConfig,
    range: LogRange,
) -> Result<Plan, StoreError> {
    match retry!(config, warehouse.plan(range).await) {
        Ok(range) => Ok(Plan::Holds(range)),
        Err(StoreError { kind: StoreErrorKind::Conflict, .. }) => Ok(Plan::Fenced),
        Err(error) => Err(error),
    }
}

/// Commits the rows of a planned range, the same rows until the warehouse has answered.
pub(crate) async fn commit(
    warehouse: &dyn WarehouseWriter,
    config: &RetryConfig,
    commit: &Commit,
) -> Result<CommitOutcome, StoreError> {
    let begun = Instant::now();
    let outcome = match retry!(config, warehouse.commit(commit.clone()).await) {
        Ok(outcome) => outcome,
        Err(StoreError { kind: StoreErrorKind::Conflict, .. }) => CommitOutcome::Fenced,
        Err(error) => return Err(error),
    };
    let name = match outcome {
        CommitOutcome::Committed => "committed",
        CommitOutcome::AlreadyCommitted => "already_committed",
        CommitOutcome::Fenced => "fenced",
    };
    let topic = commit.range.topic.as_str();
    metrics::histogram!(telemetry::COMMIT_SECONDS, "topic" => topic, "outcome" => name)
        .record(begun.elapsed());
    Ok(outcome)
}

/// Counts a committed batch.
pub(crate) fn count(topic: Topic, transformed: &Transformed, clock: &SharedClock) {
    let topic = topic.as_str();
    let Tally { landed, duplicate, rejected } = transformed.tally;
    for (outcome, rows) in [("landed", landed), ("duplicate", duplicate), ("rejected", rejected)] {
        metrics::counter!(telemetry::ROWS_TOTAL, "topic" => topic, "outcome" => outcome)
            .increment(rows as u64);
    }
    metrics::histogram!(telemetry::BATCH_ROWS, "topic" => topic)
        .record(transformed.tally.rows() as f64);
    if let Some(newest) = transformed.newest {
        let age_ms = clock.now().0.saturating_sub(newest.0).max(0);
        metrics::histogram!(telemetry::FRESHNESS_SECONDS, "topic" => topic)
            .record(age_ms as f64 / 1000.0);
    }
}
