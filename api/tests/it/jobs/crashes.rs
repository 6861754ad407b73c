//! Crashes at any moment: each step counts once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use stratum_jobs::{Job, JobError, JobLimits, LeasedJob, Pause, Step, Worker};
use stratum_state::PostgresState;
use stratum_state::job::{EnqueueOutcome, JobKind, JobState, NewJob};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{KIND, SharedChance, Store, job, means};
use crate::fixture::eventually;

const STEPS: u64 = 6;
const JOBS: usize = 12;
const WAIT: Duration = Duration::from_secs(120);

/// The kind that a step writes rows of: nobody works at them.
const ROWS: JobKind = JobKind::CampaignDiscovery;

/// Writes a row a step, and takes a while for it.
struct RowWriter(Arc<SharedChance>);

impl Job for RowWriter {
    const KIND: JobKind = KIND;
    type Input = u64;
    type Progress = u64;

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: 3,
            running_per_tenant_max: 2,
            lease: Duration::from_millis(600),
            failures_max: 1_000,
            pause: Pause { min: Duration::from_millis(5), max: Duration::from_millis(20) },
            stop_wait: Duration::ZERO,
        }
    }

    async fn step(&self, job: &LeasedJob<u64>, last: Option<u64>) -> Result<Step<u64>, JobError> {
        let at = last.unwrap_or_default();
        let mut work = job.work().await?;
        tokio::time::sleep(Duration::from_millis(self.0.below(15) as u64)).await;
        if self.0.below(8) == 0 {
            return Err(JobError::retry("chance", "by chance"));
        }
        let row = json!({"job": job.lease.job, "step": at});
        work.enqueue_job(&NewJob::of(ROWS, row)).await?;
        tokio::time::sleep(Duration::from_millis(self.0.below(15) as u64)).await;
        let step = if at + 1 == STEPS { Step::done() } else { Step::next(at + 1) };
        Ok(step.with(work))
    }
}

/// A process: a worker and what wakes it. Dropped at any moment as kill -9 would.
fn start(state: &PostgresState, chance: &Arc<SharedChance>) -> (JoinHandle<()>, CancellationToken) {
    let (stop, state) = (CancellationToken::new(), state.clone());
    let (stopped, chance) = (stop.clone(), chance.clone());
    let process = async move {
        let means = means(&state, chance.bits());
        let signals = means.signals.clone().follow(state, stopped.clone());
        tokio::join!(signals, Worker::new(RowWriter(chance), means).run(stopped));
    };
    (tokio::spawn(process), stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_counts_once_whatever_crashes() {
    let seed = std::env::var("STRATUM_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("STRATUM_TEST_SEED={seed}");
    let (store, chance) = (Store::open().await, Arc::new(SharedChance::new(seed)));
    let state = store.process();
    let mut jobs = Vec::new();
    for number in 0..JOBS {
        let tenant = store.tenants[number % store.tenants.len()];
        let mut work = state.system().await.unwrap();
        let queued = work.enqueue_job(tenant, &job(json!(number))).await.unwrap();
        work.commit().await.unwrap();
        let EnqueueOutcome::Queued(id) = queued else { panic!("{queued:?}") };
        jobs.push((tenant, id));
    }
    let mut processes = vec![start(&state, &chance), start(&state, &chance)];
    for _ in 0..25 {
        tokio::time::sleep(Duration::from_millis(20 + chance.below(120) as u64)).await;
        let (process, stop) = processes.swap_remove(chance.below(2));
        if chance.below(3) == 0 {
            stop.cancel();
            process.await.unwrap();
        } else {
            process.abort();
        }
        processes.push(start(&state, &chance));
    }
    for (tenant, id) in &jobs {
        let done = async || {
            let view = state.operate(*tenant).await.unwrap().job(*id).await.unwrap().unwrap();
            (view.state == JobState::Done).then_some(())
        };
        eventually("a job is not done", WAIT, done).await;
    }
    for (process, stop) in processes {
        stop.cancel();
        process.await.unwrap();
    }
    let steps = steps(&store).await;
    for (_, id) in &jobs {
        let expected: Vec<u64> = (0..STEPS).collect();
        assert_eq!(steps.get(id), Some(&expected), "job {id} of seed {seed}");
    }
    state.close().await;
    store.close().await;
}

/// The steps that counted, job by job, in their order.
async fn steps(store: &Store) -> BTreeMap<Uuid, Vec<u64>> {
    let mut steps = BTreeMap::<Uuid, Vec<u64>>::new();
    for tenant in &store.tenants {
        let mut work = store.state.operate(*tenant).await.unwrap();
        for (_, row) in work.open_job_inputs(ROWS, 10_000).await.unwrap() {
            let id = Uuid::parse_str(row["job"].as_str().unwrap()).unwrap();
            steps.entry(id).or_default().push(row["step"].as_u64().unwrap());
        }
    }
    steps.values_mut().for_each(|steps| steps.sort_unstable());
    steps
}
