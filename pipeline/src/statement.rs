//! The statements of `sql/`: planned once, then run over one batch after another.
//!
//! A plan reads its tables through the task it runs in, so the same plan serves every batch and every
//! partition; planning costs milliseconds, running one costs what its rows cost.

mod input;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties, SendableRecordBatchStream,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{TryStreamExt, stream};
use stratum_models::table::Table;

pub(crate) use input::{Input, Inputs};

/// Rows looked at together: what they are hashed into stays in the cache.
const SLICE_ROWS: usize = 8192;

/// One planned statement.
#[derive(Debug)]
pub(crate) struct Statement {
    plan: Arc<dyn ExecutionPlan>,
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
}

impl Statement {
    /// Plans `sql`.
    pub(crate) async fn plan(session: &SessionContext, sql: &str) -> Result<Statement> {
        let plan = session.sql(sql).await?.create_physical_plan().await?;
        Ok(Statement { plan, config: session.copied_config(), runtime: session.runtime_env() })
    }

    /// Runs it over these inputs; `None` when nothing comes out.
    pub(crate) fn run(&self, inputs: &Arc<Inputs>) -> Result<Option<RecordBatch>> {
        // A plan collects measurements of every run it ever did; a fresh copy has none.
        let plan = reset_plan_states(self.plan.clone())?;
        let task = self.task(inputs.clone());
        let mut batches = Vec::new();
        for partition in 0..plan.output_partitioning().partition_count() {
            let stream = plan.execute(partition, task.clone())?;
            // Nothing in it waits for anything outside, so it may be run to its end on this thread; a
            // task's time slice, which such a stream would otherwise respect, does not apply here.
            let answer = tokio::task::unconstrained(stream.try_collect::<Vec<_>>());
            batches.extend(futures::executor::block_on(answer)?);
        }
        let rows = concat_batches(&plan.schema(), &batches)?;
        Ok(Some(rows).filter(|rows| rows.num_rows() > 0))
    }

    /// The context of a run: the rows it reads, and its runtime. Functions were looked up when it was planned.
    fn task(&self, inputs: Arc<Inputs>) -> Arc<TaskContext> {
        Arc::new(TaskContext::new(
            None,
            String::new(),
            self.config.clone().with_extension(inputs),
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            self.runtime.clone(),
        ))
    }
}

/// Knows the inputs by their names, so that statements can be planned.
pub(crate) fn session() -> Result<SessionContext> {
    let config = SessionConfig::new().with_target_partitions(1).with_batch_size(SLICE_ROWS);
    let session = SessionContext::new_with_config(config);
    for input in Input::ALL {
        let slot = Arc::new(Slot { input, schema: input.schema() });
        let source = StreamingTable::try_new(input.schema(), vec![slot])?;
        session.register_table(input.name(), Arc::new(source))?;
    }
    Ok(session)
}

/// The answer of a statement, as rows of `table`, whose columns it must have in their order.
pub(crate) fn as_rows_of(
    table: Table,
    answer: &RecordBatch,
) -> std::result::Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(table.schema(), answer.columns().to_vec())
}

/// A table whose rows are those of the task that reads it.
#[derive(Debug)]
struct Slot {
    input: Input,
    schema: SchemaRef,
}

impl PartitionStream for Slot {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, task: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = match task.session_config().get_extension::<Inputs>() {
            Some(inputs) => Ok(inputs.rows(self.input).cloned()),
            None => Err(DataFusionError::Internal("a task without inputs".into())),
        };
        let slices = rows.map(|rows| rows.into_iter().flat_map(slices));
        let stream: Vec<Result<RecordBatch>> = match slices {
            Ok(slices) => slices.map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream::iter(stream)))
    }
}

fn slices(rows: RecordBatch) -> impl Iterator<Item = RecordBatch> {
    let count = rows.num_rows();
    (0..count).step_by(SLICE_ROWS).map(move |from| rows.slice(from, SLICE_ROWS.min(count - from)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::UInt64Type;
    use stratum_models::dialect::Dialect;
    use stratum_models::id::TenantId;
    use stratum_models::platform::Platform;
    use stratum_models::rejection::{RejectReason, Rejection, RowKind, rejection_batch};
    use stratum_models::time::UnixMillis;

    const COUNT: &str = include_str!("../sql/count_ingested_rows.sql");

    fn rejections(rows: usize) -> Arc<Inputs> {
        let rejection = Rejection {
            tenant_id: TenantId(1),
            dialect: Some(Dialect::Meta),
            platform: Some(Platform::Meta),
            dataset_id: "d1".into(),
            kind: RowKind::Event,
            event_name: String::new(),
            reason: RejectReason::TooOld,
            field: String::new(),
            rows: 1,
            received_at: UnixMillis(1_780_000_000_000),
        };
        let rows = rejection_batch(&vec![rejection; rows]).unwrap();
        Arc::new(Inputs::default().with_rejections(&rows).unwrap())
    }

    #[tokio::test]
    async fn a_plan_serves_one_batch_after_another() {
        let statement = Statement::plan(&session().unwrap(), COUNT).await.unwrap();
        for rows in [1, SLICE_ROWS * 3 + 7, 2] {
            let answer = statement.run(&rejections(rows)).unwrap().unwrap();
            let answer = as_rows_of(Table::IngestCounts, &answer).unwrap();
            assert_eq!(answer.num_rows(), 1);
            let rejected = answer["rejected"].as_primitive::<UInt64Type>().value(0);
            assert_eq!(rejected, rows as u64);
        }
        assert!(statement.run(&Arc::default()).unwrap().is_none(), "nothing in, nothing out");
    }

    /// Plans are made once and not per batch. Prints both costs: `cargo test -- --nocapture`.
    #[tokio::test]
    async fn running_costs_less_than_planning() {
        let begun = std::time::Instant::now();
        let statement = Statement::plan(&session().unwrap(), COUNT).await.unwrap();
        let planning = begun.elapsed();
        let inputs = rejections(100);
        statement.run(&inputs).unwrap();
        let begun = std::time::Instant::now();
        (0..20).for_each(|_| drop(statement.run(&inputs).unwrap()));
        let running = begun.elapsed() / 20;
        println!("planning {planning:?}, running over 100 rows {running:?}");
        assert!(running < planning, "{running:?} against {planning:?}");
    }
}
