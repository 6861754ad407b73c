//! The log on disk: its contract, and what only a disk can show.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what helps the tests fails as they do"
)]

mod full_disk;
mod retention;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, ReadLimits, Resume, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{Clock, HOUR_MS, UnixMillis};
use stratum_testing::log_contract::{self, AD_REPORTS_PARTITIONS, EVENTS_PARTITIONS, LogHarness};
use tempfile::TempDir;

struct HandClock(AtomicI64);

impl HandClock {
    fn new() -> Arc<HandClock> {
        Arc::new(HandClock(AtomicI64::new(1_774_742_399_000)))
    }

    fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// Every record is a segment, and retention runs by hand.
fn small() -> FjallLogConfig {
    FjallLogConfig {
        events_partitions: EVENTS_PARTITIONS,
        ad_reports_partitions: AD_REPORTS_PARTITIONS,
        deliveries_partitions: 1,
        retention_hours: 1,
        retention_interval_ms: 3_600_000,
        segment_bytes: 1,
        ..FjallLogConfig::default()
    }
}

struct OnDisk {
    folder: TempDir,
    clock: Arc<HandClock>,
    open: Mutex<BTreeMap<String, std::sync::Weak<FjallLog>>>,
}

impl OnDisk {
    fn open(&self, case: &str) -> Arc<dyn EventLog> {
        let folder = self.folder.path().join(case);
        let log = Arc::new(FjallLog::open(&folder, small(), self.clock.clone()).unwrap());
        self.open.lock().unwrap().insert(case.into(), Arc::downgrade(&log));
        log
    }
}

#[async_trait]
impl LogHarness for OnDisk {
    fn name(&self) -> &str {
        "fjall"
    }

    async fn create(&self, case: &str) -> Arc<dyn EventLog> {
        self.open(case)
    }

    async fn reopen(&self, case: &str, log: Arc<dyn EventLog>) -> Option<Arc<dyn EventLog>> {
        drop(log);
        Some(self.open(case))
    }

    async fn later(&self, _: &str) -> UnixMillis {
        self.clock.pass(1);
        self.clock.now()
    }

    async fn grow_old(&self, _: &str, _: &dyn EventLog) {
        self.clock.pass(2 * HOUR_MS);
    }

    async fn retain(&self, case: &str) {
        let log = self.open.lock().unwrap().get(case).unwrap().upgrade().unwrap();
        log.retain().unwrap();
    }

    async fn set_away(&self, _: &str, _: bool) -> bool {
        // A disk does not go away and come back.
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract_of_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let harness = OnDisk { folder, clock: HandClock::new(), open: Mutex::default() };
    let report = log_contract::run(&harness).await;
    assert_eq!(report.not_applicable, ["away-is-unavailable-in-time"]);
}

struct FromStart;

#[async_trait]
impl Resume for FromStart {
    async fn resume_at(&self, _: Topic, _: PartitionId) -> Result<Offset, StoreError> {
        Ok(Offset(0))
    }
}

async fn read_all(log: &FjallLog) -> Vec<LogRecord> {
    let group = format!("reader-{:p}", &log);
    let mut subscription = log.subscribe(Topic::Events, &group, Arc::new(FromStart)).await.unwrap();
    let limits = ReadLimits { records_max: 10_000, bytes_max: 64 << 20, wait_max: Duration::ZERO };
    let mut records = Vec::new();
    loop {
        let read = subscription.next(limits).await.unwrap();
        if read.records.is_empty() {
            return records;
        }
        records.extend(read.records);
    }
}

fn record(partition: u32, bytes: impl Into<Bytes>) -> NewRecord {
    NewRecord { topic: Topic::Events, partition: PartitionId(partition), bytes: bytes.into() }
}

fn open(folder: &Path, config: FjallLogConfig) -> Result<FjallLog, StoreError> {
    FjallLog::open(folder, config, HandClock::new())
}

fn refusal(opened: Result<FjallLog, StoreError>) -> (StoreErrorKind, String) {
    let error = opened.err().expect("it must not open");
    (error.kind, error.to_string())
}

#[tokio::test]
async fn a_folder_that_is_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), small()).unwrap();
    let (kind, text) = refusal(open(folder.path(), small()));
    assert_eq!(kind, StoreErrorKind::Conflict);
    assert!(text.contains("has this log open"), "{text}");
    drop(log);
    open(folder.path(), small()).unwrap();
}

#[tokio::test]
async fn another_number_of_partitions_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), small()).unwrap());
    for events_partitions in [EVENTS_PARTITIONS - 1, EVENTS_PARTITIONS + 1] {
        let config = FjallLogConfig { events_partitions, ..small() };
        let (kind, text) = refusal(open(folder.path(), config));
        assert_eq!(kind, StoreErrorKind::Invalid);
        let figures = format!("fixed at {EVENTS_PARTITIONS}");
        assert!(text.contains("partitions of events") && text.contains(&figures), "{text}");
    }
    open(folder.path(), small()).unwrap();
}

#[tokio::test]
async fn what_cannot_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for config in [
        FjallLogConfig { events_partitions: 0, ..small() },
        FjallLogConfig { journal_bytes_max: 1, ..small() },
    ] {
        assert_eq!(refusal(open(folder.path(), config)).0, StoreErrorKind::Invalid);
    }
    let unknown = serde_json::from_str::<FjallLogConfig>(r#"{"retention_days": 3}"#);
    assert!(unknown.unwrap_err().to_string().contains("retention_days"));
}

/// Set in the process that the test of kill -9 starts: where its log is.
const CRASH_FOLDER: &str = "STRATUM_TEST_CRASH_FOLDER";

/// Appends in a loop and prints every acknowledged position, until it is killed.
#[test]
fn appends_until_killed() {
    let Ok(folder) = std::env::var(CRASH_FOLDER) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let log = Arc::new(open(Path::new(&folder), small()).unwrap());
        let appenders = (0..EVENTS_PARTITIONS).map(|partition| {
            let log = log.clone();
            tokio::spawn(async move {
                for number in 0u32.. {
                    let size = (number as usize * 7919) % 60_000;
                    let text = format!("{partition}/{number}/{}", "x".repeat(size));
                    let position = log.append(vec![record(partition, text)]).await.unwrap()[0];
                    println!("ack {partition} {} {number}", position.offset.0);
                }
            })
        });
        futures::future::join_all(appenders.collect::<Vec<_>>()).await;
    });
}

/// What was acknowledged before the kill: partition, offset, number.
fn append_and_kill(folder: &Path, acks_min: usize) -> Vec<(u32, u64, u32)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["log::appends_until_killed", "--exact", "--nocapture"])
        .env(CRASH_FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acks = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The last line may be cut short by the kill.
        let line = line.unwrap_or_default();
        let fields: Vec<_> = line.split(' ').collect();
        if let ["ack", partition, offset, number] = fields[..]
            && let (Ok(partition), Ok(offset), Ok(number)) =
                (partition.parse(), offset.parse(), number.parse())
        {
            acks.push((partition, offset, number));
        }
        if acks.len() == acks_min {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(acks.len() >= acks_min, "only {} appends were acknowledged", acks.len());
    // The very last one may have lost digits.
    acks.pop();
    acks
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = [0u64; EVENTS_PARTITIONS as usize];
    for round in 0..3 {
        let acks = append_and_kill(folder.path(), 400 + round * 313);
        let log = open(folder.path(), small()).unwrap();
        let mut texts = BTreeMap::new();
        let mut next = [0u64; EVENTS_PARTITIONS as usize];
        for LogRecord { position, bytes } in read_all(&log).await {
            let expected = &mut next[position.partition.0 as usize];
            assert_eq!(position.offset.0, *expected, "a gap in {:?}", position.partition);
            *expected += 1;
            texts.insert((position.partition.0, position.offset.0), bytes);
        }
        for (partition, offset, number) in acks {
            let found = texts.get(&(partition, offset)).expect("an acknowledged record is lost");
            assert!(found.starts_with(format!("{partition}/{number}/").as_bytes()));
            assert!(offset >= kept[partition as usize], "an offset was given twice");
        }
        kept = next;
    }
}

/// The journal that is being written: the one with the highest number.
fn journal(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let journals = files.filter(|path| path.extension().is_some_and(|end| end == "jnl"));
    journals
        .max_by_key(|path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap())
        .unwrap()
}

/// A copy of the folder as a crash would leave it: taken while the log is open.
fn crash_copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => crash_copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[tokio::test]
async fn a_torn_append_is_gone_whole_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original");
    let log = open(&original, small()).unwrap();
    log.append(vec![record(0, "first"), record(1, "first")]).await.unwrap();
    let written = |path: &Path| {
        let bytes = std::fs::read(journal(path)).unwrap();
        bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
    };
    let whole = written(&original);
    let torn = [record(0, "x".repeat(5_000)), record(1, "y".repeat(5_000))];
    log.append(torn.into()).await.unwrap();
    let end = written(&original);
    assert!(end > whole + 10_000);
    for cut in [whole + 1, whole + 20, whole + 4_000, whole + 9_000, end - 1] {
        let copy = folder.path().join(format!("cut-{cut}"));
        crash_copy(&original, &copy);
        let file = std::fs::OpenOptions::new().write(true).open(journal(&copy)).unwrap();
        // What was not written yet is missing, or zeros of the space set aside.
        file.set_len(cut as u64).unwrap();
        if cut % 2 == 0 {
            file.set_len(64 << 20).unwrap();
        }
        let log = open(&copy, small()).unwrap();
        let texts: Vec<_> = read_all(&log).await.into_iter().map(|r| r.bytes).collect();
        assert_eq!(texts, ["first", "first"], "cut at {cut} of {end}");
        let positions = log.append(vec![record(0, "second")]).await.unwrap();
        assert_eq!(positions[0].offset, Offset(1));
        drop(log);
        assert_eq!(read_all(&open(&copy, small()).unwrap()).await.len(), 3);
    }
}

#[tokio::test]
async fn appends_beyond_the_queue_wait_and_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let config = FjallLogConfig { queue_bytes_max: 4096, ..small() };
    let log = Arc::new(open(folder.path(), config).unwrap());
    // One of them is larger than the whole queue.
    let sizes = (0..40).map(|number| if number == 20 { 100_000 } else { 1_500 });
    let appends = sizes.map(|size| {
        let log = log.clone();
        tokio::spawn(async move { log.append(vec![record(0, vec![1; size])]).await.unwrap() })
    });
    futures::future::join_all(appends.collect::<Vec<_>>()).await;
    assert_eq!(read_all(&log).await.len(), 40);
}
