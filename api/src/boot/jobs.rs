//! The work of the jobs role: workers of each kind of job, and what is done now and then.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use stratum_models::warehouse::WarehouseReader;
use stratum_state::PostgresState;

use super::process::Process;
use super::settings::Settings;
use super::system::{SystemClock, SystemEntropy};
use super::{exports, stage};
use stratum_jobs::erase::Eraser;
use stratum_jobs::predict::TrainingJob;
use stratum_jobs::{Job, JobSignals, Worker, WorkerMeans, sweep};

impl Process {
    /// The means of the workers of this process, who are woken from now on.
    pub(super) fn workers(&mut self, settings: &Settings, state: &PostgresState) -> WorkerMeans {
        if let Some(means) = &self.workers {
            return means.clone();
        }
        let means = WorkerMeans {
            state: state.clone(),
            signals: JobSignals::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            config: settings.jobs.clone(),
        };
        let signals = means.signals.clone();
        self.stages.spawn(signals.follow(state.clone(), self.stop_stages.clone()));
        self.workers = Some(means.clone());
        means
    }

    pub(super) fn work_at(&mut self, job: impl Job, means: &WorkerMeans) {
        self.stages.spawn(Worker::new(job, means.clone()).run(self.stop_stages.clone()));
    }

    /// Starts everything of the jobs role.
    pub(super) fn start_jobs(&mut self, settings: &Settings) -> Result<()> {
        let state = self.stores.state.clone().context("the jobs have no state store")?;
        let means = self.workers(settings, &state);
        self.stages.spawn(sweep(means.clone(), self.stop_stages.clone()));
        self.stages.spawn(stage::delivery_keys(state.clone(), self.stop_stages.clone()));
        let hourly = stage::hourly(settings, state.clone(), &self.stores.data);
        let warehouse = self.stores.warehouse.clone().context("the jobs have no warehouse")?;
        let eraser = Eraser { state: state.clone(), persons: Arc::new(warehouse.clone()) };
        self.stages.spawn(eraser.run(self.stop_stages.clone()));
        let log = self.stores.log.clone().context("the jobs have no log")?;
        let rules = stage::rules(settings, state.clone(), warehouse.clone(), log.clone());
        self.stages.spawn(rules.clone().schedule(self.stop_stages.clone()));
        self.work_at(rules, &means);
        let warehouse: Arc<dyn WarehouseReader> = Arc::new(warehouse);
        let discovery = stage::discovery(settings, state.clone(), warehouse.clone());
        self.stages.spawn(discovery.clone().schedule(self.stop_stages.clone()));
        self.work_at(discovery, &means);
        let keys = self.stores.identifier_keys(settings)?;
        let fixes = stage::fix_observer(settings, state.clone(), warehouse.clone(), log.clone());
        let puller = stage::puller(settings, state.clone(), keys, self.appender(settings)?, log)?;
        self.stages.spawn(puller.clone().plan(self.stop_stages.clone()));
        // Pulls are put back before the log takes no more rows.
        let pulls = Worker::new(puller, means.clone()).run(self.stop_serving.clone());
        self.stages.spawn(pulls);
        self.stages.spawn(hourly.run(self.stop_stages.clone()));
        self.stages.spawn(stage::rate_keeper(settings, state)?.run(self.stop_stages.clone()));
        self.stages.spawn(fixes.run(self.stop_stages.clone()));
        let exporter = exports::exporter(settings, &self.stores)?;
        self.stages.spawn(exporter.clone().sweep(self.stop_stages.clone()));
        self.stages.spawn(exporter.clone().plan(self.stop_stages.clone()));
        self.work_at(exporter, &means);
        let forecasts = self.forecasts(settings, warehouse)?;
        let training = TrainingJob::new(forecasts, settings.jobs.lease());
        self.stages.spawn(training.clone().schedule(self.stop_stages.clone()));
        self.work_at(training, &means);
        Ok(())
    }
}
