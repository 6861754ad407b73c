//! `subscribe`, `next`, `seek`, with one reader.

use super::*;

pub(super) async fn first_call(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("first-call-tells-the-assignment").await;
    let checkpoints = Checkpoints::at_start();
    let mut subscription = log.subscribe(EVENTS, GROUP, checkpoints.clone()).await.unwrap();
    let first = subscription.next(LIMITS).await.unwrap();
    let mut assignment = first.assignment.expect("the first call tells the assignment");
    let deadline = Instant::now() + PATIENCE;
    while assignment.len() < EVENTS_PARTITIONS as usize {
        assert!(Instant::now() < deadline, "assigned: {assignment:?}");
        assignment = subscription.next(LIMITS).await.unwrap().assignment.unwrap_or(assignment);
    }
    let again = subscription.next(LIMITS).await.unwrap().assignment;
    assert_eq!(again, None, "nothing changed since");
    let mut asked = checkpoints.asked.lock().clone();
    asked.sort();
    assert_eq!(asked, [0, 1, 2].map(PartitionId), "resume is asked for each partition, once");
    Outcome::Kept
}

pub(super) async fn every_record_once(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("every-record-once-in-order").await;
    let checkpoints = Checkpoints::at_start();
    append_some(&*log, 0, "a", 5).await;
    let mut reader = Reader::join(&*log, GROUP, &checkpoints).await;
    checkpoints.take(&reader.read(5).await);
    for partition in 0..EVENTS_PARTITIONS {
        append_some(&*log, partition, "b", 7).await;
    }
    let limits = ReadLimits { records_max: 4, ..LIMITS };
    let mut records = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while records.len() < 21 && Instant::now() < deadline {
        records.extend(reader.next(limits).await);
    }
    records.extend(reader.next(ReadLimits { wait_max: STILLNESS, ..LIMITS }).await);
    checkpoints.take(&records);
    for partition in 0..EVENTS_PARTITIONS {
        let expected: Vec<_> = (0..7).map(|number| format!("b-{number}")).collect();
        assert_eq!(texts_of(&records, partition), expected);
    }
    Outcome::Kept
}

pub(super) async fn begins_at_resume(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("begins-where-resume-says").await;
    append_some(&*log, 0, "a", 5).await;
    append_some(&*log, 1, "b", 5).await;
    let checkpoints = Checkpoints::at_start();
    checkpoints.set(0, 3);
    checkpoints.set(1, 5);
    let mut reader = Reader::join(&*log, GROUP, &checkpoints).await;
    assert_eq!(texts(&reader.read(2).await), ["a-3", "a-4"]);
    append_some(&*log, 1, "c", 1).await;
    assert_eq!(texts(&reader.read(1).await), ["c-0"]);
    drop(reader);
    // The log keeps no positions: the same group begins where the checkpoint says, also further back.
    checkpoints.set(0, 1);
    checkpoints.set(1, 6);
    let mut reader = Reader::join(&*log, GROUP, &checkpoints).await;
    assert_eq!(texts(&reader.read(4).await), ["a-1", "a-2", "a-3", "a-4"]);
    Outcome::Kept
}

pub(super) async fn resume_failed(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("resume-is-asked-again-after-it-failed").await;
    append_some(&*log, 0, "a", 2).await;
    let checkpoints = Checkpoints::at_start();
    *checkpoints.failures.lock() = vec![StoreErrorKind::Unavailable];
    let mut subscription = log.subscribe(EVENTS, GROUP, checkpoints.clone()).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let error = loop {
        assert!(Instant::now() < deadline, "the failure of resume never shows");
        if let Err(error) = subscription.next(LIMITS).await {
            break error;
        }
    };
    assert_eq!((error.kind, error.store), (StoreErrorKind::Unavailable, "warehouse"));
    let mut reader = Reader { subscription, assignment: Vec::new() };
    assert_eq!(texts(&reader.read(2).await), ["a-0", "a-1"]);
    Outcome::Kept
}

pub(super) async fn resume_beyond_end(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("resume-beyond-the-end-is-invalid").await;
    append_some(&*log, 0, "a", 2).await;
    let checkpoints = Checkpoints::at_start();
    checkpoints.set(0, 3);
    let mut subscription = log.subscribe(EVENTS, GROUP, checkpoints).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "records that are not there are waited for");
        match subscription.next(LIMITS).await {
            Ok(read) => assert!(read.records.is_empty()),
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Invalid);
                return Outcome::Kept;
            }
        }
    }
}

/// A log whose first three records of partition 0 were dropped.
async fn with_a_past(harness: &dyn LogHarness, case: &str, log: &dyn EventLog) {
    append_some(log, 0, "old", 3).await;
    harness.grow_old(case, log).await;
    append_some(log, 0, "new", 3).await;
    harness.retain(case).await;
}

pub(super) async fn dropped_offset(harness: &dyn LogHarness) -> Outcome {
    let case = "dropped-offset-resumes-at-the-oldest";
    let mut log = harness.create(case).await;
    with_a_past(harness, case, &*log).await;
    for _ in 0..2 {
        let checkpoints = Checkpoints::at_start();
        checkpoints.set(0, 1);
        let records = Reader::join(&*log, GROUP, &checkpoints).await.read(3).await;
        assert_eq!(texts(&records), ["new-0", "new-1", "new-2"]);
        assert_eq!(records[0].position, at(0, 3), "offsets are never given again");
        log = match harness.reopen(case, log).await {
            Some(log) => log,
            None => break,
        };
    }
    Outcome::Kept
}

pub(super) async fn overtaken(harness: &dyn LogHarness) -> Outcome {
    let case = "retention-overtakes-a-reader";
    let log = harness.create(case).await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    reader.own_all().await;
    with_a_past(harness, case, &*log).await;
    reader.subscription.seek(PartitionId(0), Offset(0)).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut records: Vec<String> = Vec::new();
    while records.last().is_none_or(|text| text != "new-2") {
        assert!(Instant::now() < deadline, "an overtaken reader stands still: {records:?}");
        records.extend(texts(&reader.next(LIMITS).await));
    }
    // A reader may hold some of what was dropped; what is kept it reads whole, once and in order.
    records.retain(|text| text.starts_with("new"));
    assert_eq!(records, ["new-0", "new-1", "new-2"]);
    Outcome::Kept
}

pub(super) async fn limit_of_records(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("limits-of-records").await;
    append_some(&*log, 0, "a", 10).await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    let limits = ReadLimits { records_max: 3, ..LIMITS };
    let (mut read, deadline) = (0, Instant::now() + PATIENCE);
    while read < 10 {
        let records = reader.next(limits).await;
        assert!(records.len() <= 4, "{} records came, 3 were asked for", records.len());
        read += records.len();
        assert!(Instant::now() < deadline, "{read} of 10 records came");
    }
    Outcome::Kept
}

pub(super) async fn limit_of_bytes(harness: &dyn LogHarness) -> Outcome {
    const RECORD_BYTES: usize = 100_000;
    let log = harness.create("limits-of-bytes").await;
    let text = "x".repeat(RECORD_BYTES);
    for partition in 0..EVENTS_PARTITIONS {
        log.append(vec![record(partition, &text); 4]).await.unwrap();
    }
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    // The second limit is below a record: it still comes, alone.
    let (mut read, deadline) = (0, Instant::now() + PATIENCE);
    for (bytes_max, until) in [(250_000, 6), (10, 12)] {
        let limits = ReadLimits { bytes_max, ..LIMITS };
        while read < until {
            let records = reader.next(limits).await;
            let bytes = records.len() * RECORD_BYTES;
            assert!(bytes < bytes_max + RECORD_BYTES, "{bytes} bytes came, {bytes_max} asked for");
            read += records.len();
            assert!(Instant::now() < deadline, "{read} of {until} records came");
        }
    }
    Outcome::Kept
}

pub(super) async fn limit_of_wait(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("waits-no-longer-than-asked").await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    reader.own_all().await;
    let wait = Duration::from_millis(400);
    let begun = Instant::now();
    let records = reader.next(ReadLimits { wait_max: wait, ..LIMITS }).await;
    assert!(records.is_empty());
    let waited = begun.elapsed();
    assert!(waited >= wait - Duration::from_millis(5), "came back after {waited:?}");
    assert!(waited < wait + Duration::from_secs(5), "came back after {waited:?}");
    Outcome::Kept
}

pub(super) async fn woken(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-record-ends-the-wait").await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    reader.own_all().await;
    let begun = Instant::now();
    let limits = ReadLimits { wait_max: PATIENCE, ..LIMITS };
    // The read is polled, and waits, before the append begins.
    let (records, _) = tokio::join!(biased; reader.next(limits), append_some(&*log, 1, "a", 1));
    assert_eq!(texts(&records), ["a-0"]);
    assert!(begun.elapsed() < PATIENCE / 3, "came back after {:?}", begun.elapsed());
    Outcome::Kept
}

pub(super) async fn cancelled(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-cancelled-read-loses-nothing").await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    reader.own_all().await;
    let checkpoints = Checkpoints::at_start();
    let (mut records, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    append_some(&*log, 0, "a", 50).await;
    let limits = ReadLimits { records_max: 2, ..LIMITS };
    for turn in 0u64.. {
        // Dropped at a different point each time: at once, or after some progress.
        let patience = Duration::from_micros(turn % 5 * 300);
        if let Ok(some) = tokio::time::timeout(patience, reader.next(limits)).await {
            records.extend(some);
        } else if turn % 5 == 4 {
            records.extend(reader.next(limits).await);
        }
        if records.len() >= 50 {
            break;
        }
        assert!(Instant::now() < deadline, "{} of 50 records came", records.len());
    }
    checkpoints.take(&records);
    Outcome::Kept
}

pub(super) async fn seek_back(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("seek-goes-back").await;
    append_some(&*log, 0, "a", 6).await;
    append_some(&*log, 1, "b", 2).await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    assert_eq!(reader.read(8).await.len(), 8);
    reader.subscription.seek(PartitionId(0), Offset(2)).await.unwrap();
    assert_eq!(texts(&reader.read(4).await), ["a-2", "a-3", "a-4", "a-5"]);
    // In the middle of what is there to read.
    reader.subscription.seek(PartitionId(0), Offset(0)).await.unwrap();
    let (limits, deadline) = (ReadLimits { records_max: 1, ..LIMITS }, Instant::now() + PATIENCE);
    let mut first = Vec::new();
    while first.is_empty() {
        assert!(Instant::now() < deadline, "nothing is read after seeking");
        first = reader.next(limits).await;
    }
    assert_eq!(text_of(&first[0]), "a-0");
    reader.subscription.seek(PartitionId(0), Offset(5)).await.unwrap();
    assert_eq!(texts(&reader.read(1).await), ["a-5"]);
    append_some(&*log, 0, "c", 1).await;
    assert_eq!(texts(&reader.read(1).await), ["c-0"]);
    Outcome::Kept
}

pub(super) async fn topics_are_apart(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("topics-are-apart").await;
    append_some(&*log, 0, "event", 2).await;
    let report = NewRecord { topic: Topic::AdReports, ..record(0, "report") };
    let position = log.append(vec![report]).await.unwrap()[0];
    assert_eq!((position.topic, position.offset), (Topic::AdReports, Offset(0)));
    assert_eq!(log.end(Topic::AdReports, PartitionId(0)).await.unwrap(), Offset(1));
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    assert_eq!(texts(&reader.read(2).await), ["event-0", "event-1"]);
    let resume = Checkpoints::at_start();
    let subscription = log.subscribe(Topic::AdReports, GROUP, resume).await.unwrap();
    let mut reader = Reader { subscription, assignment: Vec::new() };
    let records = reader.read(1).await;
    assert_eq!(
        (texts(&records)[0].as_str(), records[0].position.topic),
        ("report", position.topic)
    );
    Outcome::Kept
}
