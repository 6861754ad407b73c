//! The one step that has an effect. Everything before it may be dropped and done again.

use std::time::Instant;

use stratum_models::log::Topic;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_models::warehouse::{Claim, Commit, CommitOutcome, HeldPartition, WarehouseWriter};

use crate::config::RetryConfig;
use crate::retry::{Backoff, retry};
use crate::telemetry;
use crate::transform::{RangeRows, Tally};

/// The outcome of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in, and the partition still held, with this.
    Committed(Claim),
    /// Another worker holds the partition.
    Fenced,
}

/// Commits ranges of different partitions of a topic together, the same rows until the warehouse has
/// answered. After an error it takes the partitions over again, from itself unless another came between.
pub(crate) async fn commit(
    warehouse: &dyn WarehouseWriter,
    config: &RetryConfig,
    topic: Topic,
    mut commits: Vec<Commit>,
) -> Result<Vec<Outcome>, StoreError> {
    let begun = Instant::now();
    let mut outcomes = vec![Outcome::Fenced; commits.len()];
    let mut places: Vec<usize> = (0..commits.len()).collect();
    let mut backoff = Backoff::new(config);
    while !commits.is_empty() {
        match warehouse.commit(&commits).await {
            Ok(answers) => {
                for ((at, commit), answer) in places.iter().zip(&commits).zip(answers) {
                    if answer == CommitOutcome::Committed {
                        outcomes[*at] = Outcome::Committed(commit.claim);
                    }
                }
                break;
            }
            Err(error) => backoff.after(error).await?,
        }
        let partitions: Vec<_> = commits.iter().map(|commit| commit.range.partition).collect();
        let holdings = retry!(config, warehouse.claim(topic, &partitions).await)?;
        let mut left = (Vec::new(), Vec::new());
        for ((at, mut commit), held) in places.into_iter().zip(commits).zip(holdings) {
            match standing(&commit, held) {
                RangeState::Next => {
                    commit.claim = held.claim;
                    left.0.push(at);
                    left.1.push(commit);
                }
                RangeState::Landed => outcomes[at] = Outcome::Committed(held.claim),
                RangeState::Lost => {}
            }
        }
        (places, commits) = left;
    }
    for outcome in &outcomes {
        let name = match outcome {
            Outcome::Committed(_) => "committed",
            Outcome::Fenced => "fenced",
        };
        metrics::histogram!(telemetry::COMMIT_SECONDS, "topic" => topic.as_str(), "outcome" => name)
            .record(begun.elapsed());
    }
    Ok(outcomes)
}

/// The state of a range whose commit was not answered, once its partition was claimed again.
enum RangeState {
    Next,
    Landed,
    Lost,
}

fn standing(commit: &Commit, held: HeldPartition) -> RangeState {
    let range = commit.range;
    if !held.claim.follows(commit.claim) {
        return RangeState::Lost;
    }
    if held.progress.checkpoint == range.to {
        return RangeState::Landed;
    }
    let is_pending = held.progress.pending.is_none_or(|pending| pending == range);
    if held.progress.checkpoint == range.from && is_pending {
        RangeState::Next
    } else {
        RangeState::Lost
    }
}

/// Counts a committed range.
pub(crate) fn count(topic: Topic, transformed: &RangeRows, clock: &SharedClock) {
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
