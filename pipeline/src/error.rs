//! Why a run ends before it is told to.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use stratum_models::store::StoreError;

/// A run cannot go on. What was not committed is done again by the next run.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A store refused for good, or was away longer than the configured tries.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows of a record do not have their own layout.
    #[error("rows of an unexpected layout")]
    Rows(#[from] ArrowError),
    /// A statement cannot be planned or run.
    #[error("a roll-up failed")]
    Statement(#[from] DataFusionError),
    /// A batch ended in a panic.
    #[error("a batch ended in a panic")]
    Panicked(#[source] tokio::task::JoinError),
}
