//! The stage as a whole: one loop for each topic.

use std::sync::Arc;
use std::time::Duration;

use stratum_models::erasure::ErasureList;
use stratum_models::log::{EventLog, Topic};
use stratum_models::time::SharedClock;
use stratum_models::warehouse::WarehouseWriter;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::config::PipelineConfig;
use crate::error::PipelineError;
use crate::partition::Stage;
use crate::transform::Statements;
use crate::worker::work;

/// The parts of a pipeline.
#[derive(Clone)]
pub struct Pipeline {
    /// Where records come from.
    pub log: Arc<dyn EventLog>,
    /// Where rows go to; its checkpoints say where to begin.
    pub warehouse: Arc<dyn WarehouseWriter>,
    /// Who was erased: what tells of them does not land.
    pub erasures: Arc<dyn ErasureList>,
    /// The time, for telemetry alone: no row depends on it.
    pub clock: SharedClock,
    /// Bounds.
    pub config: PipelineConfig,
    /// The group it reads as. Members of a group share the partitions between them.
    pub group: String,
}

/// Moves records from the log to the warehouse until `stop`, then lets the batches under way end.
///
/// It may be dropped, aborted or killed at any moment, and any number of them may run at once: every
/// record counts exactly once. It ends by itself only with an error; run it again then.
pub async fn run(parts: Pipeline, stop: CancellationToken) -> Result<(), PipelineError> {
    let Pipeline { log, warehouse, erasures, clock, config, group } = parts;
    let statements = Statements::plan().await?;
    let announcer = Announcer::new(log.clone(), config.updates.clone());
    let stage = Stage { log, warehouse, erasures, clock, config, statements, announcer };
    let stage = Arc::new(stage);
    let topics = Topic::INPUTS.iter();
    let topics = topics.map(|topic| work(stage.clone(), *topic, &group, stop.clone()));
    tokio::select! {
        ended = futures::future::try_join_all(topics) => drop(ended?),
        () = stage.announcer.run() => {}
    }
    // What was committed last is told too.
    let wait = Duration::from_millis(stage.config.drain_ms_max);
    tokio::time::timeout(wait, stage.announcer.flush()).await.ok();
    Ok(())
}
