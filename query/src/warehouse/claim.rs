//! Who holds a log partition. README.md, "Exactly once", says what a claim is good for.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use parking_lot::Mutex;
use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::warehouse::{Claim, Commit, HeldPartition, Progress};
use tokio::time::Instant;

use super::client::{ClickHouseWarehouse, Target};
use super::error::{invalid, transient};

const INSERT_CLAIMS: &str = include_str!("../../sql/insert_claims.sql");
const READ_RUNNING_INSERTS: &str = include_str!("../../sql/read_running_inserts.sql");
const READ_RUNNING_INSERTS_OF_CLUSTER: &str =
    include_str!("../../sql/read_running_inserts_of_cluster.sql");

/// The wait between two looks at whether inserts of before still run.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The partitions that this program holds and is not just committing, and how far each has come.
#[derive(Debug, Default)]
pub(super) struct Holdings(Mutex<HashMap<(Topic, PartitionId), (Claim, Progress)>>);

impl Holdings {
    /// Holds a partition, unless it is held with a newer claim already.
    pub(super) fn put(&self, topic: Topic, holding: HeldPartition) {
        let HeldPartition { partition, claim, progress } = holding;
        let mut held = self.0.lock();
        let entry = held.entry((topic, partition)).or_insert((claim, progress));
        if entry.0 <= claim {
            *entry = (claim, progress);
        }
    }

    /// Gives a partition out to one commit. `None` when it is not held with that claim, also when a
    /// commit under it failed; `Invalid` for a range that is not next.
    pub(super) fn take(&self, commit: &Commit) -> Result<Option<Progress>, StoreError> {
        let range = commit.range;
        let mut held = self.0.lock();
        let place = (range.topic, range.partition);
        let Some((claim, progress)) = held.get(&place).copied() else { return Ok(None) };
        if claim != commit.claim {
            return Ok(None);
        }
        let is_next = progress.checkpoint == range.from && range.from < range.to;
        if !is_next || progress.pending.is_some_and(|pending| pending != range) {
            return Err(invalid("the range is not the one that comes next"));
        }
        held.remove(&place);
        Ok(Some(progress))
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn claim_partitions(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
    ) -> Result<Vec<HeldPartition>, StoreError> {
        // Of this process and of any other none has the same.
        let nonce = RandomState::new().hash_one(partitions);
        self.insert_claims(topic, partitions, nonce).await?;
        self.wait_for_inserts().await?;
        let rows = self.read_progress(topic, partitions).await?;
        if rows.iter().any(|row| row.claim().nonce != nonce) {
            return Err(transient("another worker claims the same partitions"));
        }
        let holdings = partitions.iter().zip(rows).map(|(partition, row)| {
            let (claim, progress) = (row.claim(), row.progress(topic, *partition));
            HeldPartition { partition: *partition, claim, progress }
        });
        let holdings: Vec<HeldPartition> = holdings.collect();
        holdings.iter().for_each(|holding| self.holdings.put(topic, *holding));
        Ok(holdings)
    }

    async fn insert_claims(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
        nonce: u64,
    ) -> Result<(), StoreError> {
        let partitions: Vec<u32> = partitions.iter().map(|partition| partition.0).collect();
        let query = self
            .writer
            .query_raw(INSERT_CLAIMS)
            .param("topic", topic.code())
            .param("partitions", partitions)
            .param("nonce", nonce);
        let _alone = self.alone(Target::Claims).await;
        self.within("insert_claims", query.execute()).await
    }

    /// Waits until the inserts that run at this moment have ended. One that begins later sees the
    /// claims that are there.
    async fn wait_for_inserts(&self) -> Result<(), StoreError> {
        let until = Instant::now() + self.config.insert_timeout();
        let mut awaited = self.running_inserts().await?;
        while !awaited.is_empty() {
            if Instant::now() >= until {
                return Err(transient("inserts that were under way do not end"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let running = self.running_inserts().await?;
            awaited.retain(|insert| running.contains(insert));
        }
        Ok(())
    }

    async fn running_inserts(&self) -> Result<HashSet<String>, StoreError> {
        let query = match &self.config.cluster {
            None => self.writer.query_raw(READ_RUNNING_INSERTS),
            Some(cluster) => self
                .writer
                .query_raw(READ_RUNNING_INSERTS_OF_CLUSTER)
                .param("cluster", cluster)
                .param("database", &self.config.database),
        };
        let running = self.within("read_running_inserts", query.fetch_all::<String>()).await?;
        Ok(running.into_iter().collect())
    }
}
