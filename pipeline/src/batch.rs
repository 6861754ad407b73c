//! One batch: the next range of each of several partitions, all committed together. A commit costs the
//! same whether it carries one partition or all.

use std::collections::VecDeque;

use stratum_models::log::{LogRecord, PartitionId, Topic};
use stratum_models::warehouse::Commit;
use tokio::time::Instant;

use crate::commit::{self, Outcome};
use crate::error::PipelineError;
use crate::partition::{Advance, NextRange, Partition, RangeResult, Room, Stage};
use crate::retry::retry;

/// One partition's part in a batch.
pub(crate) struct Share {
    pub(crate) id: PartitionId,
    /// Which assignment of the partition it is.
    pub(crate) lane: u64,
    pub(crate) partition: Partition,
    /// Those that are used are taken off.
    pub(crate) records: VecDeque<LogRecord>,
    /// When the first of them came.
    pub(crate) since: Option<Instant>,
}

/// The advances of a batch's partitions.
pub(crate) struct Advances {
    /// One for each share, in order.
    pub(crate) each: Vec<Advance>,
    /// Rows of it that are in now.
    pub(crate) rows: usize,
}

/// Makes a range of the first records of each share, and commits them.
pub(crate) async fn advance(
    stage: &Stage,
    topic: Topic,
    shares: &mut [Share],
) -> Result<Advances, PipelineError> {
    hold(stage, topic, shares).await?;
    let mut room = Room::of(&stage.config.batch);
    let mut advances = Advances { each: Vec::with_capacity(shares.len()), rows: 0 };
    let (mut ready, mut commits) = (Vec::new(), Vec::new());
    for (at, share) in shares.iter_mut().enumerate() {
        let begun = share.partition.begin(&mut share.records, &mut room);
        let (range, records) = match begun {
            NextRange::Range(range, records) => (range, records),
            NextRange::Stopped(advance) => {
                advances.each.push(advance);
                continue;
            }
        };
        let mut next = share.partition.transform(stage, range, records).await?;
        let rows = std::mem::take(&mut next.transformed.rows);
        commits.push(Commit { claim: share.partition.claim()?, range, rows });
        ready.push((at, next));
        advances.each.push(Advance::Fenced);
    }
    let (warehouse, retry) = (stage.warehouse.as_ref(), &stage.config.retry);
    let outcomes = commit::commit(warehouse, retry, topic, commits.clone()).await?;
    for (((at, next), commit), outcome) in ready.into_iter().zip(commits).zip(outcomes) {
        let RangeResult { transformed, .. } = &next;
        match outcome {
            Outcome::Committed(claim) => {
                advances.rows += transformed.tally.rows();
                advances.each[at] = shares[at].partition.landed(stage, claim, &commit, &next);
            }
            Outcome::Fenced => advances.each[at] = shares[at].partition.fenced(),
        }
    }
    Ok(advances)
}

/// Claims those of the partitions that are not held.
async fn hold(stage: &Stage, topic: Topic, shares: &mut [Share]) -> Result<(), PipelineError> {
    let strange: Vec<_> =
        (shares.iter()).filter(|share| !share.partition.is_held()).map(|share| share.id).collect();
    if strange.is_empty() {
        return Ok(());
    }
    let claimed = retry!(&stage.config.retry, stage.warehouse.claim(topic, &strange).await)?;
    for holding in claimed {
        let share = shares.iter_mut().find(|share| share.id == holding.partition);
        if let Some(share) = share {
            share.partition.hold(holding);
        }
    }
    Ok(())
}
