//! How a run behaves in time: how soon a record lands, what it does without its stores, how it ends.

use std::time::Duration;

use stratum_models::log::{EventLog, Offset, PartitionId, Topic};
use stratum_models::store::StoreErrorKind;
use stratum_models::table::Table;
use stratum_models::warehouse::WarehouseWriter;
use stratum_pipeline::{PipelineConfig, PipelineError, run};
use stratum_testing::memory_log::MemoryLog;
use stratum_testing::memory_warehouse::{MemoryWarehouse, WriterCall, WriterFault};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::drive::{drive, pipeline, until_done};
use crate::load::{Load, spread};
use crate::tables::positions;

async fn append(log: &MemoryLog, load: &mut Load, events: usize) {
    let events: Vec<_> = (0..events).map(|_| load.event()).collect();
    log.append(spread(&events, log.partitions(Topic::Events))).await.unwrap();
}

fn landed(warehouse: &MemoryWarehouse) -> usize {
    positions(warehouse, Table::Events).len()
}

#[tokio::test(start_paused = true)]
async fn a_record_lands_as_soon_as_its_batch_has_waited() {
    let (log, warehouse) = (MemoryLog::new(2, 1), MemoryWarehouse::new());
    let (config, stop) = (PipelineConfig::default(), CancellationToken::new());
    let running = tokio::spawn(run(pipeline(&log, &warehouse, &config, "pipeline"), stop.clone()));
    let mut load = Load::new(1);
    for _ in 0..5 {
        append(&log, &mut load, 10).await;
        let begun = Instant::now();
        until_done(&log, &warehouse).await;
        let waited = begun.elapsed();
        // The time it takes to look is 50 ms.
        assert!(waited <= Duration::from_millis(config.batch.wait_ms_max + 100), "{waited:?}");
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// A commit costs the same for one partition and for all.
#[tokio::test(start_paused = true)]
async fn all_partitions_that_have_records_are_committed_together() {
    let (log, warehouse) = (MemoryLog::new(6, 1), MemoryWarehouse::new());
    let (config, stop) = (PipelineConfig::default(), CancellationToken::new());
    let (commits, seen) = std::sync::mpsc::channel();
    warehouse.fail_with(move |call| {
        if call == WriterCall::Commit {
            commits.send(()).unwrap();
        }
        None
    });
    let running = tokio::spawn(run(pipeline(&log, &warehouse, &config, "pipeline"), stop.clone()));
    let mut load = Load::new(3);
    for _ in 0..5 {
        append(&log, &mut load, 60).await;
        until_done(&log, &warehouse).await;
    }
    assert_eq!(seen.try_iter().count(), 5);
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn stores_that_come_back_are_waited_for() {
    let (log, warehouse) = (MemoryLog::new(2, 1), MemoryWarehouse::new());
    let (config, stop) = (PipelineConfig::default(), CancellationToken::new());
    append(&log, &mut Load::new(1), 50).await;
    warehouse.fail_with(|_| Some(WriterFault::Refuse(StoreErrorKind::Unavailable)));
    log.set_away(true);
    let running = tokio::spawn(run(pipeline(&log, &warehouse, &config, "pipeline"), stop.clone()));
    tokio::time::sleep(Duration::from_secs(120)).await;
    log.set_away(false);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(landed(&warehouse), 0);
    warehouse.heal();
    until_done(&log, &warehouse).await;
    assert!(landed(&warehouse) > 0);
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_with_the_error_of_a_store_that_stays_away_or_refuses_for_good() {
    for (kind, attempts) in [(StoreErrorKind::Unavailable, 3), (StoreErrorKind::Invalid, 1)] {
        let (log, warehouse) = (MemoryLog::new(1, 1), MemoryWarehouse::new());
        append(&log, &mut Load::new(1), 5).await;
        let mut config = PipelineConfig::default();
        config.retry.attempts_max = 3;
        let (commits, seen) = std::sync::mpsc::channel();
        warehouse.fail_with(move |call| {
            (call == WriterCall::Commit).then(|| {
                commits.send(()).unwrap();
                WriterFault::Refuse(kind)
            })
        });
        let parts = pipeline(&log, &warehouse, &config, "pipeline");
        match run(parts, CancellationToken::new()).await {
            Err(PipelineError::Store(error)) => assert_eq!(error.kind, kind),
            other => panic!("{other:?}"),
        }
        assert_eq!(seen.try_iter().count(), attempts, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_the_batch_under_way_end_and_leaves_the_rest() {
    let (log, warehouse) = (MemoryLog::new(1, 1), MemoryWarehouse::new());
    let (config, stop) = (PipelineConfig::default(), CancellationToken::new());
    append(&log, &mut Load::new(1), 5).await;
    // The first commit fails, its retry comes after the stop.
    let (told, again) = (stop.clone(), std::sync::atomic::AtomicBool::new(false));
    warehouse.fail_with(move |call| {
        let first =
            call == WriterCall::Commit && !again.swap(true, std::sync::atomic::Ordering::Relaxed);
        first.then(|| {
            told.cancel();
            WriterFault::Refuse(StoreErrorKind::Transient)
        })
    });
    run(pipeline(&log, &warehouse, &config, "pipeline"), stop).await.unwrap();
    let progress = warehouse.progress(Topic::Events, PartitionId(0)).await.unwrap();
    assert_eq!((progress.checkpoint, progress.pending), (Offset(1), None));
}

#[tokio::test(start_paused = true)]
async fn records_that_retention_dropped_do_not_stop_a_partition() {
    let log = MemoryLog::new(1, 1);
    let mut load = Load::new(1);
    for _ in 0..10 {
        append(&log, &mut load, 3).await;
    }
    log.drop_before(Topic::Events, PartitionId(0), Offset(4));
    let warehouse = drive(&log, &PipelineConfig::default()).await;
    assert!(landed(&warehouse) > 0);
}

/// Production runs on several threads; the simulation runs on one, so that a seed replays it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_on_several_threads_share_the_partitions() {
    let (log, warehouse) = (MemoryLog::new(6, 1), MemoryWarehouse::new());
    let mut config = PipelineConfig::default();
    config.batch.wait_ms_max = 5;
    config.batch.rows_max = 40;
    let stop = CancellationToken::new();
    let worker = || run(pipeline(&log, &warehouse, &config, "pipeline"), stop.clone());
    let workers = [tokio::spawn(worker()), tokio::spawn(worker())];
    let mut load = Load::new(9);
    for _ in 0..40 {
        append(&log, &mut load, 30).await;
    }
    until_done(&log, &warehouse).await;
    stop.cancel();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    let expected = &crate::reference::expected(&log)[&Table::Events];
    assert!(positions(&warehouse, Table::Events) == *expected);
}
