//! Permits in simulated time: nothing sleeps, a step is a millisecond.

use std::collections::BTreeMap;

use super::*;
use proptest::prelude::*;

const GAUGES: QueueGauges = QueueGauges { running: "running", waiting: "waiting" };

fn bounds(running: usize, per_tenant: usize, waiting: usize) -> QueueBounds {
    QueueBounds {
        running_max: running,
        running_per_tenant_max: per_tenant,
        waiting_max: 1_000_000,
        waiting_per_tenant_max: waiting,
        wait_max: Duration::from_secs(1),
    }
}

/// A question that came in.
struct Asked {
    tenant: TenantId,
    number: u64,
    told: Option<oneshot::Receiver<()>>,
    came_at: u64,
    ends_at: Option<u64>,
    takes: u64,
}

/// A state, and the questions on it.
struct Simulation {
    state: QueueState,
    now: u64,
    asked: Vec<Asked>,
    /// The waits of questions, by tenant.
    waited: BTreeMap<TenantId, Vec<u64>>,
}

impl Simulation {
    fn new(bounds: QueueBounds) -> Simulation {
        let (asked, waited) = (Vec::new(), BTreeMap::new());
        Simulation { state: QueueState::new(bounds), now: 0, asked, waited }
    }

    fn ask(&mut self, tenant: u64, takes: u64) {
        let tenant = TenantId(tenant);
        let (number, told) = self.state.enter(tenant).unwrap();
        let asked = Asked { tenant, number, told, came_at: self.now, ends_at: None, takes };
        self.asked.push(asked);
        self.begin();
    }

    /// Those that were told begin.
    fn begin(&mut self) {
        for asked in self.asked.iter_mut().filter(|asked| asked.ends_at.is_none()) {
            let may = asked.told.as_mut().is_none_or(|told| told.try_recv().is_ok());
            if may {
                asked.ends_at = Some(self.now + asked.takes);
                self.waited.entry(asked.tenant).or_default().push(self.now - asked.came_at);
            }
        }
        self.check();
    }

    fn check(&self) {
        let state = &self.state;
        let running = |tenant: Option<TenantId>| {
            let all = self.asked.iter().filter(|one| one.ends_at.is_some());
            all.filter(|one| tenant.is_none_or(|tenant| one.tenant == tenant)).count()
        };
        assert_eq!(
            (state.running, state.waiting),
            (running(None), self.asked.len() - running(None))
        );
        assert!(state.running <= state.bounds.running_max);
        for (tenant, line) in &state.tenants {
            assert_eq!(line.running, running(Some(*tenant)));
            assert!(line.running <= state.bounds.running_per_tenant_max);
            let may =
                line.running < state.bounds.running_per_tenant_max && !line.waiting.is_empty();
            assert!(state.running == state.bounds.running_max || !may, "a permit lies idle");
            let numbers: Vec<u64> = line.waiting.iter().map(|one| one.number).collect();
            assert!(numbers.is_sorted(), "who came first is first: {numbers:?}");
        }
    }

    fn step(&mut self) {
        self.now += 1;
        let now = self.now;
        let (ended, left): (Vec<Asked>, Vec<Asked>) =
            self.asked.drain(..).partition(|asked| asked.ends_at == Some(now));
        self.asked = left;
        for asked in &ended {
            self.state.leave(asked.tenant, asked.number);
        }
        self.begin();
    }

    fn give_up(&mut self, at: usize) {
        if !self.asked.is_empty() {
            let asked = self.asked.remove(at % self.asked.len());
            self.state.leave(asked.tenant, asked.number);
            self.begin();
        }
    }
}

const LONGEST: u64 = 50;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However many questions of others wait, a tenant's single one waits at most as long as one
    /// question takes, once each of the others has had its first turn: who never had one is served
    /// in the order in which they came.
    #[test]
    fn a_thousand_questions_of_one_hold_up_another_by_one_question_at_most(
        running in 1..9usize,
        greedy in 1..4u64,
        takes in prop::collection::vec(1..=LONGEST, 1000),
        pauses in prop::collection::vec(0..20u64, 5),
    ) {
        let mut simulation = Simulation::new(bounds(running, running, 2_000));
        for (at, takes) in (0u64..).zip(takes) {
            simulation.ask(at % greedy, takes);
        }
        (0..greedy * LONGEST).for_each(|_| simulation.step());
        for (tenant, pause) in (100..).zip(pauses) {
            (0..LONGEST + pause).for_each(|_| simulation.step());
            simulation.ask(tenant, 1);
        }
        (0..LONGEST).for_each(|_| simulation.step());
        for tenant in 100..105 {
            let waited = &simulation.waited[&TenantId(tenant)];
            prop_assert!(waited[0] <= LONGEST, "{tenant} waited {waited:?}");
        }
    }

    #[test]
    fn whatever_comes_and_goes_no_permit_is_lost(
        running in 1..5usize,
        per_tenant in 1..5usize,
        steps in prop::collection::vec((0..4u8, 0..6u64, 1..9u64), 1..200),
    ) {
        let mut simulation = Simulation::new(bounds(running, per_tenant, 1_000));
        for (what, tenant, takes) in steps {
            match what {
                0 | 1 => simulation.ask(tenant, takes),
                2 => simulation.give_up(takes as usize),
                _ => simulation.step(),
            }
        }
        (0..10_000).for_each(|_| if !simulation.asked.is_empty() { simulation.step() });
        prop_assert!(simulation.asked.is_empty());
        prop_assert_eq!((simulation.state.running, simulation.state.waiting), (0, 0));
    }
}

#[test]
fn tenants_that_wait_get_equal_shares() {
    let mut simulation = Simulation::new(bounds(3, 3, 2_000));
    for tenant in 0..4 {
        (0..if tenant == 0 { 2_000 } else { 100 }).for_each(|_| simulation.ask(tenant, 7));
    }
    (0..7 * 90).for_each(|_| simulation.step());
    let served = |tenant| simulation.waited[&TenantId(tenant)].len();
    let shares: Vec<usize> = (1..4).map(served).collect();
    assert!(shares.iter().all(|share| (65..=70).contains(share)), "{shares:?}");
}

#[test]
fn a_tenant_cannot_be_passed_by_newcomers_for_ever() {
    let mut simulation = Simulation::new(bounds(1, 1, 10));
    (0..2).for_each(|_| simulation.ask(1, 1));
    for newcomer in 2..3 * REMEMBERED_MAX as u64 {
        simulation.ask(newcomer, 1);
        simulation.step();
    }
    assert_eq!(simulation.waited[&TenantId(1)].len(), 2);
    assert!(simulation.state.tenants.len() <= REMEMBERED_MAX + 2);
}

#[tokio::test(start_paused = true)]
async fn a_full_line_refuses_at_once_and_says_whose_it_is() {
    let bounds = QueueBounds { waiting_max: 3, ..bounds(1, 1, 2) };
    let queue = Arc::new(FairQueue::new(bounds, GAUGES));
    let (one, other) = (TenantId(1), TenantId(2));
    let running = queue.take(one).await.unwrap();
    let wait = |tenant| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.take(tenant).await.map(drop) })
    };
    let waiting = [wait(one), wait(one), wait(other)];
    tokio::task::yield_now().await;
    let refused = async |tenant| queue.take(tenant).await.err().unwrap();
    assert_eq!(refused(one).await, QueueRefusal::Tenant);
    assert_eq!(refused(other).await, QueueRefusal::All);
    waiting[0].abort();
    tokio::task::yield_now().await;
    let waits = wait(other);
    drop(running);
    for told in waiting.into_iter().skip(1).chain([waits]) {
        told.await.unwrap().unwrap();
    }
    let held = queue.take(one).await.unwrap();
    assert_eq!(refused(one).await, QueueRefusal::Late);
    drop(held);
    assert!(queue.take(one).await.is_ok());
}
