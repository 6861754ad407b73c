//! `GET /health/detail`: what an admin is told of the process that answers, and of the tenant's jobs.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_models::name_set;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_state::inspect::JobCount;
use stratum_state::job::JobKind;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

name_set! {
    /// The role of a process.
    RoleName {
        /// Takes events and ad reports.
        Ingest = "ingest",
        /// Moves them into the warehouse.
        Pipeline = "pipeline",
        /// Answers.
        Api = "api",
        /// Pulls from ad platforms, makes files, and clears up.
        Jobs = "jobs",
        /// Hands events on to ad platforms.
        Deliver = "deliver",
    }
}

/// The state of the process that answers. Counts are since its start.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessHealth {
    /// The roles of the process.
    pub roles: Vec<RoleName>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// The disk of its data folder; null where its size is not told.
    pub disk: Option<DiskSpace>,
    /// The rows that it moves into the warehouse; null where that is another process.
    pub pipeline: Option<PipelineHealth>,
    /// Questions to the warehouse that are being answered.
    pub questions_running: u64,
    /// Questions that wait for their turn.
    pub questions_waiting: u64,
    /// Requests turned away because there were too many at once.
    pub requests_shed: u64,
    /// Requests turned away because one caller sent too many.
    pub requests_limited: u64,
    /// Live streams that are open.
    pub live_streams: u64,
    /// The number of times that an embedded engine ended and was started again.
    pub engine_restarts: u64,
}

/// The room of a disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiskSpace {
    /// Bytes that may be written yet.
    pub free_bytes: u64,
    /// All bytes.
    pub total_bytes: u64,
}

/// The rows of all tenants that wait to land in the warehouse.
#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineHealth {
    /// Records of the log that have not landed yet.
    pub waiting_records: u64,
    /// Records that retention took before they landed.
    pub missing_records: u64,
    /// Records that cannot be read.
    pub unreadable_records: u64,
}

/// Looks at the process.
pub type LookAtProcess = Box<dyn Fn() -> ProcessHealth + Send + Sync>;

/// The process and the tenant's jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthDetail {
    /// The process that answers. Where roles run apart, others are not in it.
    process: ProcessHealth,
    /// The tenant's jobs by kind; a kind that has none is left out.
    jobs: Vec<JobCounts>,
}

/// A tenant's jobs of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobCounts {
    /// The kind.
    kind: JobKind,
    /// Those that wait for a worker, or for their time.
    queued: u64,
    /// Those that are worked at.
    running: u64,
    /// Those that were given up within the last 24 hours.
    failed: u64,
}

impl From<JobCount> for JobCounts {
    fn from(JobCount { kind, queued, running, failed }: JobCount) -> JobCounts {
        JobCounts { kind, queued, running, failed }
    }
}

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health_detail))
}

/// Returns how the process that answers is, and how the tenant's jobs are.
///
/// `/health` tells which stores answer, without sign-in; `/metrics` tells everything, to operators.
#[utoipa::path(
    get, path = "/api/v1/health/detail", tag = "operation", security(("bearer" = [])),
    responses((status = 200, body = Answer<HealthDetail>)),
)]
pub async fn health_detail(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<HealthDetail> {
    let since = UnixMillis(app.clock.now().0 - DAY_MS).to_utc();
    let jobs = caller.work(&app).await?.job_counts(since).await?;
    let jobs = jobs.into_iter().map(JobCounts::from).collect();
    Ok(Answer::of(HealthDetail { process: (app.process)(), jobs }))
}
