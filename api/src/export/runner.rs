//! Makes the files of jobs: claims one, writes it, tells whoever watches. A job whose process dies is
//! begun anew by another once its lease is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use stratum_models::announce::announce;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::update::{Update, UpdateKind};
use stratum_query::export::Encoded;
use stratum_state::PostgresState;
use stratum_state::audit::{Actor, AuditEntry, Author};
use stratum_state::export_job::{Amount, Ending, ExportJob, FileKey, JobState};
use stratum_state::work::operator_scope;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::folder::{Folder, PartFile};
use super::{ExportConfig, ExportSource};

const DIED: &str = "the process that made it ended each time; ask for less at once";

/// What makes files.
#[derive(Clone)]
pub struct Runner {
    /// Where jobs stand.
    pub state: PostgresState,
    /// Where rows come from.
    pub source: ExportSource,
    /// Where it is told that one is done.
    pub log: Arc<dyn EventLog>,
    /// Where files lie.
    pub folder: Folder,
    /// Bounds.
    pub config: ExportConfig,
}

/// Why a file was not made.
enum Fault {
    /// Another has the job now, or nobody wants it.
    Lost,
    /// The process stops.
    Stopped,
    /// It may work later.
    Passing(String),
    /// It never will.
    Lasting(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error.kind {
            StoreErrorKind::Invalid => Fault::Lasting(error.text),
            _ => Fault::Passing(format!("the {} store did not answer", error.store)),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Passing(format!("the file could not be written: {}", error.kind()))
    }
}

fn millis(wait: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(wait).unwrap_or(i64::MAX / 2))
}

fn every(wait: Duration) -> Interval {
    let mut every = interval(wait.max(Duration::from_millis(10)));
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

impl Runner {
    /// Makes files until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut look = every(Duration::from_millis(self.config.look_ms));
        let mut sweep = every(Duration::from_millis(self.config.sweep_ms));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = look.tick() => {}
                _ = sweep.tick() => self.swept().await,
            }
            while running.try_join_next().is_some() {}
            while running.len() < self.config.jobs_max {
                match self.claim().await {
                    Ok(Some(job)) => {
                        let (runner, stop) = (self.clone(), stop.clone());
                        running.spawn(async move { runner.make(job, stop).await });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(error = %error, "export jobs were not looked for");
                        break;
                    }
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn claim(&self) -> Result<Option<ExportJob>, StoreError> {
        let mut work = self.state.system().await?;
        let dead = work.give_up_export_jobs(self.config.attempts_max, DIED).await?;
        let hold = millis(self.config.lease_ms);
        let job = work.claim_export_job(hold, self.config.running_per_tenant_max).await?;
        work.commit().await?;
        for (tenant, job) in dead {
            self.tell(tenant, job, JobState::Failed).await;
        }
        Ok(job)
    }

    async fn make(&self, job: ExportJob, stop: CancellationToken) {
        let key = job.file;
        let mut amount = Amount::default();
        let made = match self.folder.create(key).await {
            Ok(mut file) => match self.write(&job, &mut file, &mut amount, stop).await {
                Ok(sha256) => file.seal().await.map(|()| sha256).map_err(Fault::from),
                Err(fault) => {
                    file.discard().await;
                    Err(fault)
                }
            },
            Err(error) => Err(error.into()),
        };
        if let Err(error) = self.end(&job, amount, made).await {
            // The lease ends, and the job is begun anew.
            tracing::warn!(error = %error, job.id = %key.job, "the end of an export was not written");
        }
    }

    /// Writes the file; its digest.
    async fn write(
        &self,
        job: &ExportJob,
        file: &mut PartFile,
        amount: &mut Amount,
        stop: CancellationToken,
    ) -> Result<[u8; 32], Fault> {
        let room = self.room().await?;
        let scope = operator_scope(job.file.tenant);
        let (encoded, rows_expected) = self.source.begin(scope, &job.request).await?;
        let Encoded { mut bytes, rows } = encoded;
        amount.rows_expected = rows_expected;
        let mut hold = every(Duration::from_millis(self.config.lease_ms / 4));
        let mut digest = Sha256::new();
        loop {
            amount.rows = rows.load(Ordering::Relaxed);
            tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Fault::Stopped),
                _ = hold.tick() => self.hold(job.file, *amount).await?,
                chunk = bytes.next() => match chunk {
                    Some(chunk) => {
                        let chunk = chunk?;
                        amount.bytes += chunk.len() as u64;
                        if amount.bytes > room {
                            return Err(Fault::Lasting(format!("the file is larger than {room} bytes, all there is room for")));
                        }
                        digest.update(&chunk);
                        file.write(&chunk).await?;
                    }
                    None => break,
                },
            }
        }
        amount.rows = rows.load(Ordering::Relaxed);
        Ok(digest.finalize().into())
    }

    /// The bytes a file may have.
    async fn room(&self) -> Result<u64, Fault> {
        let used = self.state.system().await?.export_bytes().await?;
        Ok(self.config.file_bytes_max.min(self.config.folder_bytes_max.saturating_sub(used)))
    }

    async fn hold(&self, file: FileKey, amount: Amount) -> Result<(), Fault> {
        let mut work = self.state.system().await?;
        let held = work.hold_export_job(file, millis(self.config.lease_ms), amount).await?;
        work.commit().await?;
        if held { Ok(()) } else { Err(Fault::Lost) }
    }

    async fn end(
        &self,
        job: &ExportJob,
        amount: Amount,
        made: Result<[u8; 32], Fault>,
    ) -> Result<(), StoreError> {
        let key = job.file;
        match &made {
            Ok(sha256) => {
                let keep = TimeDelta::hours(i64::from(self.config.keep_hours));
                let ended = self.finish(key, amount, Ending::Done { sha256, keep }).await;
                if !matches!(ended, Ok(true)) {
                    self.folder.remove(key).await;
                }
                ended.map(drop)
            }
            Err(Fault::Lost) => Ok(()),
            Err(Fault::Stopped) => self.release(key, TimeDelta::zero()).await,
            Err(Fault::Passing(error)) if key.attempt < self.config.attempts_max => {
                tracing::warn!(job.id = %key.job, error, "an export is begun anew");
                self.release(key, millis(self.config.retry_ms)).await
            }
            Err(Fault::Passing(error) | Fault::Lasting(error)) => {
                tracing::warn!(job.id = %key.job, error, "an export failed");
                self.finish(key, amount, Ending::Failed(error)).await.map(drop)
            }
        }
    }

    async fn finish(
        &self,
        key: FileKey,
        amount: Amount,
        ending: Ending<'_>,
    ) -> Result<bool, StoreError> {
        let state = match ending {
            Ending::Done { .. } => JobState::Done,
            Ending::Failed(_) => JobState::Failed,
        };
        let mut work = self.state.system().await?;
        let ended = work.finish_export_job(key, amount, ending).await?;
        if ended {
            let author = Author { actor: Actor::System, request_id: "".into() };
            let changes = json!({"state": state, "rows": amount.rows, "bytes": amount.bytes});
            let entry = AuditEntry::done("export.ended", "export", key.job, changes);
            work.audit(Some(key.tenant), author, &entry).await?;
        }
        work.commit().await?;
        if ended {
            self.tell(key.tenant, key.job, state).await;
        }
        Ok(ended)
    }

    async fn release(&self, key: FileKey, wait: TimeDelta) -> Result<(), StoreError> {
        let mut work = self.state.system().await?;
        work.release_export_job(key, wait).await?;
        work.commit().await
    }

    async fn tell(&self, tenant: TenantId, job: Uuid, state: JobState) {
        let subject = job.to_string();
        let update = Update::of_subject(tenant, UpdateKind::ExportDone, &subject, state.as_str());
        if let Err(error) = announce(&*self.log, &[update]).await {
            tracing::warn!(error = %error, "the end of an export was not told");
        }
    }

    async fn swept(&self) {
        if let Err(error) = self.sweep().await {
            tracing::warn!(error, "old exports were not swept");
        }
    }

    /// Removes the files that count no more.
    async fn sweep(&self) -> Result<(), String> {
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
