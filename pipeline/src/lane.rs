//! A partition's place in a worker: the records that wait for their batch, and whether one is under way.

use std::collections::VecDeque;
use std::time::Duration;

use stratum_models::log::{LogRecord, Offset, PartitionId, Topic};
use tokio::time::Instant;

use crate::batch::Share;
use crate::partition::{Advance, Partition};

/// The records of one partition, in offset order without a hole, and the partition's state.
pub(crate) struct Lane {
    /// Tells this assignment of the partition from an earlier one.
    pub(crate) number: u64,
    /// `None` while a batch is under way.
    partition: Option<Partition>,
    queue: VecDeque<LogRecord>,
    /// Bytes of the queue and of what the batch under way was given.
    bytes: usize,
    /// When the first record of the queue came.
    since: Option<Instant>,
    /// The offset that comes next.
    end: Option<Offset>,
    /// A seek that was asked for; until it took effect, what is read is not what is wanted.
    awaited: Option<Offset>,
    /// The last seek that took effect: what is missing right after it is gone from the log.
    sought: Option<Offset>,
    /// A pending range reaches up to here.
    short_of: Option<Offset>,
    /// Another worker claimed it: it is left alone until then.
    rests_until: Option<Instant>,
}

impl Lane {
    pub(crate) fn new(topic: Topic, id: PartitionId, number: u64) -> Lane {
        Lane {
            number,
            partition: Some(Partition::new(topic, id)),
            queue: VecDeque::new(),
            bytes: 0,
            since: None,
            end: None,
            awaited: None,
            sought: None,
            short_of: None,
            rests_until: None,
        }
    }

    /// Bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it cannot go on without more records.
    pub(crate) fn is_short(&self) -> bool {
        self.short_of.is_some_and(|to| self.end.is_none_or(|end| end < to))
    }

    /// Tells that a seek took effect.
    pub(crate) fn sought(&mut self, offset: Offset) {
        if self.awaited == Some(offset) {
            self.awaited = None;
            self.sought = Some(offset);
        }
    }

    /// Adds a record. Answers where to seek to when records before it are missing: they are asked for
    /// once more before they are taken for lost.
    pub(crate) fn take(&mut self, record: LogRecord, now: Instant) -> Option<Offset> {
        let offset = record.position.offset;
        if self.awaited.is_some() || self.end.is_some_and(|end| offset < end) {
            return None;
        }
        let hole = self.end.filter(|end| offset > *end && self.sought != Some(*end));
        if hole.is_some() {
            self.awaited = hole;
            return hole;
        }
        self.end = Some(Offset(offset.0 + 1));
        self.bytes += record.bytes.len();
        self.since.get_or_insert(now);
        self.queue.push_back(record);
        None
    }

    /// From when on it may be part of a batch: from when its first record came, unless it rests. `None`
    /// while one is under way or nothing waits.
    pub(crate) fn ready_at(&self) -> Option<Instant> {
        let since = self.since.filter(|_| self.partition.is_some() && !self.is_short())?;
        Some(since.max(self.rests_until.unwrap_or(since)))
    }

    /// When it needs a batch, if nothing more comes.
    pub(crate) fn due_at(&self, bytes_max: usize, wait: Duration) -> Option<Instant> {
        let ready = self.ready_at()?;
        let is_full = self.bytes >= bytes_max || self.short_of.is_some();
        Some(if is_full { ready } else { ready.max(self.since? + wait) })
    }

    /// Gives what waits to a batch.
    pub(crate) fn start(&mut self, id: PartitionId) -> Option<Share> {
        let partition = self.partition.take()?;
        let records = std::mem::take(&mut self.queue);
        Some(Share { id, lane: self.number, partition, records, since: self.since.take() })
    }

    /// Takes back what a batch did not use; one that was fenced rests until `rest`. Answers where to seek
    /// to, if it must be read again.
    pub(crate) fn settle(
        &mut self,
        mut share: Share,
        advance: Advance,
        rest: Instant,
    ) -> Option<Offset> {
        self.partition = Some(share.partition);
        self.short_of = None;
        self.rests_until = None;
        match advance {
            Advance::To(_) => {}
            Advance::Short(to) => self.short_of = Some(to),
            Advance::ReadFrom(offset) => return self.restart(offset),
            Advance::Fenced => {
                self.rests_until = Some(rest);
                // Also without a further record: the other may be gone by then.
                self.since.get_or_insert(rest);
            }
        }
        if !share.records.is_empty() {
            share.records.append(&mut self.queue);
            self.queue = share.records;
            self.since = share.since.or(self.since);
        }
        self.bytes = self.queue.iter().map(|record| record.bytes.len()).sum();
        None
    }

    /// Forgets every record and waits for those from `offset` on.
    fn restart(&mut self, offset: Offset) -> Option<Offset> {
        self.queue.clear();
        self.bytes = 0;
        self.since = None;
        self.end = Some(offset);
        self.awaited = Some(offset);
        self.awaited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stratum_models::log::Position;

    const WAIT: Duration = Duration::from_millis(400);

    fn lane() -> Lane {
        Lane::new(Topic::Events, PartitionId(0), 1)
    }

    fn record(offset: u64, bytes: usize) -> LogRecord {
        let (topic, partition) = (Topic::Events, PartitionId(0));
        let position = Position { topic, partition, offset: Offset(offset) };
        LogRecord { position, bytes: vec![0; bytes].into() }
    }

    fn offsets(batch: &Share) -> Vec<u64> {
        batch.records.iter().map(|record| record.position.offset.0).collect()
    }

    #[test]
    fn records_that_come_again_are_passed_over() {
        let (mut lane, now) = (lane(), Instant::now());
        for offset in [5, 6, 5, 6, 7] {
            assert_eq!(lane.take(record(offset, 1), now), None);
        }
        assert_eq!(offsets(&lane.start(PartitionId(0)).unwrap()), [5, 6, 7]);
    }

    #[test]
    fn missing_records_are_asked_for_once_and_then_taken_for_lost() {
        let (mut lane, now) = (lane(), Instant::now());
        lane.take(record(5, 1), now);
        assert_eq!(lane.take(record(8, 1), now), Some(Offset(6)), "asked for");
        assert_eq!(lane.take(record(9, 1), now), None, "not wanted before the seek took effect");
        lane.sought(Offset(6));
        assert_eq!(lane.take(record(8, 1), now), None);
        assert_eq!(offsets(&lane.start(PartitionId(0)).unwrap()), [5, 8]);
    }

    #[test]
    fn a_batch_is_due_when_it_is_full_or_has_waited() {
        let (mut lane, now) = (lane(), Instant::now());
        assert_eq!(lane.due_at(100, WAIT), None, "nothing waits");
        lane.take(record(0, 60), now);
        assert_eq!(lane.due_at(100, WAIT), Some(now + WAIT));
        lane.take(record(1, 60), now + Duration::from_millis(10));
        assert_eq!(lane.due_at(100, WAIT), Some(now), "full");
        lane.start(PartitionId(0));
        lane.take(record(2, 600), now);
        assert_eq!(lane.due_at(100, WAIT), None, "one is under way");
    }

    #[test]
    fn what_a_batch_left_comes_first_in_the_next() {
        let (mut lane, now) = (lane(), Instant::now());
        (0..3).for_each(|offset| assert_eq!(lane.take(record(offset, 10), now), None));
        let mut batch = lane.start(PartitionId(0)).unwrap();
        lane.take(record(3, 10), now);
        assert_eq!(lane.bytes(), 40);
        batch.records.pop_front();
        assert_eq!(lane.settle(batch, Advance::To(Offset(1)), now), None);
        assert_eq!(lane.bytes(), 30);
        assert_eq!(offsets(&lane.start(PartitionId(0)).unwrap()), [1, 2, 3]);
    }

    #[test]
    fn a_range_that_reaches_further_waits_for_its_records_and_then_for_nothing() {
        let (mut lane, now) = (lane(), Instant::now());
        lane.take(record(0, 10), now);
        let batch = lane.start(PartitionId(0)).unwrap();
        lane.settle(batch, Advance::Short(Offset(3)), now);
        assert!(lane.is_short());
        assert_eq!(lane.due_at(100, WAIT), None);
        lane.take(record(1, 10), now);
        lane.take(record(2, 10), now);
        assert_eq!(lane.due_at(100, WAIT), Some(now));
    }

    #[test]
    fn a_partition_that_another_claimed_is_left_alone_for_a_while() {
        let (mut lane, now) = (lane(), Instant::now());
        lane.take(record(0, 10), now);
        let mut batch = lane.start(PartitionId(0)).unwrap();
        batch.records.clear();
        lane.settle(batch, Advance::Fenced, now + 2 * WAIT);
        assert_eq!(lane.ready_at(), Some(now + 2 * WAIT), "also when no record comes");
        lane.take(record(1, 10), now);
        assert_eq!(lane.due_at(10, WAIT), Some(now + 2 * WAIT));
    }

    #[test]
    fn a_partition_whose_records_are_missing_is_read_anew() {
        let (mut lane, now) = (lane(), Instant::now());
        lane.take(record(0, 10), now);
        lane.take(record(1, 10), now);
        let batch = lane.start(PartitionId(0)).unwrap();
        assert_eq!(lane.settle(batch, Advance::ReadFrom(Offset(1)), now), Some(Offset(1)));
        lane.take(record(2, 10), now);
        assert!(lane.start(PartitionId(0)).unwrap().records.is_empty(), "read before the seek");
    }
}
