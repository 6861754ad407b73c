//! The nightly training as a job of each tenant.

use std::sync::Arc;
use std::time::Duration;

use stratum_models::store::StoreError;
use stratum_state::job::{JobKind, NewJob};
use tokio_util::sync::CancellationToken;

use super::Forecasts;
use crate::{Job, JobError, JobLimits, LeasedJob, Pause, Step, every, new_job};

const FAILURES_MAX: u32 = 4;
const PAUSE: Pause = Pause { min: Duration::from_secs(60), max: Duration::from_secs(3_600) };

/// Trains the models that are due.
#[derive(Clone)]
pub struct TrainingJob {
    forecasts: Arc<Forecasts>,
    lease: Duration,
}

impl TrainingJob {
    /// Trains these models; a lease holds so long.
    pub fn new(forecasts: Arc<Forecasts>, lease: Duration) -> TrainingJob {
        TrainingJob { forecasts, lease }
    }

    /// Queues the training of each model that is due, now and then, until `stop`.
    pub async fn schedule(self, stop: CancellationToken) {
        let wait = Duration::from_millis(self.forecasts.config.check_every_ms);
        every(wait, &stop, || async {
            if let Err(error) = self.queue_due().await {
                tracing::warn!(error = %error, "models that are due were not queued");
            }
        })
        .await;
    }

    async fn queue_due(&self) -> Result<(), StoreError> {
        for tenant in self.forecasts.due().await? {
            let job = new_job::<TrainingJob>(&(), 1)?;
            let mut work = self.forecasts.state.system().await?;
            let job = NewJob { once: true, key: Some(String::new()), ..job };
            work.enqueue_job(tenant, &job).await?;
            work.commit().await?;
        }
        Ok(())
    }
}

impl Job for TrainingJob {
    const KIND: JobKind = JobKind::Training;
    type Input = ();
    type Progress = ();

    /// A training takes a core, so a process does one at a time.
    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: 1,
            running_per_tenant_max: 1,
            lease: self.lease,
            failures_max: FAILURES_MAX,
            pause: PAUSE,
            stop_wait: Duration::ZERO,
        }
    }

    async fn step(&self, job: &LeasedJob<()>, _last: Option<()>) -> Result<Step<()>, JobError> {
        let Some(tenant) = job.work().await?.tenant().await? else { return Ok(Step::done()) };
        if let Some(trained) = self.forecasts.train(&tenant, |_| {}).await? {
            tracing::info!(
                tenant.id = tenant.id.0,
                model = trained.model,
                campaigns = trained.campaigns,
                forecast = trained.forecast,
                "model trained"
            );
        }
        Ok(Step::done())
    }
}
