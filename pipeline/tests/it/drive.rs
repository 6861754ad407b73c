//! Runs pipelines over the twins until nothing is left to do.

use std::sync::Arc;
use std::time::Duration;

use stratum_models::erasure::Erasures;
use stratum_models::log::{EventLog, PartitionId, Topic};
use stratum_models::time::{Clock, UnixMillis};
use stratum_models::warehouse::WarehouseWriter;
use stratum_pipeline::{Pipeline, PipelineConfig, run};
use stratum_testing::memory_log::MemoryLog;
use stratum_testing::memory_warehouse::MemoryWarehouse;
use tokio_util::sync::CancellationToken;

use crate::load::START;

/// How long, in simulated time, the log may take to be worked off.
const PATIENCE: Duration = Duration::from_secs(3600);

struct Standing;

impl Clock for Standing {
    fn now(&self) -> UnixMillis {
        START
    }
}

pub fn pipeline(
    log: &MemoryLog,
    warehouse: &MemoryWarehouse,
    config: &PipelineConfig,
    group: &str,
) -> Pipeline {
    Pipeline {
        log: Arc::new(log.clone()),
        warehouse: Arc::new(warehouse.clone()),
        erasures: Arc::new(Arc::new(Erasures::default())),
        clock: Arc::new(Standing),
        config: config.clone(),
        group: group.into(),
    }
}

/// Whether every record has landed.
pub async fn is_done(log: &MemoryLog, warehouse: &MemoryWarehouse) -> bool {
    for topic in Topic::INPUTS {
        for partition in (0..log.partitions(*topic)).map(PartitionId) {
            let end = log.end(*topic, partition).await.unwrap();
            let progress = warehouse.progress(*topic, partition).await.unwrap();
            if progress.checkpoint < end {
                return false;
            }
        }
    }
    true
}

/// Waits until every record has landed.
pub async fn until_done(log: &MemoryLog, warehouse: &MemoryWarehouse) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_done(log, warehouse).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.expect("the log is worked off in time");
}

/// Works off what is in the log and stops.
pub async fn drive(log: &MemoryLog, config: &PipelineConfig) -> MemoryWarehouse {
    drive_without(log, config, Erasures::default()).await
}

/// The same where these persons were erased before.
pub async fn drive_without(
    log: &MemoryLog,
    config: &PipelineConfig,
    erasures: Erasures,
) -> MemoryWarehouse {
    let warehouse = MemoryWarehouse::new();
    let stop = CancellationToken::new();
    let mut parts = pipeline(log, &warehouse, config, "pipeline");
    parts.erasures = Arc::new(Arc::new(erasures));
    let running = tokio::spawn(run(parts, stop.clone()));
    until_done(log, &warehouse).await;
    stop.cancel();
    running.await.expect("no panic").expect("a clean stop");
    warehouse
}
