//! The facts that an admin is told of this process: its roles, its disk, and what it has counted.

use std::path::PathBuf;

use chrono::Utc;
use metrics_exporter_prometheus::PrometheusHandle;
use nix::sys::statvfs::statvfs;
use stratum_account::health_detail::{
    DiskSpace, LookAtProcess, PipelineHealth, ProcessHealth, RoleName,
};
use stratum_engines::RESTARTS;
use stratum_http::edge::{RATE_LIMITED, SHED};
use stratum_http::live::LIVE_STREAMS;
use stratum_pipeline::telemetry::{LAG_RECORDS, RECORDS_MISSING_TOTAL, RECORDS_UNREADABLE_TOTAL};
use stratum_query::telemetry::{QUESTIONS_RUNNING, QUESTIONS_WAITING};

use super::roles::{Role, Roles};
use super::samples::Samples;

/// Looks at the process of these roles, whose data are in this folder.
pub(super) fn look(
    roles: Roles,
    data: PathBuf,
    measurements: Option<PrometheusHandle>,
) -> LookAtProcess {
    let started_at = Utc::now();
    Box::new(move || {
        let text = measurements.as_ref().map(PrometheusHandle::render).unwrap_or_default();
        let samples = Samples::of(&text);
        let sum = |name: &str| samples.sum(name).unwrap_or_default().max(0.0) as u64;
        ProcessHealth {
            roles: names(roles),
            started_at,
            disk: statvfs(&data).ok().map(|disk| DiskSpace {
                free_bytes: disk.blocks_available() * disk.fragment_size(),
                total_bytes: disk.blocks() * disk.fragment_size(),
            }),
            pipeline: samples.sum(LAG_RECORDS).map(|waiting| PipelineHealth {
                waiting_records: waiting.max(0.0) as u64,
                missing_records: sum(RECORDS_MISSING_TOTAL),
                unreadable_records: sum(RECORDS_UNREADABLE_TOTAL),
            }),
            questions_running: sum(QUESTIONS_RUNNING),
            questions_waiting: sum(QUESTIONS_WAITING),
            requests_shed: sum(SHED),
            requests_limited: sum(RATE_LIMITED),
            live_streams: sum(LIVE_STREAMS),
            engine_restarts: sum(RESTARTS),
        }
    })
}

/// Every role, in the order in which they are told.
const ROLES: [Role; 5] = [Role::Ingest, Role::Pipeline, Role::Api, Role::Jobs, Role::Deliver];

fn names(roles: Roles) -> Vec<RoleName> {
    ROLES.into_iter().filter(|role| roles.has(*role)).map(name).collect()
}

fn name(role: Role) -> RoleName {
    match role {
        Role::Ingest => RoleName::Ingest,
        Role::Pipeline => RoleName::Pipeline,
        Role::Api => RoleName::Api,
        Role::Jobs => RoleName::Jobs,
        Role::Deliver => RoleName::Deliver,
    }
}
