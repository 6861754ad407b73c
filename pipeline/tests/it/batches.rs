//! Invariant 4: batch borders cannot change a number.

use std::collections::BTreeMap;

use stratum_models::log::EventLog;
use stratum_models::table::Table;
use stratum_pipeline::PipelineConfig;
use stratum_testing::memory_log::MemoryLog;
use stratum_testing::memory_warehouse::MemoryWarehouse;

use crate::drive::drive;
use crate::load::{Event, Load, spread};
use crate::tables::{Sums, all, assert_balanced};

const PARTITIONS: u32 = 3;
const EVENTS: usize = 1000;

fn events() -> Vec<Event> {
    let mut load = Load::new(7);
    load.ids = 700;
    let mut next = || {
        load.now.0 += 60_000;
        load.event()
    };
    (0..EVENTS).map(|_| next()).collect()
}

/// A log whose records hold so many events each before they are spread over the partitions.
async fn log_of(events: &[Event], record_rows: usize) -> MemoryLog {
    let log = MemoryLog::new(PARTITIONS, 1);
    for chunk in events.chunks(record_rows) {
        log.append(spread(chunk, PARTITIONS)).await.unwrap();
    }
    log
}

fn batches_of(rows_max: usize) -> PipelineConfig {
    let mut config = PipelineConfig::default();
    config.batch.rows_max = rows_max;
    config
}

fn without_counts(mut tables: BTreeMap<Table, Sums>) -> BTreeMap<Table, Sums> {
    tables.remove(&Table::IngestCounts);
    tables
}

fn fates(warehouse: &MemoryWarehouse) -> [i128; 4] {
    let mut total = [0; 4];
    for fates in all(warehouse)[&Table::IngestCounts].values() {
        total.iter_mut().zip(fates).for_each(|(sum, fate)| *sum += fate);
    }
    total
}

#[tokio::test(start_paused = true)]
async fn records_and_batches_of_any_size_give_the_same_tables() {
    let events = events();
    let expected = all(&drive(&log_of(&events, 50).await, &batches_of(100_000)).await);
    assert!(expected[&Table::MatchQuality].len() > 50, "the load is varied");
    for (record_rows, rows_max) in [(1, 1000), (50, 1), (50, 50), (1000, 1), (1000, 1000)] {
        let warehouse = drive(&log_of(&events, record_rows).await, &batches_of(rows_max)).await;
        assert_balanced(&warehouse);
        assert!(all(&warehouse) == expected, "records of {record_rows}, batches of {rows_max}");
    }
}

#[tokio::test(start_paused = true)]
async fn input_sent_twice_lands_once() {
    let events = events();
    // Rows without a key cannot be told from their copies.
    let events: Vec<Event> = events.into_iter().filter(|event| event.id.is_some()).collect();
    let once = drive(&log_of(&events, 50).await, &PipelineConfig::default()).await;
    let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
    let twice = drive(&log_of(&twice, 50).await, &PipelineConfig::default()).await;
    assert!(without_counts(all(&once)) == without_counts(all(&twice)));
    let ([received, landed, duplicate, _], sent) = (fates(&once), events.len() as i128);
    assert_eq!(received, sent);
    assert_eq!(fates(&twice), [2 * sent, landed, duplicate + sent, 0]);
}
