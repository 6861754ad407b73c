//! The writing side of the port: progress, commits, the keys of the dedup window.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use clickhouse_ext_arrow::{ArrowCursor, ArrowQueryExt};
use futures::stream::{self, StreamExt};
use metrics::{counter, histogram};
use serde::Deserialize;
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{
    Claim, Commit, CommitOutcome, HeldPartition, LogRange, Progress, SeenKeys, WarehouseWriter,
};

use super::client::ClickHouseWarehouse;
use super::config::ClickHouseConfig;
use super::encode::lane;
use super::error::{invalid, store_error, timed_out};
use crate::telemetry;

const READ_PROGRESS: &str = include_str!("../../sql/read_progress.sql");
const READ_SEEN_KEYS: &str = include_str!("../../sql/read_seen_keys.sql");

/// The progress of a log partition, and who holds it.
#[derive(Clone, Copy, Debug, clickhouse::Row, Deserialize)]
pub(super) struct ProgressRow {
    log_partition: u32,
    checkpoint: u64,
    begun: u64,
    epoch: u64,
    nonce: u64,
}

impl ProgressRow {
    pub(super) fn checkpoint(&self) -> Offset {
        Offset(self.checkpoint)
    }

    /// The newest claim.
    pub(super) fn claim(&self) -> Claim {
        Claim { epoch: self.epoch, nonce: self.nonce }
    }

    pub(super) fn progress(&self, topic: Topic, partition: PartitionId) -> Progress {
        let (from, to) = (self.checkpoint(), Offset(self.begun));
        let pending = (to > from).then_some(LogRange { topic, partition, from, to });
        Progress { checkpoint: from, pending }
    }
}

impl ClickHouseWarehouse {
    /// One row for each of these partitions, which are different ones, in their order.
    pub(super) async fn read_progress(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
    ) -> Result<Vec<ProgressRow>, StoreError> {
        let numbers: Vec<u32> = partitions.iter().map(|partition| partition.0).collect();
        let lanes: Vec<String> = partitions.iter().map(|p| lane(topic, *p)).collect();
        let query = self
            .writer
            .query_raw(READ_PROGRESS)
            .param("topic", topic.code())
            .param("partitions", numbers)
            .param("lanes", lanes);
        let rows = self.within("read_progress", query.fetch_all::<ProgressRow>()).await?;
        let row =
            |partition: &PartitionId| rows.iter().find(|row| row.log_partition == partition.0);
        let rows: Vec<_> = partitions.iter().filter_map(row).copied().collect();
        match rows.len() == partitions.len() {
            true => Ok(rows),
            false => Err(invalid("the progress of a partition is not told")),
        }
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
}

#[async_trait]
impl WarehouseWriter for ClickHouseWarehouse {
    async fn progress(&self, topic: Topic, partition: PartitionId) -> Result<Progress, StoreError> {
        let rows = self.read_progress(topic, &[partition]).await?;
        let row = rows.first().ok_or_else(|| invalid("the progress is not told"))?;
        Ok(row.progress(topic, partition))
    }

    async fn claim(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
    ) -> Result<Vec<HeldPartition>, StoreError> {
        self.claim_partitions(topic, partitions).await
    }

    async fn commit(&self, commits: &[Commit]) -> Result<Vec<CommitOutcome>, StoreError> {
        let begun = Instant::now();
        let outcomes = self.commit_ranges(commits).await?;
        histogram!(telemetry::COMMIT_SECONDS).record(begun.elapsed());
        for outcome in &outcomes {
            let label = match outcome {
                CommitOutcome::Committed => "committed",
                CommitOutcome::Fenced => "fenced",
            };
            counter!(telemetry::COMMITS_TOTAL, telemetry::OUTCOME => label).increment(1);
        }
        Ok(outcomes)
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
