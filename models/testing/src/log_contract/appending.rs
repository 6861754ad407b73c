//! `append`, `partitions`, `end`.

use std::collections::BTreeMap;

use stratum_models::log::RECORD_BYTES_MAX;

use super::*;

pub(super) async fn partitions_are_fixed(harness: &dyn LogHarness) -> Outcome {
    let case = "partitions-are-fixed";
    let log = harness.create(case).await;
    let counts = |log: &dyn EventLog| (log.partitions(EVENTS), log.partitions(Topic::AdReports));
    assert_eq!(counts(&*log), (EVENTS_PARTITIONS, AD_REPORTS_PARTITIONS));
    if let Some(log) = harness.reopen(case, log).await {
        assert_eq!(counts(&*log), (EVENTS_PARTITIONS, AD_REPORTS_PARTITIONS));
    }
    Outcome::Kept
}

pub(super) async fn positions_in_order(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("positions-in-order").await;
    let first = vec![record(2, "a"), record(0, "b"), record(2, "c"), record(2, "d")];
    let positions = log.append(first).await.unwrap();
    assert_eq!(positions, [at(2, 0), at(0, 0), at(2, 1), at(2, 2)]);
    let positions = log.append(vec![record(0, "e"), record(1, "f"), record(2, "g")]).await.unwrap();
    assert_eq!(positions, [at(0, 1), at(1, 0), at(2, 3)]);
    let records = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await.read(7).await;
    assert_eq!(texts_of(&records, 0), ["b", "e"]);
    assert_eq!(texts_of(&records, 1), ["f"]);
    assert_eq!(texts_of(&records, 2), ["a", "c", "d", "g"]);
    Outcome::Kept
}

pub(super) async fn nothing_to_append(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("nothing-to-append").await;
    assert_eq!(log.append(Vec::new()).await.unwrap(), []);
    assert_eq!(log.end(EVENTS, PartitionId(0)).await.unwrap(), Offset(0));
    Outcome::Kept
}

pub(super) async fn end_is_the_next_offset(harness: &dyn LogHarness) -> Outcome {
    let case = "end-is-the-next-offset";
    let log = harness.create(case).await;
    for round in 0..3 {
        let end = log.end(EVENTS, PartitionId(1)).await.unwrap();
        assert_eq!(end, Offset(round * 2));
        let positions = log.append(vec![record(1, "x"), record(1, "y")]).await.unwrap();
        assert_eq!(positions[0].offset, end);
    }
    let Some(log) = harness.reopen(case, log).await else { return Outcome::Kept };
    assert_eq!(log.end(EVENTS, PartitionId(1)).await.unwrap(), Offset(6));
    assert_eq!(log.append(vec![record(1, "z")]).await.unwrap(), [at(1, 6)]);
    Outcome::Kept
}

pub(super) async fn survives_reopening(harness: &dyn LogHarness) -> Outcome {
    let case = "appended-survives-reopening";
    let mut log = harness.create(case).await;
    for round in 0..3 {
        log.append(vec![record(0, &format!("a{round}")), record(1, &format!("b{round}"))])
            .await
            .unwrap();
        log = match harness.reopen(case, log).await {
            Some(log) => log,
            None => return Outcome::NotApplicable,
        };
    }
    let records = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await.read(6).await;
    assert_eq!(texts_of(&records, 0), ["a0", "a1", "a2"]);
    assert_eq!(texts_of(&records, 1), ["b0", "b1", "b2"]);
    Outcome::Kept
}

fn sized(partition: u32, bytes: usize) -> NewRecord {
    // Not the same byte over and over, so that a mix-up of places shows.
    let bytes: Bytes = (0..bytes).map(|place| (place % 251) as u8).collect();
    NewRecord { topic: EVENTS, partition: PartitionId(partition), bytes }
}

pub(super) async fn largest_record(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("largest-record-is-taken").await;
    let largest = sized(0, RECORD_BYTES_MAX);
    let all = vec![largest.clone(), sized(0, 0), largest.clone()];
    assert_eq!(log.append(all).await.unwrap(), [at(0, 0), at(0, 1), at(0, 2)]);
    let records = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await.read(3).await;
    assert!(records[0].bytes == largest.bytes && records[2].bytes == largest.bytes);
    assert!(records[1].bytes.is_empty());
    Outcome::Kept
}

async fn refused_whole(log: &dyn EventLog, records: Vec<NewRecord>) {
    let error = log.append(records).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Invalid);
    for partition in 0..EVENTS_PARTITIONS {
        assert_eq!(log.end(EVENTS, PartitionId(partition)).await.unwrap(), Offset(0));
    }
}

pub(super) async fn too_large(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("too-large-keeps-nothing").await;
    refused_whole(&*log, vec![record(0, "a"), sized(1, RECORD_BYTES_MAX + 1), record(2, "c")])
        .await;
    Outcome::Kept
}

pub(super) async fn unknown_partition(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("unknown-partition-keeps-nothing").await;
    refused_whole(&*log, vec![record(0, "a"), record(EVENTS_PARTITIONS, "b")]).await;
    let error = log.end(EVENTS, PartitionId(EVENTS_PARTITIONS)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Invalid);
    Outcome::Kept
}

pub(super) async fn concurrent(harness: &dyn LogHarness) -> Outcome {
    const TASKS: u32 = 8;
    const ROUNDS: u32 = 20;
    let log = harness.create("concurrent-appends-stand-where-told").await;
    let appender = |task: u32| {
        let log = log.clone();
        async move {
            let mut told = Vec::new();
            for round in 0..ROUNDS {
                let record =
                    |n| record((task + n) % EVENTS_PARTITIONS, &format!("{task}/{round}/{n}"));
                let records: Vec<_> = [0, 1, 3].map(record).into();
                let positions = log.append(records.clone()).await.unwrap();
                told.extend(positions.into_iter().zip(records.into_iter().map(|r| r.bytes)));
            }
            told
        }
    };
    let told = futures::future::join_all((0..TASKS).map(|task| tokio::spawn(appender(task)))).await;
    let told: BTreeMap<_, _> = told.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(told.len() as u32, TASKS * ROUNDS * 3, "no position was told twice");
    let checkpoints = Checkpoints::at_start();
    let records = Reader::join(&*log, GROUP, &checkpoints).await.read(told.len()).await;
    checkpoints.take(&records);
    for record in records {
        assert_eq!(told.get(&record.position), Some(&record.bytes));
    }
    Outcome::Kept
}

pub(super) async fn away(harness: &dyn LogHarness) -> Outcome {
    let case = "away-is-unavailable-in-time";
    let log = harness.create(case).await;
    log.append(vec![record(0, "before")]).await.unwrap();
    if !harness.set_away(case, true).await {
        return Outcome::NotApplicable;
    }
    let begun = Instant::now();
    let error = log.append(vec![record(1, "lost")]).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(begun.elapsed() < PATIENCE, "answered after {:?}", begun.elapsed());
    let first = (Topic::Deliveries, PartitionId(0), Offset(0));
    let (ready, read, offset, released) = tokio::join!(
        log.ready(),
        log.read(first.0, first.1, first.2, LIMITS),
        log.offset_at(first.0, first.1, UnixMillis(0)),
        log.release(first.0, first.1, first.2),
    );
    let errors = [ready.err(), read.err(), offset.err(), released.err()];
    let kinds = errors.map(|error| error.map(|error| error.kind));
    assert_eq!(kinds, [Some(StoreErrorKind::Unavailable); 4]);
    harness.set_away(case, false).await;
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = log.append(vec![record(0, "after")]).await {
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(Instant::now() < deadline, "the log is back, appends are not: {error}");
    }
    log.ready().await.unwrap();
    let checkpoints = Checkpoints::at_start();
    let mut reader = Reader::join(&*log, GROUP, &checkpoints).await;
    let mut records = Vec::new();
    while texts_of(&records, 0).last().is_none_or(|text| text != "after") {
        assert!(Instant::now() < deadline, "what was acknowledged is not read");
        records.extend(reader.next(LIMITS).await);
    }
    checkpoints.take(&records);
    assert_eq!(texts_of(&records, 0)[0], "before");
    Outcome::Kept
}
