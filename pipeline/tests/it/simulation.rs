//! Invariants 3 to 5 under everything that can go wrong at once: workers that are killed anywhere,
//! workers that go on after they lost their partitions, commits that fail before, in the middle of and
//! after their effect, a log that fails, rows sent twice, late and out of order.
//!
//! A seed replays a whole run. `SIMULATION_SEEDS=from..to` chooses the seeds; continuous integration asks
//! for more than the few of the default.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stratum_models::log::{EventLog, Topic};
use stratum_models::store::StoreErrorKind;
use stratum_models::table::Table;
use stratum_pipeline::{PipelineConfig, run};
use stratum_testing::memory_log::MemoryLog;
use stratum_testing::memory_warehouse::{MemoryWarehouse, WriterFault};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::drive::{pipeline, until_done};
use crate::load::Load;
use crate::reference::expected;
use crate::tables::{assert_balanced, positions, sums};

/// Drops a future after it was polled so often: a crash at any await of the loop. What is under way in a
/// batch is crashed from within the warehouse's calls.
struct CrashAfter<F> {
    polls: u32,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for CrashAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            self.future = None;
        }
        self.polls = self.polls.saturating_sub(1);
        match self.future.as_mut() {
            Some(future) => future.as_mut().poll(context).map(Some),
            None => Poll::Ready(None),
        }
    }
}

struct World {
    rng: ChaCha8Rng,
    log: MemoryLog,
    warehouse: MemoryWarehouse,
    config: PipelineConfig,
    partitions: [u32; 2],
    /// The newest workers that may be killed.
    mortals: Arc<Mutex<VecDeque<AbortHandle>>>,
}

/// Workers of the first group share the partitions. One of the second believes all are its own: it is
/// what a worker is that has lost its partitions and does not know it.
const GROUPS: [&str; 3] = ["pipeline", "pipeline", "zombie"];

impl World {
    fn new(seed: u64) -> World {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let partitions = [rng.random_range(1..4), rng.random_range(1..3)];
        let mut config = PipelineConfig::default();
        config.batch.wait_ms_max = rng.random_range(0..500);
        config.batch.wait_ms_min = rng.random_range(0..200);
        config.buffered_bytes_max = rng.random_range(1..60_000);
        config.batches_max = rng.random_range(1..4);
        config.retry.wait_ms_min = 10;
        config.retry.wait_ms_max = 300;
        let log = MemoryLog::new(partitions[0], partitions[1]);
        let mortals = Arc::default();
        World { rng, log, warehouse: MemoryWarehouse::new(), config, partitions, mortals }
    }

    /// Calls to the warehouse fail, about one in ten, and some kill a worker: perhaps the one that
    /// calls, in the middle of what it does.
    fn break_warehouse(&mut self) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.rng.random());
        let mortals = self.mortals.clone();
        self.warehouse.fail_with(move |_| {
            let fails = rng.random_bool(0.1);
            let mortals = mortals.lock();
            if !mortals.is_empty() && rng.random_bool(if fails { 0.4 } else { 0.03 }) {
                mortals[rng.random_range(0..mortals.len())].abort();
            }
            fails.then(|| match rng.random_range(0..4) {
                0 => WriterFault::Refuse(StoreErrorKind::Transient),
                1 => WriterFault::Refuse(StoreErrorKind::Unavailable),
                2 => WriterFault::LoseAnswer,
                _ => WriterFault::Tear(rng.random_range(0..6)),
            })
        });
    }

    fn start(&mut self, group: &str, lives: bool) -> JoinHandle<()> {
        // Each would plan other ranges than the one before it.
        let mut config = self.config.clone();
        config.batch.rows_max = [1, 20, 100, 1000][self.rng.random_range(0..4)];
        config.batch.bytes_max = [1, 2_000, 10_000, 100_000][self.rng.random_range(0..4)];
        let parts = pipeline(&self.log, &self.warehouse, &config, group);
        let polls = if lives { u32::MAX } else { self.rng.random_range(1..1000) };
        let worker = run(parts, CancellationToken::new());
        let worker = tokio::spawn(async move {
            let outcome = CrashAfter { polls, future: Some(Box::pin(worker)) }.await;
            // Nothing that goes wrong here is for good.
            assert!(outcome.is_none_or(|ended| ended.is_ok()), "a worker gave up");
        });
        if !lives {
            let mut mortals = self.mortals.lock();
            mortals.push_back(worker.abort_handle());
            if mortals.len() > GROUPS.len() {
                mortals.pop_front();
            }
        }
        worker
    }

    /// Appends records, while workers die and are started again.
    async fn live(&mut self, seed: u64) {
        let mut load = Load::new(seed);
        let mut workers = Vec::new();
        for _ in 0..self.rng.random_range(10..40) {
            if workers.len() < GROUPS.len() {
                workers.push(self.start(GROUPS[workers.len()], false));
            }
            for (at, worker) in workers.iter_mut().enumerate() {
                if worker.is_finished() && self.rng.random_bool(0.3) {
                    *worker = self.start(GROUPS[at], false);
                }
            }
            for _ in 0..self.rng.random_range(1..5) {
                self.log.append(load.records(self.partitions)).await.unwrap();
            }
            match self.rng.random_range(0..20) {
                0 => self.log.rebalance(Topic::Events, GROUPS[0]),
                1 => self.log.fail_read(StoreErrorKind::Transient),
                2 => self.break_warehouse(),
                3 => self.warehouse.heal(),
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..900))).await;
        }
        for worker in workers {
            worker.abort();
            assert!(!worker.await.is_err_and(|error| error.is_panic()), "a worker panicked");
        }
    }
}

async fn simulate(seed: u64) {
    let mut world = World::new(seed);
    world.break_warehouse();
    world.live(seed).await;
    world.warehouse.heal();
    let survivors = [world.start(GROUPS[0], true), world.start(GROUPS[2], true)];
    until_done(&world.log, &world.warehouse).await;
    for survivor in survivors {
        survivor.abort();
        assert!(!survivor.await.is_err_and(|error| error.is_panic()), "a worker panicked");
    }
    check(&world);
}

/// Every table is what the plain reference says, each row once.
fn check(world: &World) {
    let warehouse = &world.warehouse;
    assert_balanced(warehouse);
    for (table, expected) in expected(&world.log) {
        let landed = match table {
            Table::Events | Table::RejectedRows | Table::AdReports | Table::AdReportSplits => {
                positions(warehouse, table)
            }
            _ => sums(warehouse, table, |_| true),
        };
        let missing: Vec<_> =
            expected.iter().filter(|row| landed.get(row.0) != Some(row.1)).collect();
        let surplus: Vec<_> =
            landed.iter().filter(|row| expected.get(row.0) != Some(row.1)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{table}: expected {missing:?}, found {surplus:?}"
        );
    }
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("SIMULATION_SEEDS") else { return 0..25 };
    let (from, to) = asked.split_once("..").expect("SIMULATION_SEEDS=from..to");
    from.parse().expect("a seed")..to.parse().expect("a seed")
}

#[test]
fn every_record_counts_exactly_once() {
    for seed in seeds() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let run = std::panic::AssertUnwindSafe(|| runtime.block_on(simulate(seed)));
        if let Err(failure) = std::panic::catch_unwind(run) {
            println!("failed with SIMULATION_SEEDS={seed}..{}", seed + 1);
            std::panic::resume_unwind(failure);
        }
    }
}
