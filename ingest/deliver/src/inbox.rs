//! What the tail of the log hands to a destination: the newest records, as far as it has room for them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use stratum_models::log::Offset;
use tokio::sync::Notify;

/// A record of a destination's dataset.
#[derive(Clone, Debug)]
pub struct TailRecord {
    /// Its place.
    pub offset: Offset,
    /// Its bytes.
    pub bytes: Bytes,
    /// The events in it.
    pub events: u32,
}

#[derive(Default)]
struct Queue {
    records: VecDeque<TailRecord>,
    bytes: usize,
    events: u64,
    /// Behind the last record that there was no room for; `None` while there is room.
    dropped_to: Option<Offset>,
}

/// Records on their way from the tail to one destination. Where it has no room the tail drops records instead of
/// waiting: the destination reads them again by itself.
pub struct Inbox {
    queue: Mutex<Queue>,
    wake: Notify,
    bytes_max: usize,
    /// Bytes of all inboxes, and their bound.
    all: Arc<AtomicUsize>,
    all_max: usize,
}

impl Inbox {
    /// An empty inbox with its bound, and what all inboxes have and may have together.
    pub fn new(bytes_max: usize, all: Arc<AtomicUsize>, all_max: usize) -> Inbox {
        Inbox { queue: Mutex::default(), wake: Notify::new(), bytes_max, all, all_max }
    }

    /// Adds a record, or drops it where there is no room.
    pub fn offer(&self, record: &TailRecord) {
        let mut queue = self.queue.lock();
        let length = record.bytes.len();
        let is_full = queue.bytes + length > self.bytes_max
            || self.all.load(Ordering::Relaxed) + length > self.all_max;
        // One record always has room, however large it is.
        if queue.dropped_to.is_some() || is_full && !queue.records.is_empty() {
            queue.dropped_to = Some(Offset(record.offset.0 + 1));
        } else {
            queue.bytes += length;
            queue.events += u64::from(record.events);
            self.all.fetch_add(length, Ordering::Relaxed);
            queue.records.push_back(record.clone());
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Takes records with about so many events, at least one record where there is any.
    pub fn take(&self, events_max: u64) -> Vec<TailRecord> {
        let mut queue = self.queue.lock();
        let (mut records, mut events) = (Vec::new(), 0);
        while events < events_max
            && let Some(record) = queue.records.pop_front()
        {
            events += u64::from(record.events);
            queue.bytes -= record.bytes.len();
            queue.events -= u64::from(record.events);
            self.all.fetch_sub(record.bytes.len(), Ordering::Relaxed);
            records.push(record);
        }
        records
    }

    /// Once all that was added is taken: the place behind what was dropped, from which on records come again.
    pub fn take_dropped(&self) -> Option<Offset> {
        let mut queue = self.queue.lock();
        if queue.records.is_empty() { queue.dropped_to.take() } else { None }
    }

    /// Whether nothing waits and nothing was dropped.
    pub fn is_idle(&self) -> bool {
        let queue = self.queue.lock();
        queue.records.is_empty() && queue.dropped_to.is_none()
    }

    /// Events that wait, and whether there is room for more.
    pub fn waiting(&self) -> (u64, bool) {
        let queue = self.queue.lock();
        (queue.events, queue.dropped_to.is_none())
    }

    /// Returns after something was added or dropped.
    pub async fn changed(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.all.fetch_sub(self.queue.get_mut().bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: u64, length: usize) -> TailRecord {
        TailRecord { offset: Offset(offset), bytes: vec![0; length].into(), events: 10 }
    }

    #[test]
    fn what_has_no_room_is_dropped_up_to_a_place_that_is_told() {
        let all = Arc::new(AtomicUsize::new(0));
        let inbox = Inbox::new(100, all.clone(), 1_000);
        [record(3, 60), record(5, 40), record(6, 1), record(9, 1)]
            .iter()
            .for_each(|one| inbox.offer(one));
        assert_eq!((inbox.waiting(), all.load(Ordering::Relaxed)), ((20, false), 100));
        assert_eq!(inbox.take_dropped(), None, "first what was added");
        let offsets =
            |records: Vec<TailRecord>| records.iter().map(|one| one.offset.0).collect::<Vec<_>>();
        assert_eq!(offsets(inbox.take(10)), [3]);
        assert_eq!(offsets(inbox.take(1_000)), [5]);
        assert!(!inbox.is_idle());
        assert_eq!(inbox.take_dropped(), Some(Offset(10)));
        assert!(inbox.is_idle());
        inbox.offer(&record(11, 500));
        assert_eq!(offsets(inbox.take(1)), [11], "one record always has room");
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn feeds_share_one_bound_and_give_back_what_they_hold() {
        let all = Arc::new(AtomicUsize::new(0));
        let (one, other) = (Inbox::new(100, all.clone(), 100), Inbox::new(100, all.clone(), 100));
        one.offer(&record(1, 90));
        other.offer(&record(2, 20));
        other.offer(&record(3, 20));
        assert_eq!(other.waiting(), (10, false));
        drop(one);
        assert_eq!(all.load(Ordering::Relaxed), 20);
    }
}
