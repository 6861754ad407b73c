//! What retention drops, and what it spares.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_models::log::{EventLog as _, LogRecord, NewRecord, Offset, PartitionId, Topic};
use stratum_models::time::HOUR_MS;

use super::{HandClock, open, read_all, record, small};

/// Bytes of all files but the journals, which are set aside whole and bounded on their own. Files
/// may go while this looks.
fn bytes_on_disk(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(file) if file.is_dir() => bytes_on_disk(&entry.path()),
        Ok(file) if entry.path().extension().is_none_or(|end| end != "jnl") => file.len(),
        _ => 0,
    });
    bytes.sum()
}

#[tokio::test]
async fn retention_by_bytes_drops_the_oldest_and_gives_the_disk_back() {
    const RECORD_BYTES: u64 = 256 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let config = FjallLogConfig {
        retention_bytes: 8 << 20,
        segment_bytes: 1 << 20,
        memtable_bytes: 2 << 20,
        ..small()
    };
    let log = open(folder.path(), config.clone()).unwrap();
    let bytes = Bytes::from(vec![7; RECORD_BYTES as usize]);
    for _ in 0..16 {
        for partition in [0, 1] {
            log.append(vec![record(partition, bytes.clone()); 8]).await.unwrap();
        }
        log.retain().unwrap();
    }
    let starts = log.starts(Topic::Events).unwrap();
    let kept: u64 =
        (0..2).map(|partition| (128 - starts[&PartitionId(partition)].0) * RECORD_BYTES).sum();
    assert!(kept <= config.retention_bytes, "{kept} bytes are kept");
    assert!(kept > config.retention_bytes - 3 * config.segment_bytes, "only {kept} are kept");
    // 64 MiB were appended; tables reach over the border of what is kept.
    let deadline = Instant::now() + Duration::from_secs(30);
    while bytes_on_disk(folder.path()) > 24 << 20 {
        assert!(Instant::now() < deadline, "{} on disk", bytes_on_disk(folder.path()));
        log.append(vec![record(0, bytes.clone()); 8]).await.unwrap();
        log.retain().unwrap();
    }
    let offsets = |records: Vec<LogRecord>| {
        let of = |record: &LogRecord| (record.position.partition, record.position.offset);
        records.iter().map(of).collect::<Vec<_>>()
    };
    let before = offsets(read_all(&log).await);
    assert_eq!(
        before.iter().find(|(p, _)| p.0 == 1).unwrap().1,
        log.starts(Topic::Events).unwrap()[&PartitionId(1)]
    );
    drop(log);
    let log = open(folder.path(), config).unwrap();
    assert_eq!(offsets(read_all(&log).await), before, "the same records are there after opening");
}

#[tokio::test]
async fn deliveries_have_bytes_of_their_own_and_push_out_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let config = FjallLogConfig { retention_bytes: 100, deliveries_bytes: 50, ..small() };
    let log = open(folder.path(), config).unwrap();
    let delivery = |text: &'static str| NewRecord {
        topic: Topic::Deliveries,
        ..record(0, Bytes::from_static(text.as_bytes()))
    };
    log.append(vec![record(0, vec![7; 90])]).await.unwrap();
    log.append(vec![delivery("ten bytes."); 12]).await.unwrap();
    log.retain().unwrap();
    let starts = |topic| log.starts(topic).unwrap()[&PartitionId(0)].0;
    assert_eq!((starts(Topic::Events), starts(Topic::Deliveries)), (0, 7));
    // Nor the other way round.
    log.append(vec![record(0, vec![7; 90]); 3]).await.unwrap();
    log.retain().unwrap();
    assert_eq!((starts(Topic::Events), starts(Topic::Deliveries)), (3, 7));
}

#[tokio::test]
async fn retention_by_age_runs_on_its_own_and_spares_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let clock = HandClock::new();
    let config = FjallLogConfig { retention_interval_ms: 10, ..small() };
    let log = FjallLog::open(folder.path(), config, clock.clone()).unwrap();
    for number in 0..5 {
        log.append(vec![record(0, format!("{number}"))]).await.unwrap();
        clock.pass(HOUR_MS / 4);
    }
    let start = |log: &FjallLog| log.starts(Topic::Events).unwrap()[&PartitionId(0)].0;
    let until = async |offset: u64| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while start(&log) != offset {
            assert!(start(&log) < offset, "too much is dropped");
            assert!(Instant::now() < deadline, "nothing drops record {}", start(&log));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // The first is 75 minutes old, the second exactly an hour.
    until(1).await;
    clock.pass(100 * HOUR_MS);
    until(4).await;
    assert_eq!(read_all(&log).await.len(), 1);
    assert_eq!(log.append(vec![record(0, "next")]).await.unwrap()[0].offset, Offset(5));
}

#[tokio::test]
async fn a_copy_holds_what_the_log_holds_under_the_same_offsets() {
    let folder = tempfile::tempdir().unwrap();
    let config = FjallLogConfig { retention_bytes: 8 << 10, segment_bytes: 1 << 10, ..small() };
    let log = open(&folder.path().join("log"), config.clone()).unwrap();
    for number in 0..40_u8 {
        log.append(vec![record(u32::from(number) % 2, vec![number; 400]); 2]).await.unwrap();
        log.retain().unwrap();
    }
    let starts = log.starts(Topic::Events).unwrap();
    let dropped = [0, 1].map(|partition| starts[&PartitionId(partition)].0);
    assert!(dropped.iter().all(|records| *records > 0), "nothing was dropped before: {starts:?}");
    let kept = read_all(&log).await;
    let place = folder.path().join("copy");
    let mut told = Vec::new();
    let copied = log.copy_to(&place, |so_far| {
        told.push(so_far.records);
        true
    });
    let copied = copied.unwrap();
    assert_eq!((copied.records, told.last()), (kept.len() as u64, Some(&copied.records)));
    let copy = open(&place, config).unwrap();
    assert_eq!(copy.starts(Topic::Events).unwrap(), starts);
    let same = |records: &[LogRecord]| {
        records.iter().map(|one| (one.position, one.bytes.clone())).collect::<Vec<_>>()
    };
    assert_eq!(same(&read_all(&copy).await), same(&kept));
    for partition in [0, 1].map(PartitionId) {
        let end = log.end(Topic::Events, partition).await.unwrap();
        assert_eq!(copy.end(Topic::Events, partition).await.unwrap(), end);
    }
    let given_up = log.copy_to(&folder.path().join("broken"), |_| false);
    assert!(given_up.is_err());
}
