//! The twin keeps the contract, and fails as it is told.

use std::collections::BTreeMap;

use super::*;
use crate::log_contract::{self, AD_REPORTS_PARTITIONS, EVENTS_PARTITIONS, LogHarness};

#[derive(Default)]
struct InMemory {
    logs: Mutex<BTreeMap<String, (MemoryLog, Vec<u64>)>>,
}

#[async_trait]
impl LogHarness for InMemory {
    fn name(&self) -> &str {
        "memory"
    }

    async fn create(&self, case: &str) -> Arc<dyn EventLog> {
        let log = MemoryLog::new(EVENTS_PARTITIONS, AD_REPORTS_PARTITIONS);
        self.logs.lock().insert(case.into(), (log.clone(), Vec::new()));
        Arc::new(log)
    }

    async fn reopen(&self, _: &str, _: Arc<dyn EventLog>) -> Option<Arc<dyn EventLog>> {
        None
    }

    async fn later(&self, case: &str) -> UnixMillis {
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.logs.lock()[case].0.now()
    }

    async fn grow_old(&self, case: &str, log: &dyn EventLog) {
        let mut ends = Vec::new();
        for partition in 0..EVENTS_PARTITIONS {
            ends.push(log.end(Topic::Events, PartitionId(partition)).await.unwrap().0);
        }
        self.logs.lock().get_mut(case).unwrap().1 = ends;
    }

    async fn retain(&self, case: &str) {
        let (log, ends) = self.logs.lock().get(case).unwrap().clone();
        for (partition, end) in (0..).zip(ends) {
            log.drop_before(Topic::Events, PartitionId(partition), Offset(end));
        }
    }

    async fn set_away(&self, case: &str, away: bool) -> bool {
        self.logs.lock().get(case).unwrap().0.set_away(away);
        true
    }
}

#[tokio::test(start_paused = true)]
async fn keeps_the_contract_of_a_log() {
    let report = log_contract::run(&InMemory::default()).await;
    assert_eq!(report.not_applicable, ["appended-survives-reopening"]);
}

fn record(text: &str) -> NewRecord {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    NewRecord { topic: Topic::Events, partition: PartitionId(0), bytes }
}

fn kept(log: &MemoryLog) -> Vec<Bytes> {
    log.records(Topic::Events).into_iter().map(|record| record.bytes).collect()
}

#[tokio::test(start_paused = true)]
async fn appends_fail_as_asked_and_in_turn() {
    let log = MemoryLog::new(1, 1);
    log.fail_append(AppendFault::Refuse(StoreErrorKind::Transient));
    log.fail_append(AppendFault::KeepFirst(1));
    log.fail_append(AppendFault::LoseAnswer);
    log.fail_append(AppendFault::Delay(Duration::from_secs(5)));
    let mut kinds = Vec::new();
    for texts in [["a", "b"], ["c", "d"], ["e", "f"]] {
        kinds.push(log.append(texts.map(record).into()).await.unwrap_err().kind);
    }
    use StoreErrorKind::{Transient, Unavailable};
    assert_eq!(kinds, [Transient, Unavailable, Unavailable]);
    assert_eq!(kept(&log), ["c", "e", "f"]);
    let begun = tokio::time::Instant::now();
    let positions = log.append(vec![record("g")]).await.unwrap();
    assert_eq!(positions[0].offset, Offset(3));
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
}
