//! How runs end: again after a pause, for good, or as the other side says.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use stratum_jobs::{Job, JobError, JobFault, JobLimits, LeasedJob, Pause, RunEnd, Step, Worker};
use stratum_state::job::{EnqueueOutcome, JobKind, JobState, JobView};
use tokio_util::sync::CancellationToken;

use super::{KIND, Store, job, means};
use crate::fixture::eventually;

const WAIT: Duration = Duration::from_secs(60);
const FAILURES_MAX: u32 = 3;

/// Does what its input says, and writes down how its runs ended.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<RunEnd>>>);

impl Job for Told {
    const KIND: JobKind = KIND;
    type Input = String;
    type Progress = u32;

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: 1,
            running_per_tenant_max: 1,
            lease: Duration::from_secs(30),
            failures_max: FAILURES_MAX,
            pause: Pause { min: Duration::from_millis(1), max: Duration::from_millis(5) },
            stop_wait: Duration::ZERO,
        }
    }

    async fn step(
        &self,
        job: &LeasedJob<String>,
        last: Option<u32>,
    ) -> Result<Step<u32>, JobError> {
        let at = last.unwrap_or_default();
        match job.input.as_str() {
            "fails" => Err(JobError::retry("busy", "busy")),
            "is refused" => Err(JobFault::new("refused", "it never will").into()),
            "is told when" if at == 0 => {
                job.show(&1).await?;
                let fault = JobFault::new("throttled", "come again");
                Err(JobError::Retry { after: Some(Duration::ZERO), fault })
            }
            // Each failure is followed by progress.
            "goes on" if at < 2 * FAILURES_MAX => match self.0.lock().len() as u32 > at {
                true => Ok(Step::next(at + 1)),
                false => Err(JobError::retry("busy", "busy")),
            },
            "hangs" => std::future::pending().await,
            _ => Ok(Step::done()),
        }
    }

    async fn after_end(&self, _job: &LeasedJob<String>, end: &RunEnd) {
        self.0.lock().push(end.clone());
    }
}

/// A job of this input at its end, and how its runs ended.
async fn ended(store: &Store, input: &str) -> (JobView, Vec<&'static str>) {
    let (state, told, stop) = (store.process(), Told::default(), CancellationToken::new());
    let means = means(&state, 1);
    let signals = tokio::spawn(means.signals.clone().follow(state.clone(), stop.clone()));
    let worker = tokio::spawn(Worker::new(told.clone(), means).run(stop.clone()));
    let tenant = store.tenants[0];
    let mut work = state.system().await.unwrap();
    let queued = work.enqueue_job(tenant, &job(json!(input))).await.unwrap();
    work.commit().await.unwrap();
    let EnqueueOutcome::Queued(id) = queued else { panic!("{queued:?}") };
    let over = async || {
        let view = state.operate(tenant).await.unwrap().job(id).await.unwrap().unwrap();
        if input == "hangs" && view.state == JobState::Running {
            stop.cancel();
        }
        let stopped = worker.is_finished() && view.state == JobState::Queued;
        (view.ended_at.is_some() || stopped).then_some(view)
    };
    let view = eventually(input, WAIT, over).await;
    stop.cancel();
    worker.await.unwrap();
    signals.await.unwrap();
    state.close().await;
    let ends = told.0.lock().iter().map(RunEnd::as_str).collect();
    (view, ends)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_as_its_error_says() {
    let store = Store::open().await;
    for (input, state, ends, error) in [
        ("works", JobState::Done, vec!["done"], None),
        ("fails", JobState::Failed, vec!["waiting", "waiting", "failed"], Some("busy")),
        ("is refused", JobState::Failed, vec!["failed"], Some("it never will")),
        ("is told when", JobState::Done, vec!["waiting", "done"], None),
    ] {
        let (view, said) = ended(&store, input).await;
        assert_eq!((view.state, said, view.error.as_deref()), (state, ends, error), "{input}");
    }
    // A wait that the other side asks for is no failure, and failures count from the last progress on.
    let (view, ends) = ended(&store, "goes on").await;
    assert_eq!((view.state, ends.last()), (JobState::Done, Some(&"done")));
    assert!(ends.len() > FAILURES_MAX as usize, "{ends:?}");
    // A stop puts it back, as if nothing had been.
    let (view, ends) = ended(&store, "hangs").await;
    assert_eq!((view.state, view.failures, ends), (JobState::Queued, 0, vec!["stopped"]));
    store.close().await;
}
