//! The queue of jobs on a real Postgres: who is next, how much one may have, and what crashes leave.

mod crashes;
mod ends;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sqlx::Connection as _;
use stratum_engines::{PostgresEngine, StateFolder};
use stratum_jobs::{JobSignals, JobsConfig, WorkerMeans};
use stratum_models::chance::Chance;
use stratum_models::entropy::Entropy;
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::secret::Secret;
use stratum_models::time::{Clock, UnixMillis};
use stratum_state::job::{EnqueueOutcome, JobKind, JobView, NewJob};
use stratum_state::job_lease::ClaimedJob;
use stratum_state::seal::Seal;
use stratum_state::tenant::NewTenant;
use stratum_state::{PostgresState, StateConfig, schema};
use tempfile::TempDir;
use uuid::Uuid;

use crate::engines;

/// A clock that the test moves.
pub struct Hands(AtomicI64);

impl Hands {
    fn new() -> Arc<Hands> {
        Arc::new(Hands(AtomicI64::new(1_790_000_000_000)))
    }

    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

/// The machine's clock.
struct Machine;

impl Clock for Machine {
    fn now(&self) -> UnixMillis {
        UnixMillis(chrono::Utc::now().timestamp_millis())
    }
}

/// Chance that several share.
pub struct SharedChance(Mutex<Chance>);

impl SharedChance {
    pub fn new(seed: u64) -> SharedChance {
        SharedChance(Mutex::new(Chance::new(seed)))
    }

    pub fn bits(&self) -> u64 {
        self.0.lock().bits()
    }

    pub fn below(&self, end: usize) -> usize {
        self.0.lock().below(end)
    }
}

impl Entropy for SharedChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A state store with some tenants.
pub struct Store {
    pub state: PostgresState,
    pub hands: Arc<Hands>,
    pub tenants: Vec<TenantId>,
    config: StateConfig,
    engine: PostgresEngine,
    _folder: TempDir,
}

const LEASE: Duration = Duration::from_secs(30);

impl Store {
    pub async fn open() -> Store {
        let dir = engines::temporary();
        let folder = StateFolder::open(dir.path()).await.unwrap();
        let engine = PostgresEngine::start(&folder, &engines::settings()).await.unwrap();
        let config = StateConfig {
            url: Secret::new(engine.url().to_owned()),
            migration_url: Secret::new(engine.migration_url().to_owned()),
            ..StateConfig::default()
        };
        schema::migrate(&config).await.unwrap();
        let hands = Hands::new();
        let state = open(&config, hands.clone());
        let mut tenants = Vec::new();
        for slug in ["one", "two", "three"] {
            let mut work = state.system().await.unwrap();
            let new = NewTenant {
                slug: slug.into(),
                name: slug.into(),
                time_zone: chrono_tz::UTC,
                reporting_currency: Currency::USD,
            };
            tenants.push(work.create_tenant(&new).await.unwrap());
            work.commit().await.unwrap();
        }
        Store { state, hands, tenants, config, engine, _folder: dir }
    }

    /// The same store as another process sees it, by the machine's clock.
    pub fn process(&self) -> PostgresState {
        open(&self.config, Arc::new(Machine))
    }

    /// A connection as the owner of the tables, who sees every tenant's rows.
    pub async fn owner(&self) -> sqlx::PgConnection {
        let url = self.engine.migration_url();
        let mut owner = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql("SET stratum.every_tenant = 'on'").execute(&mut owner).await.unwrap();
        owner
    }

    pub async fn close(self) {
        self.state.close().await;
        self.engine.stop().await;
    }

    /// Queues a job, later than those before it.
    pub async fn queue(&self, tenant: TenantId, new: NewJob) -> EnqueueOutcome {
        self.hands.pass(Duration::from_millis(1));
        let mut work = self.state.system().await.unwrap();
        let queued = work.enqueue_job(tenant, &new).await.unwrap();
        work.commit().await.unwrap();
        queued
    }

    pub async fn claim(&self, running_max: i64) -> Option<ClaimedJob> {
        let mut work = self.state.system().await.unwrap();
        let claimed = work.claim_job(KIND, LEASE, running_max).await.unwrap();
        work.commit().await.unwrap();
        claimed
    }

    pub async fn finish(&self, job: &ClaimedJob) -> bool {
        let mut work = self.state.system().await.unwrap();
        let held = work.finish_job(&job.lease, None).await.unwrap();
        work.commit().await.unwrap();
        held
    }

    pub async fn view(&self, tenant: TenantId, job: Uuid) -> JobView {
        self.state.operate(tenant).await.unwrap().job(job).await.unwrap().expect("a job")
    }
}

fn open(config: &StateConfig, clock: Arc<dyn Clock>) -> PostgresState {
    let seal = Seal::new(b"the key of a test, at least 32 characters").unwrap();
    PostgresState::open(config, clock, Arc::new(SharedChance::new(rand::random())), seal).unwrap()
}

/// Jobs of this kind are worked at by the test alone.
pub const KIND: JobKind = JobKind::Training;

pub fn job(input: Value) -> NewJob {
    NewJob::of(KIND, input)
}

/// A worker's means on a store of its own process. It looks by itself so seldom that it must be woken.
pub fn means(state: &PostgresState, seed: u64) -> WorkerMeans {
    WorkerMeans {
        state: state.clone(),
        signals: JobSignals::default(),
        clock: Arc::new(Machine),
        entropy: Arc::new(SharedChance::new(seed)),
        config: JobsConfig { poll_ms: 600_000, ..JobsConfig::default() },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_rests_sealed_and_goes_when_the_job_ends() {
    let store = Store::open().await;
    let tenant = store.tenants[0];
    let secret = json!({"to": "ana@example.com", "token": "t0ken"});
    let queued = store.queue(tenant, NewJob { is_secret: true, ..job(secret.clone()) }).await;
    let EnqueueOutcome::Queued(id) = queued else { panic!("{queued:?}") };
    let row = async || {
        let mut owner = store.owner().await;
        let row = "SELECT j::text, input_sealed IS NOT NULL FROM jobs j";
        let row: (String, bool) = sqlx::query_as(row).fetch_one(&mut owner).await.unwrap();
        row
    };
    let (text, sealed) = row().await;
    assert!(sealed && !text.contains("ana@") && !text.contains("t0ken"), "{text}");
    let claimed = store.claim(1).await.expect("a job");
    assert_eq!((claimed.lease.job, claimed.input.as_ref()), (id, Some(&secret)));
    let mut work = store.state.operate(tenant).await.unwrap();
    assert_eq!(work.open_job_inputs(KIND, 10).await.unwrap(), [(id, secret)]);
    drop(work);
    let mut work = store.state.operate(store.tenants[1]).await.unwrap();
    assert!(work.open_job_inputs(KIND, 10).await.unwrap().is_empty(), "another tenant's");
    assert!(work.job(id).await.unwrap().is_none() && !work.cancel_job(id).await.unwrap());
    drop(work);
    assert!(store.finish(&claimed).await);
    assert!(!row().await.1, "the secret outlives its job");
    store.close().await;
}
