//! Groups of readers.

use super::*;

pub(super) async fn groups_are_apart(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("groups-are-apart").await;
    append_some(&*log, 0, "a", 4).await;
    let mut one = Reader::join(&*log, "one", &Checkpoints::at_start()).await;
    let mut other = Reader::join(&*log, "other", &Checkpoints::at_start()).await;
    assert_eq!(one.read(4).await.len(), 4);
    assert_eq!(other.read(4).await.len(), 4);
    Outcome::Kept
}

/// Updates are read by every process that watches, each as a group of its own.
pub(super) async fn every_watcher(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("every-watcher-sees-every-update").await;
    assert_eq!(log.partitions(Topic::Updates), 1);
    let update = |text: &str| NewRecord { topic: Topic::Updates, ..record(0, text) };
    let mut watchers = Vec::new();
    for group in ["watcher-1", "watcher-2", "watcher-3"] {
        let resume = Checkpoints::at_start();
        let subscription = log.subscribe(Topic::Updates, group, resume).await.unwrap();
        watchers.push(Reader { subscription, assignment: Vec::new() });
    }
    for text in ["u-0", "u-1"] {
        log.append(vec![update(text)]).await.unwrap();
    }
    for watcher in &mut watchers {
        assert_eq!(texts(&watcher.read(2).await), ["u-0", "u-1"]);
    }
    // One that comes later reads what is kept, from where it asks.
    log.append(vec![update("u-2")]).await.unwrap();
    let resume = Checkpoints::at_start();
    resume.next.lock().insert((Topic::Updates, PartitionId(0)), 1);
    let subscription = log.subscribe(Topic::Updates, "late", resume).await.unwrap();
    let mut late = Reader { subscription, assignment: Vec::new() };
    assert_eq!(texts(&late.read(2).await), ["u-1", "u-2"]);
    for watcher in &mut watchers {
        assert_eq!(texts(&watcher.read(1).await), ["u-2"]);
    }
    Outcome::Kept
}

/// Reads with all in turn, appending all the while, until `done`; every record must be the next one
/// of its partition, whoever reads it: nothing is lost, nothing is read by two.
async fn read_until(
    log: &dyn EventLog,
    readers: &mut [Reader],
    checkpoints: &Checkpoints,
    done: impl Fn(&[Reader]) -> bool,
) {
    let deadline = Instant::now() + PATIENCE;
    for round in 0u32.. {
        append_some(log, round % EVENTS_PARTITIONS, "r", 1).await;
        // The newest first: it would take what the others have not let go of.
        for turn in (0..readers.len()).rev() {
            checkpoints.take(&readers[turn].next(LIMITS).await);
            // Nobody is told a partition is its own before the one who had it was told it is not.
            let mut held: Vec<_> = readers.iter().flat_map(|r| r.assignment.clone()).collect();
            held.sort();
            assert!(held.is_sorted_by(|a, b| a < b), "a partition has two owners: {held:?}");
        }
        if done(readers) {
            return;
        }
        let held: Vec<_> = readers.iter().map(|reader| reader.assignment.clone()).collect();
        assert!(Instant::now() < deadline, "assigned: {held:?}");
    }
}

/// Whether every partition has exactly one reader and every reader some.
fn is_shared(readers: &[Reader]) -> bool {
    let mut held: Vec<_> = readers.iter().flat_map(|reader| reader.assignment.clone()).collect();
    held.sort();
    held == [0, 1, 2].map(PartitionId) && readers.iter().all(|r| !r.assignment.is_empty())
}

/// Reads until everything that was appended is read.
async fn read_all(log: &dyn EventLog, readers: &mut [Reader], checkpoints: &Checkpoints) {
    let deadline = Instant::now() + PATIENCE;
    for partition in (0..EVENTS_PARTITIONS).map(PartitionId) {
        let Offset(end) = log.end(EVENTS, partition).await.unwrap();
        while checkpoints.get(partition) < end {
            assert!(Instant::now() < deadline, "{partition:?} is read only in part");
            for reader in readers.iter_mut() {
                checkpoints.take(&reader.next(LIMITS).await);
            }
        }
        assert_eq!(checkpoints.get(partition), end);
    }
}

pub(super) async fn two_members(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("two-members-share").await;
    let checkpoints = Checkpoints::at_start();
    let mut readers = vec![Reader::join(&*log, GROUP, &checkpoints).await];
    read_until(&*log, &mut readers, &checkpoints, is_shared).await;
    readers.push(Reader::join(&*log, GROUP, &checkpoints).await);
    read_until(&*log, &mut readers, &checkpoints, is_shared).await;
    read_all(&*log, &mut readers, &checkpoints).await;
    Outcome::Kept
}

pub(super) async fn leaving(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("dropping-leaves-the-group").await;
    let checkpoints = Checkpoints::at_start();
    let mut readers = Vec::new();
    for _ in 0..2 {
        readers.push(Reader::join(&*log, GROUP, &checkpoints).await);
    }
    read_until(&*log, &mut readers, &checkpoints, is_shared).await;
    drop(readers.remove(0));
    read_until(&*log, &mut readers, &checkpoints, is_shared).await;
    read_all(&*log, &mut readers, &checkpoints).await;
    Outcome::Kept
}

pub(super) async fn idle_member(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("more-members-than-partitions").await;
    let checkpoints = Checkpoints::at_start();
    let mut readers = Vec::new();
    for _ in 0..EVENTS_PARTITIONS + 1 {
        readers.push(Reader::join(&*log, GROUP, &checkpoints).await);
    }
    let one_each = |readers: &[Reader]| {
        let mut held: Vec<_> = readers.iter().flat_map(|r| r.assignment.clone()).collect();
        held.sort();
        held == [0, 1, 2].map(PartitionId) && readers.iter().all(|r| r.assignment.len() <= 1)
    };
    read_until(&*log, &mut readers, &checkpoints, one_each).await;
    // The one without a partition takes over from one that leaves.
    let busy = readers.iter().position(|reader| !reader.assignment.is_empty()).unwrap();
    drop(readers.remove(busy));
    read_until(&*log, &mut readers, &checkpoints, one_each).await;
    read_all(&*log, &mut readers, &checkpoints).await;
    Outcome::Kept
}
