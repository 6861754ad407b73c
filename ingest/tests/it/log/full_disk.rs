//! A disk that is full for a while: what was answered is there once, and the log goes on by itself.
//!
//! The test runs in a process of its own. As root that has a small file system of its own to fill;
//! else no file may grow for a while, which every write meets as it meets a full disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_models::log::{EventLog, LogRecord, ReadLimits, Topic};
use stratum_models::store::StoreErrorKind;
use stratum_testing::log_contract::EVENTS_PARTITIONS;

use super::{FromStart, open, read_all, record, small};

/// Set in the process of the test: where its log is.
const FOLDER: &str = "STRATUM_TEST_FULL_DISK";
const DISK_MIB: u32 = 96;
const ROUNDS: usize = 3;
const ACKS_A_ROUND: u32 = 150;
const WAIT: Duration = Duration::from_secs(60);

fn config() -> FjallLogConfig {
    FjallLogConfig {
        memtable_bytes: 1 << 20,
        commit_bytes_max: 1 << 20,
        // Closed now and then, so that some are closed by an append that fails.
        segment_bytes: 100_000,
        retention_hours: 24,
        ..small()
    }
}

#[test]
fn a_full_disk_loses_nothing_and_doubles_nothing_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    // SAFETY: takes nothing and cannot fail.
    let mut command = if unsafe { libc::geteuid() } == 0 {
        let mut command = Command::new("unshare");
        let mount = format!("mount -t tmpfs -o size={DISK_MIB}m none \"$0\" && exec \"$@\"");
        command.args(["--mount", "sh", "-c", &mount]).arg(folder.path()).arg(program);
        command
    } else {
        Command::new(program)
    };
    let test = "log::full_disk::fills_the_disk_and_frees_it";
    let done = command.args([test, "--exact", "--nocapture"]).env(FOLDER, folder.path()).output();
    let done = done.unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Not a test by itself: the process that has a disk of its own.
#[tokio::test(flavor = "multi_thread")]
async fn fills_the_disk_and_frees_it() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let disk = Disk::of(Path::new(&folder));
    let log = Arc::new(open(&disk.folder.join("log"), config()).unwrap());
    let over = Arc::new(AtomicBool::new(false));
    let acks = Arc::new(AtomicU32::new(0));
    let appenders: Vec<_> = (0..EVENTS_PARTITIONS)
        .map(|partition| tokio::spawn(append(log.clone(), partition, acks.clone(), over.clone())))
        .collect();
    let reader = tokio::spawn(read(log.clone(), over.clone()));
    for round in 0..ROUNDS {
        more_acks(&acks, round).await;
        disk.fill();
        until(&format!("round {round}: a full disk is noticed"), async || {
            log.ready().await.is_err()
        })
        .await;
        let refused = log.append(vec![record(0, "while it is full")]).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::Unavailable, "{refused}");
        disk.free();
        until(&format!("round {round}: it heals"), async || log.ready().await.is_ok()).await;
    }
    more_acks(&acks, ROUNDS).await;
    over.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for appender in appenders {
        answered.push(appender.await.unwrap());
    }
    let seen = reader.await.unwrap();
    drop(log);
    let log = open(&disk.folder.join("log"), config()).unwrap();
    let kept = read_all(&log).await;
    check(&kept, &answered);
    let places = |records: &[LogRecord]| -> BTreeMap<_, _> {
        let one = |record: &LogRecord| (record.position.partition, record.position.offset);
        records.iter().map(|record| (one(record), record.bytes.clone())).collect()
    };
    assert!(places(&seen) == places(&kept), "a reader saw other records than were kept");
    assert_eq!(seen.len(), kept.len(), "a reader saw a record twice");
}

/// Every record that was answered, once, at the place it was answered with, and no other.
fn check(kept: &[LogRecord], answered: &[Vec<u64>]) {
    let mut found = vec![0usize; answered.len()];
    for LogRecord { position, bytes } in kept {
        let partition = position.partition.0 as usize;
        let number = found[partition];
        let text = format!("{partition}/{number}/");
        assert!(bytes.starts_with(text.as_bytes()), "{position:?} is not {text}");
        assert_eq!(answered[partition].get(number), Some(&position.offset.0), "{text}");
        found[partition] += 1;
    }
    assert_eq!(found, answered.iter().map(Vec::len).collect::<Vec<_>>());
}

/// Appends one record after the other, each until it is answered; the offsets they were answered with.
async fn append(
    log: Arc<FjallLog>,
    partition: u32,
    acks: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
) -> Vec<u64> {
    let mut offsets = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let number = offsets.len();
        let text = format!("{partition}/{number}/{}", "x".repeat(number * 7919 % 40_000));
        match log.append(vec![record(partition, text)]).await {
            Ok(positions) => {
                offsets.push(positions[0].offset.0);
                acks.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    offsets
}

/// Reads along until all is over and nothing is left.
async fn read(log: Arc<FjallLog>, over: Arc<AtomicBool>) -> Vec<LogRecord> {
    let group = log.subscribe(Topic::Events, "along", Arc::new(FromStart)).await;
    let mut subscription = group.unwrap();
    let wait_max = Duration::from_millis(100);
    let limits = ReadLimits { records_max: 100, bytes_max: 1 << 20, wait_max };
    let mut records = Vec::new();
    loop {
        let was_over = over.load(Ordering::Relaxed) && Arc::strong_count(&log) <= 2;
        match subscription.next(limits).await {
            Ok(read) if read.records.is_empty() && read.assignment.is_none() && was_over => {
                return records;
            }
            Ok(read) => records.extend(read.records),
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn more_acks(acks: &AtomicU32, round: usize) {
    let wanted = acks.load(Ordering::Relaxed) + ACKS_A_ROUND;
    until(&format!("round {round}: appends are answered"), async || {
        acks.load(Ordering::Relaxed) >= wanted
    })
    .await;
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + WAIT;
    while !holds().await {
        assert!(Instant::now() < end, "{what}: not within {WAIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What can be filled and freed.
struct Disk {
    folder: PathBuf,
    is_mounted: bool,
}

impl Disk {
    fn of(folder: &Path) -> Disk {
        // SAFETY: ignoring a signal installs no code; a write over the limit is to fail, not to kill.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        // SAFETY: takes nothing and cannot fail.
        Disk { folder: folder.to_owned(), is_mounted: unsafe { libc::geteuid() } == 0 }
    }

    fn fill(&self) {
        if !self.is_mounted {
            return limit_files(1);
        }
        let mut file = File::create(self.folder.join("fill")).unwrap();
        for bytes in [1 << 20, 1 << 12, 1] {
            let piece = vec![b'x'; bytes];
            while file.write_all(&piece).is_ok() {}
        }
    }

    fn free(&self) {
        if !self.is_mounted {
            return limit_files(libc::RLIM_INFINITY);
        }
        std::fs::remove_file(self.folder.join("fill")).unwrap();
    }
}

/// No file of this process may be written beyond so many bytes.
fn limit_files(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a limit that outlives the call.
    let failed = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
}
