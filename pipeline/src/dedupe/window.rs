//! The dedup window of one partition: which keys were first seen when.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use stratum_models::event::DedupKey;
use stratum_models::time::UnixMillis;

/// The time after the first of its key in which an event is a duplicate, to the second: 48 hours.
pub const WINDOW_SECONDS: u32 = 48 * 3600;
/// The time, by the events' clock, between two sweeps of what is out of the window.
const SWEEP_SECONDS: u32 = 3600;

/// A key and the second its first event was received: 20 bytes without padding.
#[derive(Clone, Copy, Debug)]
struct First {
    key: [u8; 16],
    second: u32,
}

impl First {
    /// Keys are digests already; any eight bytes of one are as good as a hash of it.
    fn hash(key: &[u8; 16]) -> u64 {
        key.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

fn second(at: UnixMillis) -> u32 {
    u32::try_from(at.0.div_euclid(1000).max(0)).unwrap_or(u32::MAX)
}

/// Whether an event received at `at` is a duplicate of a first one received at `first`. Also when it
/// was received *before* it, by another clock: the log has the first one first.
fn is_duplicate(first: u32, at: u32) -> bool {
    at.saturating_sub(first) <= WINDOW_SECONDS
}

/// The firsts of a batch that is not committed yet, or of a whole window.
#[derive(Debug, Default)]
pub struct Firsts(HashTable<First>);

impl Firsts {
    fn find(&self, key: &[u8; 16]) -> Option<u32> {
        self.0.find(First::hash(key), |first| &first.key == key).map(|first| first.second)
    }

    fn put(&mut self, key: [u8; 16], second: u32, merge: impl FnOnce(u32) -> u32) {
        let hash = First::hash(&key);
        match self.0.entry(hash, |first| first.key == key, |first| First::hash(&first.key)) {
            Entry::Occupied(mut entry) => entry.get_mut().second = merge(entry.get().second),
            Entry::Vacant(entry) => drop(entry.insert(First { key, second })),
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The keys a partition has seen, with the second of their first event.
///
/// An entry is 20 bytes and one of bookkeeping in a table that is between 7/16 and 7/8 full: 24 to 48
/// bytes a key. Entries leave once no event within the clock skew can be their duplicate, and earlier,
/// oldest first, when there are more than `keys_max`.
#[derive(Debug)]
pub struct DedupWindow {
    firsts: Firsts,
    keys_max: usize,
    skew_seconds: u32,
    swept_at: u32,
}

impl DedupWindow {
    /// An empty window for at most `keys_max` keys whose times of receipt lie at most `skew_ms` behind
    /// one another.
    pub fn new(keys_max: usize, skew_ms: u64) -> DedupWindow {
        let skew_seconds = u32::try_from(skew_ms.div_ceil(1000)).unwrap_or(u32::MAX);
        DedupWindow { firsts: Firsts::default(), keys_max, skew_seconds, swept_at: 0 }
    }

    /// The time of receipt from which events must be put back before those received at `earliest` or later
    /// are judged.
    pub fn since(earliest: UnixMillis, skew_ms: u64) -> UnixMillis {
        let reach_ms = i64::from(WINDOW_SECONDS + 1) * 1000;
        UnixMillis(earliest.0 - reach_ms - i64::try_from(skew_ms).unwrap_or(i64::MAX / 2))
    }

    /// Puts back a landed event, in any order; the newest of a key counts. Answers how many keys were
    /// forgotten for it.
    pub fn remember(&mut self, key: DedupKey, received_at: UnixMillis) -> usize {
        let second = second(received_at);
        self.firsts.put(key.to_bytes(), second, |known| known.max(second));
        self.forget_oldest()
    }

    /// Judges a batch of about so many events without changing the window.
    pub fn judge(&self, events: usize) -> Judge<'_> {
        Judge { window: self, firsts: Firsts(HashTable::with_capacity(events)) }
    }

    /// Takes in the firsts of a batch once it is committed, whose earliest event was received at
    /// `earliest`. Answers how many keys were forgotten early because there are too many.
    pub fn absorb(&mut self, firsts: &Firsts, earliest: UnixMillis) -> usize {
        self.firsts.0.reserve(firsts.len(), |first| First::hash(&first.key));
        for first in &firsts.0 {
            self.firsts.put(first.key, first.second, |_| first.second);
        }
        self.sweep(second(earliest));
        self.forget_oldest()
    }

    /// The number of keys it holds.
    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.firsts.0.allocation_size()
    }

    /// Once an hour, drops what no event received at `now`, less the skew, or later can repeat.
    fn sweep(&mut self, now: u32) {
        if now.saturating_sub(self.swept_at) < SWEEP_SECONDS {
            return;
        }
        self.swept_at = now;
        let reach = WINDOW_SECONDS.saturating_add(self.skew_seconds);
        self.firsts.0.retain(|first| first.second.saturating_add(reach) >= now);
        self.shrink();
    }

    /// Above `keys_max`, drops the oldest minutes until a tenth is free.
    fn forget_oldest(&mut self) -> usize {
        let before = self.len();
        if before <= self.keys_max {
            return 0;
        }
        let mut by_minute = BTreeMap::<u32, usize>::new();
        for first in &self.firsts.0 {
            *by_minute.entry(first.second / 60).or_default() += 1;
        }
        let mut left = before;
        let mut kept_from = 0;
        for (minute, keys) in by_minute {
            if left <= self.keys_max - self.keys_max / 10 {
                break;
            }
            left -= keys;
            kept_from = minute + 1;
        }
        self.firsts.0.retain(|first| first.second / 60 >= kept_from);
        self.shrink();
        before - self.len()
    }

    fn shrink(&mut self) {
        let keys = self.len();
        if keys < self.firsts.0.capacity() / 4 {
            self.firsts.0.shrink_to(keys * 2, |first| First::hash(&first.key));
        }
    }
}

/// Judges the events of one batch, in log order. What it learns stays apart from the window until the
/// batch is committed: a batch that is dropped leaves no trace.
#[derive(Debug)]
pub struct Judge<'w> {
    window: &'w DedupWindow,
    firsts: Firsts,
}

impl Judge<'_> {
    /// Whether the event is the first of its key.
    pub fn is_first(&mut self, key: DedupKey, received_at: UnixMillis) -> bool {
        let (key, at) = (key.to_bytes(), second(received_at));
        let first = self.firsts.find(&key).or_else(|| self.window.firsts.find(&key));
        let is_first = first.is_none_or(|first| !is_duplicate(first, at));
        if is_first {
            self.firsts.put(key, at, |_| at);
        }
        is_first
    }

    /// The firsts among the events judged.
    pub fn into_firsts(self) -> Firsts {
        self.firsts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    const HOUR_MS: i64 = 3_600_000;
    const START_MS: i64 = 1_780_000_000_000;
    const SKEW_MS: u64 = 3_600_000;

    type Event = (DedupKey, UnixMillis);

    /// Few keys over many days, received in order but for the clock skew.
    fn events() -> impl Strategy<Value = Vec<Event>> {
        let step = (0u128..6, 0..9 * HOUR_MS, 0..SKEW_MS as i64);
        proptest::collection::vec(step, 1..80).prop_map(|steps| {
            let mut now = START_MS;
            let event = |(key, wait, behind): (u128, i64, i64)| {
                now += wait;
                // Keys as they are in production: digests.
                let key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
                (DedupKey(key), UnixMillis(now - behind))
            };
            steps.into_iter().map(event).collect()
        })
    }

    /// The rule in its plainest form: nothing is ever forgotten, there are no batches.
    fn reference(events: &[Event]) -> Vec<bool> {
        let mut firsts = HashMap::new();
        let judge = |(key, at): &Event| {
            let at = at.0.div_euclid(1000);
            let seen = firsts.get(key).is_some_and(|first: &i64| at - first <= 48 * 3600);
            if !seen {
                firsts.insert(*key, at);
            }
            !seen
        };
        events.iter().map(judge).collect()
    }

    fn commit(window: &mut DedupWindow, batch: &[Event]) -> Vec<bool> {
        let mut judge = window.judge(0);
        let verdicts = batch.iter().map(|(key, at)| judge.is_first(*key, *at)).collect();
        let firsts = judge.into_firsts();
        if let Some(earliest) = batch.iter().map(|(_, at)| *at).min() {
            assert_eq!(window.absorb(&firsts, earliest), 0);
        }
        verdicts
    }

    fn batches<'e>(events: &'e [Event], sizes: &[usize]) -> Vec<&'e [Event]> {
        let (mut batches, mut rest) = (Vec::new(), events);
        for size in sizes.iter().cycle() {
            let (batch, after) = rest.split_at((*size).min(rest.len()));
            batches.push(batch);
            rest = after;
            if rest.is_empty() {
                return batches;
            }
        }
        batches
    }

    proptest! {
        #[test]
        fn verdicts_do_not_depend_on_batches_or_on_what_was_swept_out(
            events in events(),
            sizes in proptest::collection::vec(1usize..30, 1..6),
        ) {
            let mut window = DedupWindow::new(1000, SKEW_MS);
            let batches = batches(&events, &sizes).into_iter();
            let verdicts: Vec<bool> = batches.flat_map(|batch| commit(&mut window, batch)).collect();
            prop_assert_eq!(verdicts, reference(&events));
        }

        #[test]
        fn a_window_rebuilt_anywhere_gives_the_same_verdicts(
            events in events(),
            sizes in proptest::collection::vec(1usize..30, 1..6),
            seed in any::<prop::sample::Index>(),
        ) {
            let expected = reference(&events);
            let checkpoint = seed.index(events.len());
            let (before, after) = events.split_at(checkpoint);
            let batches = batches(after, &sizes);
            let earliest = batches[0].iter().map(|(_, at)| *at).min().unwrap();
            let since = DedupWindow::since(earliest, SKEW_MS);
            let mut window = DedupWindow::new(1000, SKEW_MS);
            // A store gives landed rows in any order.
            for ((key, at), first) in before.iter().zip(&expected).rev() {
                if *first && *at >= since {
                    window.remember(*key, *at);
                }
            }
            let verdicts: Vec<bool> =
                batches.into_iter().flat_map(|batch| commit(&mut window, batch)).collect();
            prop_assert_eq!(verdicts, &expected[checkpoint..]);
        }

        #[test]
        fn a_batch_that_was_dropped_leaves_no_trace(events in events()) {
            let (first, second) = events.split_at(events.len() / 2);
            let mut window = DedupWindow::new(1000, SKEW_MS);
            commit(&mut window, first);
            let mut dropped = window.judge(0);
            for (key, at) in second {
                dropped.is_first(*key, *at);
            }
            drop(dropped);
            prop_assert_eq!(commit(&mut window, second), &reference(&events)[first.len()..]);
        }
    }

    #[test]
    fn forty_eight_hours_are_counted_to_the_second() {
        let mut window = DedupWindow::new(10, 0);
        let at = |seconds: i64| (DedupKey(1), UnixMillis(START_MS + seconds * 1000 + 999));
        assert_eq!(
            commit(&mut window, &[at(0), at(48 * 3600), at(48 * 3600 + 1)]),
            [true, false, true]
        );
        // The second first of its key is what counts from then on.
        assert_eq!(commit(&mut window, &[at(48 * 3600 + 2)]), [false]);
        assert_eq!(commit(&mut window, &[at(96 * 3600 + 1)]), [false]);
        assert_eq!(commit(&mut window, &[at(96 * 3600 + 2)]), [true]);
    }

    #[test]
    fn a_copy_received_earlier_by_another_clock_is_a_duplicate() {
        let mut window = DedupWindow::new(10, SKEW_MS);
        let at = |ms| (DedupKey(1), UnixMillis(START_MS + ms));
        assert_eq!(commit(&mut window, &[at(0), at(-60_000)]), [true, false]);
    }

    #[test]
    fn what_is_out_of_the_window_is_swept_out() {
        let mut window = DedupWindow::new(usize::MAX, SKEW_MS);
        for hour in 0..200 {
            let at = UnixMillis(START_MS + hour * HOUR_MS);
            let keys = (0..50u128).map(|key| DedupKey((hour as u128) << 100 | key << 40 | key));
            let batch: Vec<Event> = keys.map(|key| (key, at)).collect();
            commit(&mut window, &batch);
        }
        // 48 hours, one of skew, and the hour at hand.
        assert_eq!(window.len(), 50 * 50);
    }

    fn digest(number: u64) -> DedupKey {
        let half = |n: u64| u128::from((n ^ n >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        DedupKey(half(number) << 64 | half(!number))
    }

    #[test]
    fn a_full_window_forgets_its_oldest_minutes() {
        let mut window = DedupWindow::new(1000, SKEW_MS);
        let mut forgotten = 0;
        for minute in 0..15 {
            let at = UnixMillis(START_MS + minute * 60_000);
            let mut judge = window.judge(0);
            (0..100).for_each(|n| assert!(judge.is_first(digest(minute as u64 * 100 + n), at)));
            let firsts = judge.into_firsts();
            forgotten += window.absorb(&firsts, at);
            assert!(window.len() <= 1000);
        }
        assert_eq!(window.len() + forgotten, 1500);
        let at = UnixMillis(START_MS + 15 * 60_000);
        assert!(!window.judge(0).is_first(digest(1499), at), "the newest is remembered");
        assert!(window.judge(0).is_first(digest(0), at), "the oldest is forgotten");
    }

    #[test]
    fn a_key_takes_the_memory_the_documentation_says() {
        let mut window = DedupWindow::new(usize::MAX, SKEW_MS);
        for keys in [100_000u64, 350_000] {
            for number in window.len() as u64..keys {
                window.remember(digest(number), UnixMillis(START_MS));
            }
            let bytes = window.bytes() as f64 / keys as f64;
            assert!((24.0..=48.5).contains(&bytes), "{bytes} bytes a key at {keys} keys");
        }
    }
}
