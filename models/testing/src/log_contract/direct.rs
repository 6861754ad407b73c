//! `read`, `offset_at`, `release`: one partition, beside every group. Run on the topic that is read so.

use super::*;

const DELIVERIES: Topic = Topic::Deliveries;
const FIRST: PartitionId = PartitionId(0);
const NO_WAIT: ReadLimits = ReadLimits { wait_max: Duration::ZERO, ..LIMITS };

async fn append_one(log: &dyn EventLog, text: &str) -> Offset {
    let record = NewRecord { topic: DELIVERIES, ..record(0, text) };
    log.append(vec![record]).await.unwrap()[0].offset
}

async fn append_all(log: &dyn EventLog, texts: &[&str]) {
    let record = |text: &&str| NewRecord { topic: DELIVERIES, ..record(0, text) };
    log.append(texts.iter().map(record).collect()).await.unwrap();
}

/// Everything from an offset up to the end, read a few records at a time.
async fn read_on(log: &dyn EventLog, from: u64, limits: ReadLimits) -> Vec<LogRecord> {
    let end = log.end(DELIVERIES, FIRST).await.unwrap().0;
    let (mut records, mut next) = (Vec::<LogRecord>::new(), from);
    let deadline = Instant::now() + PATIENCE;
    while next < end {
        assert!(Instant::now() < deadline, "nothing comes of record {next}");
        let read = log.read(DELIVERIES, FIRST, Offset(next), limits).await.unwrap();
        if let Some(last) = read.last() {
            next = last.position.offset.0 + 1;
        }
        records.extend(read);
    }
    let offsets: Vec<_> = records.iter().map(|record| record.position.offset.0).collect();
    let first = offsets.first().copied().unwrap_or(from);
    assert_eq!(offsets, (first..end).collect::<Vec<_>>(), "in order, none skipped, none twice");
    records
}

pub(super) async fn from_an_offset(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("reads-from-an-offset").await;
    append_all(&*log, &["a", "b", "c", "d"]).await;
    log.append(vec![record(0, "of another topic")]).await.unwrap();
    assert_eq!(texts(&read_on(&*log, 0, LIMITS).await), ["a", "b", "c", "d"]);
    assert_eq!(texts(&read_on(&*log, 2, LIMITS).await), ["c", "d"]);
    assert_eq!(texts(&read_on(&*log, 1, LIMITS).await), ["b", "c", "d"], "also further back");
    let records = read_on(&*log, 3, LIMITS).await;
    let position = Position { topic: DELIVERIES, partition: FIRST, offset: Offset(3) };
    assert_eq!(records[0].position, position);
    Outcome::Kept
}

pub(super) async fn limits(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-direct-read-has-its-limits").await;
    append_all(&*log, &["aaaa", "bbbb", "cccc", "dddd", "eeee"]).await;
    for limits in [
        ReadLimits { records_max: 2, ..LIMITS },
        ReadLimits { bytes_max: 6, ..LIMITS },
        ReadLimits { records_max: 0, bytes_max: 0, ..LIMITS },
    ] {
        let deadline = Instant::now() + PATIENCE;
        let read = loop {
            assert!(Instant::now() < deadline, "nothing comes");
            let read = log.read(DELIVERIES, FIRST, Offset(1), limits).await.unwrap();
            if !read.is_empty() {
                break read;
            }
        };
        assert!(read.len() <= 2, "{} records within {limits:?}", read.len());
        assert_eq!(text_of(&read[0]), "bbbb");
        assert_eq!(read_on(&*log, 0, limits).await.len(), 5);
    }
    Outcome::Kept
}

pub(super) async fn waits(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-direct-read-waits").await;
    let read = log.read(DELIVERIES, FIRST, Offset(0), NO_WAIT).await.unwrap();
    assert!(read.is_empty(), "nothing is there");
    let begun = Instant::now();
    let patient = ReadLimits { wait_max: PATIENCE, ..LIMITS };
    let append = async {
        tokio::time::sleep(STILLNESS).await;
        append_one(&*log, "a").await
    };
    let (read, _) = tokio::join!(log.read(DELIVERIES, FIRST, Offset(0), patient), append);
    assert_eq!(texts(&read.unwrap()), ["a"], "a record ends the wait");
    assert!(begun.elapsed() < PATIENCE);
    let read = log.read(DELIVERIES, FIRST, Offset(1), LIMITS).await.unwrap();
    assert!(read.is_empty(), "and nothing more came");
    Outcome::Kept
}

pub(super) async fn begins_at_the_oldest(harness: &dyn LogHarness) -> Outcome {
    let case = "a-direct-read-begins-at-the-oldest";
    let log = harness.create(case).await;
    append_some(&*log, 0, "old", 3).await;
    harness.grow_old(case, &*log).await;
    append_some(&*log, 0, "new", 2).await;
    harness.retain(case).await;
    let deadline = Instant::now() + PATIENCE;
    let mut read = Vec::new();
    while read.len() < 2 {
        assert!(Instant::now() < deadline, "{} of 2 records came", read.len());
        read = log.read(EVENTS, FIRST, Offset(1), LIMITS).await.unwrap();
    }
    assert_eq!(texts(&read), ["new-0", "new-1"]);
    assert_eq!(read[0].position, at(0, 3));
    Outcome::Kept
}

pub(super) async fn beyond_the_end(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-direct-read-beyond-the-end-is-invalid").await;
    append_one(&*log, "a").await;
    let (beyond, nowhere) = (Offset(2), PartitionId(log.partitions(DELIVERIES)));
    let now = harness.later("a-direct-read-beyond-the-end-is-invalid").await;
    let kinds = [
        log.read(DELIVERIES, FIRST, beyond, NO_WAIT).await.map(drop),
        log.read(DELIVERIES, nowhere, Offset(0), NO_WAIT).await.map(drop),
        log.release(DELIVERIES, FIRST, beyond).await,
        log.release(DELIVERIES, nowhere, Offset(0)).await,
        log.offset_at(DELIVERIES, nowhere, now).await.map(drop),
    ];
    let kinds = kinds.map(|answer| answer.map_err(|error| error.kind));
    assert_eq!(kinds, [Err(StoreErrorKind::Invalid); 5]);
    assert_eq!(texts(&read_on(&*log, 0, LIMITS).await), ["a"]);
    Outcome::Kept
}

pub(super) async fn beside_groups(harness: &dyn LogHarness) -> Outcome {
    let log = harness.create("a-direct-read-is-beside-groups").await;
    append_some(&*log, 0, "a", 3).await;
    let mut reader = Reader::join(&*log, GROUP, &Checkpoints::at_start()).await;
    assert_eq!(reader.read(3).await.len(), 3);
    let deadline = Instant::now() + PATIENCE;
    while log.read(EVENTS, FIRST, Offset(2), LIMITS).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "nothing comes");
    }
    append_some(&*log, 0, "b", 2).await;
    assert_eq!(texts(&reader.read(2).await), ["b-0", "b-1"], "the group goes on where it was");
    Outcome::Kept
}

pub(super) async fn offset_at(harness: &dyn LogHarness) -> Outcome {
    let case = "offset-at-an-instant";
    let log = harness.create(case).await;
    let made = harness.later(case).await;
    let at = async |instant| log.offset_at(DELIVERIES, FIRST, instant).await.unwrap().0;
    assert_eq!(at(made).await, 0, "an empty partition ends where it begins");
    append_all(&*log, &["a", "b"]).await;
    let between = harness.later(case).await;
    append_all(&*log, &["c", "d", "e"]).await;
    let after = harness.later(case).await;
    assert_eq!([at(UnixMillis(0)).await, at(made).await], [0, 0]);
    assert_eq!([at(between).await, at(after).await], [2, 5]);
    log.release(DELIVERIES, FIRST, Offset(3)).await.unwrap();
    assert_eq!(at(between).await, 3, "of what is kept");
    Outcome::Kept
}

pub(super) async fn release(harness: &dyn LogHarness) -> Outcome {
    let case = "released-goes-and-the-rest-stays";
    let mut log = harness.create(case).await;
    for text in ["a", "b", "c", "d", "e", "f"] {
        append_one(&*log, text).await;
    }
    for (before, kept) in [(0, 6), (4, 2), (4, 2), (2, 2), (5, 1)] {
        log.release(DELIVERIES, FIRST, Offset(before)).await.unwrap();
        let records = read_on(&*log, 0, LIMITS).await;
        assert_eq!(records.len(), kept, "released before {before}");
    }
    if let Some(again) = harness.reopen(case, log).await {
        log = again;
        assert_eq!(texts(&read_on(&*log, 0, LIMITS).await), ["f"], "nothing comes back");
    } else {
        log = harness.create(case).await;
        append_one(&*log, "a").await;
    }
    let end = log.end(DELIVERIES, FIRST).await.unwrap();
    log.release(DELIVERIES, FIRST, end).await.unwrap();
    assert_eq!(log.end(DELIVERIES, FIRST).await.unwrap(), end);
    assert_eq!(append_one(&*log, "g").await, end, "offsets go on");
    let records = read_on(&*log, end.0, LIMITS).await;
    assert_eq!(texts(&records), ["g"]);
    Outcome::Kept
}
