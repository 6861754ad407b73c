//! Names of this crate's telemetry. Recorded per statement or per commit, never per row.

/// Seconds a commit took, all its statements together. Histogram.
pub const COMMIT_SECONDS: &str = "stratum_warehouse_commit_seconds";
/// Ranges that were committed, by [`OUTCOME`]. Counter.
pub const COMMITS_TOTAL: &str = "stratum_warehouse_commits_total";
/// Rows of finished commits by [`TABLE`]. Counter.
pub const ROWS_TOTAL: &str = "stratum_warehouse_rows_total";
/// Seconds a question took, waiting included, by [`QUESTION`]. Histogram.
pub const QUESTION_SECONDS: &str = "stratum_warehouse_question_seconds";
/// Questions that run. Gauge.
pub const QUESTIONS_RUNNING: &str = "stratum_warehouse_questions_running";
/// Questions that wait for a turn. Gauge.
pub const QUESTIONS_WAITING: &str = "stratum_warehouse_questions_waiting";
/// Answers by [`FROM`]. Counter.
pub const ANSWERS_TOTAL: &str = "stratum_warehouse_answers_total";
/// Failed statements by [`KIND`]. Counter.
pub const ERRORS_TOTAL: &str = "stratum_warehouse_errors_total";

/// Label: `committed`, `fenced`.
pub const OUTCOME: &str = "outcome";
/// Label: the name of a table of a commit.
pub const TABLE: &str = "table";
/// Label: the name of a statement in `query/sql`.
pub const QUESTION: &str = "question";
/// Label: `kept` in memory, or `asked` of the engine.
pub const FROM: &str = "from";
/// Label: the kind of a store error.
pub const KIND: &str = "kind";
