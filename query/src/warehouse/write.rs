//! The writing side of the port: progress, plans, the keys of the dedup window.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use clickhouse::query::Query;
use clickhouse_ext_arrow::{ArrowCursor, ArrowQueryExt};
use futures::stream::{self, StreamExt};
use metrics::{counter, histogram};
use serde::Deserialize;
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{
    Commit, CommitOutcome, LogRange, Progress, SeenKeys, WarehouseWriter,
};

use super::client::{ClickHouseWarehouse, Target};
use super::config::ClickHouseConfig;
use super::error::{conflict, invalid, store_error, timed_out, transient};
use crate::telemetry;

const READ_PROGRESS: &str = include_str!("../../sql/read_progress.sql");
const READ_SEEN_KEYS: &str = include_str!("../../sql/read_seen_keys.sql");
const INSERT_COMMIT_PLAN: &str = include_str!("../../sql/insert_commit_plan.sql");

/// How often a statement whose token was burnt is sent under a new one.
pub(super) const GENERATIONS_MAX: u32 = 4;

/// The checkpoint and the newest plan of a log partition.
#[derive(Clone, Copy, Debug, clickhouse::Row, Deserialize)]
pub(super) struct ProgressRow {
    plan_from: u64,
    plan_to: u64,
    pub(super) checkpoint: u64,
}

impl ProgressRow {
    /// Where the newest plan begins and ends.
    pub(super) fn plan(self) -> Option<(u64, u64)> {
        (self.plan_to > self.plan_from).then_some((self.plan_from, self.plan_to))
    }

    /// The end of the plan for this offset.
    fn planned_to(self, from: Offset) -> Option<Offset> {
        self.plan().filter(|(begin, _)| *begin == from.0).map(|(_, to)| Offset(to))
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn read_progress(
        &self,
        topic: Topic,
        partition: PartitionId,
    ) -> Result<ProgressRow, StoreError> {
        let query = self.writer.query_raw(READ_PROGRESS);
        let query = query.param("topic", topic.code()).param("partition", partition.0);
        let row = query.fetch_one::<ProgressRow>();
        self.within("read_progress", row).await
    }

    /// Runs a statement of the writer within the insert's time.
    pub(super) async fn within<T>(
        &self,
        statement: &str,
        answer: impl Future<Output = clickhouse::error::Result<T>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.config.insert_timeout(), answer).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(store_error(statement, &error)),
            Err(_) => Err(timed_out(statement, self.config.insert_timeout())),
        }
    }

    async fn insert_plan(&self, range: LogRange, generation: u32) -> Result<(), StoreError> {
        let token =
            format!("plan:{}:{}:{}:{generation}", range.topic, range.partition.0, range.from.0);
        let query = range_params(self.writer.query_raw(INSERT_COMMIT_PLAN), range)
            .with_setting("insert_deduplication_token", token);
        let _alone = self.alone(Target::Plans).await;
        self.within("insert_commit_plan", query.execute()).await
    }
}

/// Binds the place in the log.
pub(super) fn range_params(query: Query, range: LogRange) -> Query {
    query
        .param("topic", range.topic.code())
        .param("partition", range.partition.0)
        .param("from", range.from.0)
        .param("to", range.to.0)
}

#[async_trait]
impl WarehouseWriter for ClickHouseWarehouse {
    async fn progress(&self, topic: Topic, partition: PartitionId) -> Result<Progress, StoreError> {
        let row = self.read_progress(topic, partition).await?;
        let from = Offset(row.checkpoint);
        let pending = row.planned_to(from).map(|to| LogRange { topic, partition, from, to });
        Ok(Progress { checkpoint: from, pending })
    }

    async fn plan(&self, range: LogRange) -> Result<LogRange, StoreError> {
        if range.to <= range.from {
            return Err(invalid("a range without records cannot be planned"));
        }
        for generation in 0..GENERATIONS_MAX {
            // Does nothing where the partition is elsewhere or has a plan for this offset. The token
            // decides between two that come at the same time.
            self.insert_plan(range, generation).await?;
            let row = self.read_progress(range.topic, range.partition).await?;
            if row.checkpoint != range.from.0 {
                let at = row.checkpoint;
                return Err(conflict(format!(
                    "the checkpoint is at {at}, not at {}",
                    range.from.0
                )));
            }
            if let Some(to) = row.planned_to(range.from) {
                return Ok(LogRange { to, ..range });
            }
        }
        Err(transient("the plan was taken and is not there"))
    }

    async fn commit(&self, commit: Commit) -> Result<CommitOutcome, StoreError> {
        let begun = Instant::now();
        let outcome = self.commit_range(&commit).await?;
        histogram!(telemetry::COMMIT_SECONDS).record(begun.elapsed());
        let label = match outcome {
            CommitOutcome::Committed => "committed",
            CommitOutcome::AlreadyCommitted => "already_committed",
            CommitOutcome::Fenced => "fenced",
        };
        counter!(telemetry::COMMITS_TOTAL, telemetry::OUTCOME => label).increment(1);
        Ok(outcome)
    }

    async fn seen_keys(
        &self,
        partition: PartitionId,
        since: UnixMillis,
        before: Offset,
    ) -> Result<SeenKeys, StoreError> {
        let query = self
            .streamer
            .query_raw(READ_SEEN_KEYS)
            .param("partition", partition.0)
            .param("since", since.0)
            .param("before", before.0);
        let cursor = query.fetch_arrow().map_err(|error| store_error("read_seen_keys", &error))?;
        Ok(batches(cursor, self.config.clone()).boxed())
    }
}

/// The batches of a cursor, one at a time; the next is read from the socket only when asked for.
fn batches(
    cursor: ArrowCursor,
    config: Arc<ClickHouseConfig>,
) -> impl stream::Stream<Item = Result<RecordBatch, StoreError>> {
    stream::try_unfold((cursor, config), |(mut cursor, config)| async move {
        match tokio::time::timeout(config.stream_timeout(), cursor.next()).await {
            Ok(Ok(Some(batch))) => Ok(Some((batch, (cursor, config)))),
            Ok(Ok(None)) => Ok(None),
            Ok(Err(error)) => Err(store_error("read_seen_keys", &error)),
            Err(_) => Err(timed_out("read_seen_keys", config.stream_timeout())),
        }
    })
}
