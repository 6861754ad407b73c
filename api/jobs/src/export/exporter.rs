//! Makes the files of exports that were asked for as a job, and removes those whose time is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use stratum_models::announce::announce;
use stratum_models::export::ExportRequest;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_models::update::{Update, UpdateKind};
use stratum_query::export::EncodedFile;
use stratum_state::PostgresState;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::export_job::{Amount, FileKey, JobState};
use stratum_state::job::JobKind;
use stratum_state::work::{TenantWork, operator_scope};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::folder::{Folder, PartFile};
use super::{ExportConfig, ExportSource};
use crate::tell::Hints;
use crate::{Job, JobError, JobFault, JobLimits, LeasedJob, Pause, RunEnd, Step, every};

/// Makes the files of exports.
#[derive(Clone)]
pub struct FileExporter {
    /// The store of what was asked for.
    pub state: PostgresState,
    /// The stores that rows come from.
    pub source: ExportSource,
    /// The log, by which watchers are told.
    pub log: Arc<dyn EventLog>,
    /// The folder of files.
    pub folder: Folder,
    /// The time.
    pub clock: SharedClock,
    /// The bounds.
    pub config: ExportConfig,
}

/// The kind of resource under which watchers are told of exports, as in paths.
const RESOURCE: &str = "analytics/export";
/// The progress of an export is written down this often, and before a quarter of its lease is over.
const SHOW_MAX: Duration = Duration::from_secs(2);

pub(super) fn millis(wait: u64) -> Duration {
    Duration::from_millis(wait.max(10))
}

fn unwritten(error: std::io::Error) -> JobError {
    JobError::retry("file", format!("the file could not be written: {}", error.kind()))
}

fn entry(id: Uuid, state: JobState, amount: Amount) -> AuditEntry {
    let changes = json!({"state": state, "rows": amount.rows, "bytes": amount.bytes});
    AuditEntry::done(AuditAction::ExportEnded, "export", id, changes)
}

impl Job for FileExporter {
    const KIND: JobKind = JobKind::Export;
    type Input = ();
    type Progress = ();

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: self.config.jobs_max,
            running_per_tenant_max: self.config.running_per_tenant_max,
            lease: millis(self.config.lease_ms),
            failures_max: self.config.attempts_max,
            pause: Pause { min: millis(self.config.retry_ms), max: millis(self.config.retry_ms) },
            stop_wait: Duration::ZERO,
        }
    }

    /// Makes the whole file: one that is begun again has another name.
    async fn step(&self, job: &LeasedJob<()>, _last: Option<()>) -> Result<Step<()>, JobError> {
        let (id, tenant, attempt) = (job.lease.job, job.lease.tenant, job.lease.attempt);
        let key = FileKey { tenant, job: id, attempt };
        let mut work = job.work().await?;
        let Some(export) = work.begin_export_job(key).await? else { return Ok(Step::done()) };
        job.commit(work).await?;
        let mut file = self.folder.create(key).await.map_err(unwritten)?;
        let (amount, sha256) = self.write(job, &export.request, &mut file).await?;
        file.seal().await.map_err(unwritten)?;
        let keep = TimeDelta::hours(i64::from(self.config.keep_hours));
        let mut work = job.work().await?;
        if !work.finish_export_job(id, amount, &sha256, keep).await? {
            return Err(JobError::Lost);
        }
        work.audit(&entry(id, JobState::Done, amount)).await?;
        Ok(Step::done().with(work))
    }

    async fn on_end(
        &self,
        job: &LeasedJob<()>,
        end: &RunEnd,
        work: &mut TenantWork,
    ) -> Result<(), StoreError> {
        let id = job.lease.job;
        match end {
            RunEnd::Done => Ok(()),
            RunEnd::Waiting { .. } | RunEnd::Stopped => work.requeue_export_job(id).await,
            RunEnd::Failed(fault) => match work.fail_export_job(id, &fault.message).await? {
                Some(amount) => work.audit(&entry(id, JobState::Failed, amount)).await,
                None => Ok(()),
            },
        }
    }

    async fn after_end(&self, job: &LeasedJob<()>, end: &RunEnd) {
        match end {
            RunEnd::Done => self.tell(job.lease.tenant, job.lease.job, JobState::Done).await,
            RunEnd::Failed(_) => self.tell(job.lease.tenant, job.lease.job, JobState::Failed).await,
            RunEnd::Waiting { .. } | RunEnd::Stopped => {}
        }
    }
}

impl FileExporter {
    /// Writes the file; how much of it there is, and its digest.
    async fn write(
        &self,
        job: &LeasedJob<()>,
        request: &ExportRequest,
        file: &mut PartFile,
    ) -> Result<(Amount, [u8; 32]), JobError> {
        let room = self.room().await?;
        let scope = operator_scope(job.lease.tenant);
        let (encoded, rows_expected) = self.source.begin(scope, request).await?;
        let EncodedFile { mut bytes, rows } = encoded;
        let mut amount = Amount { rows_expected, ..Amount::default() };
        let mut shows = interval((job.lease.life / 4).min(SHOW_MAX));
        let hints = Hints::new(self.log.clone(), job.lease.tenant, RESOURCE);
        let mut digest = Sha256::new();
        loop {
            amount.rows = rows.load(Ordering::Relaxed);
            tokio::select! {
                biased;
                _ = shows.tick() => {
                    self.show(job, amount).await?;
                    hints.progress().await;
                }
                chunk = bytes.next() => match chunk {
                    Some(chunk) => {
                        let chunk = chunk?;
                        amount.bytes += chunk.len() as u64;
                        if amount.bytes > room {
                            let text = format!("the file is larger than {room} bytes, all there is room for");
                            return Err(JobFault::new("too_large", text).into());
                        }
                        digest.update(&chunk);
                        file.write(&chunk).await.map_err(unwritten)?;
                    }
                    None => break,
                },
            }
        }
        amount.rows = rows.load(Ordering::Relaxed);
        Ok((amount, digest.finalize().into()))
    }

    async fn show(&self, job: &LeasedJob<()>, amount: Amount) -> Result<(), JobError> {
        let mut work = job.work().await?;
        work.update_export_amount(job.lease.job, amount).await?;
        job.commit(work).await
    }

    /// The bytes a file may have.
    async fn room(&self) -> Result<u64, StoreError> {
        let used = self.state.system().await?.export_bytes().await?;
        Ok(self.config.file_bytes_max.min(self.config.folder_bytes_max.saturating_sub(used)))
    }

    async fn tell(&self, tenant: TenantId, job: Uuid, state: JobState) {
        let subject = job.to_string();
        let update = Update::of_subject(tenant, UpdateKind::ExportDone, &subject, state.as_str());
        if let Err(error) = announce(&*self.log, &[update]).await {
            tracing::warn!(error = %error, "the end of an export was not told");
        }
    }

    /// Removes files whose time is over, now and then, until `stop`.
    pub async fn sweep(self, stop: CancellationToken) {
        every(millis(self.config.sweep_ms), &stop, || async {
            if let Err(error) = self.sweep_once().await {
                tracing::warn!(error, "old exports were not swept");
            }
        })
        .await;
    }

    /// Removes the files that count no more.
    async fn sweep_once(&self) -> Result<(), String> {
        // Read before the rows: a file is begun only after its row says so.
        let files = self.folder.files().await.map_err(|error| error.kind().to_string())?;
        let kept = async {
            let mut work = self.state.system().await?;
            let forget = TimeDelta::days(i64::from(self.config.forget_days));
            work.expire_export_jobs(forget).await?;
            let kept = work.export_files().await?;
            work.commit().await?;
            Ok::<_, StoreError>(kept)
        };
        let kept = kept.await.map_err(|error| error.to_string())?;
        for (key, path) in files.into_iter().filter(|(key, _)| !kept.contains(key)) {
            tokio::fs::remove_file(&path).await.ok();
            tracing::info!(job.id = %key.job, "the file of an export was removed");
        }
        Ok(())
    }
}
