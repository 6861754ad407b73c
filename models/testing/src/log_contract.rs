//! The promises of every [`EventLog`], one case a sentence of its documentation, run on any adapter.
//!
//! An adapter brings a [`LogHarness`]; [`run`] prints each case with its outcome and panics when one
//! failed. What an adapter cannot show (nothing in memory outlives a process) is printed as skipped and
//! is in the report, so that its test can pin which ones those are.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a contract is checked by tests, which fail by panicking and print what they did"
)]

mod appending;
mod direct;
mod reading;
mod sharing;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::time::Instant;

use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, Position, ReadLimits, Resume,
    Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;

/// Partitions of the events in a log under test.
pub const EVENTS_PARTITIONS: u32 = 3;
/// Partitions of the ad reports in a log under test.
pub const AD_REPORTS_PARTITIONS: u32 = 1;

/// The suite's access to an adapter. `case` names a log: each case has its own.
#[async_trait]
pub trait LogHarness: Send + Sync {
    /// The adapter's name.
    fn name(&self) -> &str;

    /// A new log with [`EVENTS_PARTITIONS`] and [`AD_REPORTS_PARTITIONS`].
    async fn create(&self, case: &str) -> Arc<dyn EventLog>;

    /// Closes the log, whose only handle is handed in, and opens it again; `None` when nothing of it
    /// would be left.
    async fn reopen(&self, case: &str, log: Arc<dyn EventLog>) -> Option<Arc<dyn EventLog>>;

    /// Lets some milliseconds pass, and answers what the clock of appends says then: what was appended
    /// before is older, what is appended after is not.
    async fn later(&self, case: &str) -> UnixMillis;

    /// Lets the time pass after which retention may drop what is in the log now.
    async fn grow_old(&self, case: &str, log: &dyn EventLog);

    /// Has retention drop what had grown old.
    async fn retain(&self, case: &str);

    /// Cuts the log off, or puts it back; false when nothing can come between.
    async fn set_away(&self, case: &str, away: bool) -> bool;
}

/// The end of a case that did not panic.
pub enum Outcome {
    /// The promise is kept.
    Kept,
    /// The adapter has no such state.
    NotApplicable,
}

type Case = fn(&dyn LogHarness) -> BoxFuture<'_, Outcome>;

/// Every case.
const CASES: &[(&str, Case)] = &[
    ("partitions-are-fixed", |h| appending::partitions_are_fixed(h).boxed()),
    ("positions-in-order", |h| appending::positions_in_order(h).boxed()),
    ("nothing-to-append", |h| appending::nothing_to_append(h).boxed()),
    ("end-is-the-next-offset", |h| appending::end_is_the_next_offset(h).boxed()),
    ("appended-survives-reopening", |h| appending::survives_reopening(h).boxed()),
    ("largest-record-is-taken", |h| appending::largest_record(h).boxed()),
    ("too-large-keeps-nothing", |h| appending::too_large(h).boxed()),
    ("unknown-partition-keeps-nothing", |h| appending::unknown_partition(h).boxed()),
    ("concurrent-appends-stand-where-told", |h| appending::concurrent(h).boxed()),
    ("away-is-unavailable-in-time", |h| appending::away(h).boxed()),
    ("first-call-tells-the-assignment", |h| reading::first_call(h).boxed()),
    ("every-record-once-in-order", |h| reading::every_record_once(h).boxed()),
    ("begins-where-resume-says", |h| reading::begins_at_resume(h).boxed()),
    ("resume-is-asked-again-after-it-failed", |h| reading::resume_failed(h).boxed()),
    ("resume-beyond-the-end-is-invalid", |h| reading::resume_beyond_end(h).boxed()),
    ("dropped-offset-resumes-at-the-oldest", |h| reading::dropped_offset(h).boxed()),
    ("retention-overtakes-a-reader", |h| reading::overtaken(h).boxed()),
    ("limits-of-records", |h| reading::limit_of_records(h).boxed()),
    ("limits-of-bytes", |h| reading::limit_of_bytes(h).boxed()),
    ("waits-no-longer-than-asked", |h| reading::limit_of_wait(h).boxed()),
    ("a-record-ends-the-wait", |h| reading::woken(h).boxed()),
    ("a-cancelled-read-loses-nothing", |h| reading::cancelled(h).boxed()),
    ("seek-goes-back", |h| reading::seek_back(h).boxed()),
    ("topics-are-apart", |h| reading::topics_are_apart(h).boxed()),
    ("reads-from-an-offset", |h| direct::from_an_offset(h).boxed()),
    ("a-direct-read-has-its-limits", |h| direct::limits(h).boxed()),
    ("a-direct-read-waits", |h| direct::waits(h).boxed()),
    ("a-direct-read-begins-at-the-oldest", |h| direct::begins_at_the_oldest(h).boxed()),
    ("a-direct-read-beyond-the-end-is-invalid", |h| direct::beyond_the_end(h).boxed()),
    ("a-direct-read-is-beside-groups", |h| direct::beside_groups(h).boxed()),
    ("offset-at-an-instant", |h| direct::offset_at(h).boxed()),
    ("released-goes-and-the-rest-stays", |h| direct::release(h).boxed()),
    ("groups-are-apart", |h| sharing::groups_are_apart(h).boxed()),
    ("every-watcher-sees-every-update", |h| sharing::every_watcher(h).boxed()),
    ("two-members-share", |h| sharing::two_members(h).boxed()),
    ("dropping-leaves-the-group", |h| sharing::leaving(h).boxed()),
    ("more-members-than-partitions", |h| sharing::idle_member(h).boxed()),
];

/// The outcomes of all cases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ContractReport {
    /// Cases that held.
    pub kept: usize,
    /// Cases that say nothing about this adapter.
    pub not_applicable: Vec<&'static str>,
}

/// Runs every case, one after the other; panics at the end when any failed.
pub async fn run(harness: &dyn LogHarness) -> ContractReport {
    let mut report = ContractReport::default();
    let mut failed = Vec::new();
    for (name, case) in CASES {
        let begun = Instant::now();
        let outcome = AssertUnwindSafe(case(harness)).catch_unwind().await;
        let text = match outcome {
            Ok(Outcome::Kept) => {
                report.kept += 1;
                "kept"
            }
            Ok(Outcome::NotApplicable) => {
                report.not_applicable.push(*name);
                "SKIPPED: not applicable"
            }
            Err(_) => {
                failed.push(*name);
                "FAILED"
            }
        };
        let seconds = begun.elapsed().as_secs_f32();
        println!("log contract on {}: {name}: {text} ({seconds:.2} s)", harness.name());
    }
    let total = CASES.len();
    println!("log contract on {}: {} of {total} cases kept", harness.name(), report.kept);
    assert!(failed.is_empty(), "{} breaks its contract: {failed:?}", harness.name());
    report
}

/// The time that a case waits for what must come; a broker may need some of it.
const PATIENCE: Duration = Duration::from_secs(45);
/// The time that a case looks for what must not come.
const STILLNESS: Duration = Duration::from_millis(300);
const EVENTS: Topic = Topic::Events;
const GROUP: &str = "readers";

const LIMITS: ReadLimits =
    ReadLimits { records_max: 1000, bytes_max: 8 << 20, wait_max: Duration::from_millis(100) };

fn record(partition: u32, text: &str) -> NewRecord {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    NewRecord { topic: EVENTS, partition: PartitionId(partition), bytes }
}

fn text_of(record: &LogRecord) -> String {
    String::from_utf8(record.bytes.to_vec()).unwrap()
}

fn at(partition: u32, offset: u64) -> Position {
    Position { topic: EVENTS, partition: PartitionId(partition), offset: Offset(offset) }
}

/// Appends records `{name}-{n}`, one call each, to a partition.
async fn append_some(log: &dyn EventLog, partition: u32, name: &str, count: u64) {
    for number in 0..count {
        log.append(vec![record(partition, &format!("{name}-{number}"))]).await.unwrap();
    }
}

/// Positions that readers of a case have come to. It is theirs to move on.
#[derive(Default)]
struct Checkpoints {
    next: Mutex<BTreeMap<(Topic, PartitionId), u64>>,
    asked: Mutex<Vec<PartitionId>>,
    failures: Mutex<Vec<StoreErrorKind>>,
}

impl Checkpoints {
    fn at_start() -> Arc<Checkpoints> {
        Arc::default()
    }

    fn set(&self, partition: u32, offset: u64) {
        self.next.lock().insert((EVENTS, PartitionId(partition)), offset);
    }

    fn get(&self, partition: PartitionId) -> u64 {
        self.next.lock().get(&(EVENTS, partition)).copied().unwrap_or(0)
    }

    /// Moves on past these records, which must be exactly the next ones.
    fn take(&self, records: &[LogRecord]) {
        for LogRecord { position: Position { partition, offset, .. }, .. } in records {
            assert_eq!(
                offset.0,
                self.get(*partition),
                "the next record of partition {partition:?}"
            );
            self.set(partition.0, offset.0 + 1);
        }
    }
}

#[async_trait]
impl Resume for Checkpoints {
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        if let Some(kind) = self.failures.lock().pop() {
            return Err(StoreError::new(kind, "warehouse", "failed as asked"));
        }
        self.asked.lock().push(partition);
        Ok(Offset(self.next.lock().get(&(topic, partition)).copied().unwrap_or(0)))
    }
}

/// A subscription and what it was told last.
struct Reader {
    subscription: Box<dyn Subscription>,
    assignment: Vec<PartitionId>,
}

impl Reader {
    async fn join(log: &dyn EventLog, group: &str, checkpoints: &Arc<Checkpoints>) -> Reader {
        let subscription = log.subscribe(EVENTS, group, checkpoints.clone()).await.unwrap();
        Reader { subscription, assignment: Vec::new() }
    }

    async fn next(&mut self, limits: ReadLimits) -> Vec<LogRecord> {
        let read = self.subscription.next(limits).await.unwrap();
        if let Some(assignment) = read.assignment {
            self.assignment = assignment;
            self.assignment.sort();
        }
        for record in &read.records {
            assert!(self.assignment.contains(&record.position.partition), "a record of another");
        }
        read.records
    }

    /// Reads until so many records are there, and no more come.
    async fn read(&mut self, count: usize) -> Vec<LogRecord> {
        let deadline = Instant::now() + PATIENCE;
        let mut records = Vec::new();
        while records.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} records came", records.len());
            records.extend(self.next(LIMITS).await);
        }
        records.extend(self.next(ReadLimits { wait_max: STILLNESS, ..LIMITS }).await);
        assert_eq!(records.len(), count, "records beyond those expected");
        records
    }

    /// Waits until every partition of a log under test is this reader's.
    async fn own_all(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.assignment.len() < EVENTS_PARTITIONS as usize {
            assert!(
                Instant::now() < deadline,
                "assigned after {PATIENCE:?}: {:?}",
                self.assignment
            );
            let records = self.next(LIMITS).await;
            assert!(records.is_empty(), "records before all partitions are assigned");
        }
    }
}

fn texts(records: &[LogRecord]) -> Vec<String> {
    records.iter().map(text_of).collect()
}

/// The texts of one partition, in the order read.
fn texts_of(records: &[LogRecord], partition: u32) -> Vec<String> {
    let of = records.iter().filter(|record| record.position.partition.0 == partition);
    of.map(text_of).collect()
}
