//! A queue for what is scarce, such as asking the warehouse or reading a file. So many run at once; of all tenants that
//! wait, the one whose last permit lies longest back is next, and within a tenant the one that came first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use parking_lot::Mutex;
use stratum_models::id::TenantId;
use tokio::sync::oneshot;

/// Tenants whose last permit is remembered though they neither run nor wait.
const REMEMBERED_MAX: usize = 1024;

/// The bounds on what runs and waits.
#[derive(Clone, Copy, Debug)]
pub struct QueueBounds {
    /// Permits at once.
    pub running_max: usize,
    /// Of them, those of one tenant.
    pub running_per_tenant_max: usize,
    /// Waiting for one; more are refused at once.
    pub waiting_max: usize,
    /// Of them, those of one tenant.
    pub waiting_per_tenant_max: usize,
    /// Longest wait.
    pub wait_max: Duration,
}

/// The names of the gauges that tell how many run and wait.
#[derive(Clone, Copy, Debug)]
pub struct QueueGauges {
    /// The number that runs.
    pub running: &'static str,
    /// The number that waits.
    pub waiting: &'static str,
}

/// The reason why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueRefusal {
    /// The tenant has as many waiting as it may.
    Tenant,
    /// All tenants together have.
    All,
    /// None came in time.
    Late,
}

/// Hands out the permits.
pub struct FairQueue {
    state: Mutex<QueueState>,
    gauges: QueueGauges,
    wait_max: Duration,
}

/// A permit to run, or a place in the queue for one. Given back when it is dropped.
pub struct QueuePermit {
    queue: Arc<FairQueue>,
    tenant: TenantId,
    number: u64,
}

struct QueueState {
    bounds: QueueBounds,
    running: usize,
    waiting: usize,
    tenants: HashMap<TenantId, TenantQueue>,
    /// Counts those that came, in their order.
    came: u64,
    /// Counts permits.
    handed_out: u64,
    /// No tenant that is not remembered had a permit after this one.
    forgotten: u64,
}

/// The questions of a tenant that run and wait.
#[derive(Default)]
struct TenantQueue {
    running: usize,
    waiting: VecDeque<Waiter>,
    /// The number of its last permit.
    last_permit: u64,
}

struct Waiter {
    number: u64,
    tell: oneshot::Sender<()>,
}

/// A number in the queue, and where its permit is told, unless it has it at once.
type QueueEntry = (u64, Option<oneshot::Receiver<()>>);

impl FairQueue {
    /// A queue within these bounds.
    pub fn new(bounds: QueueBounds, gauges: QueueGauges) -> FairQueue {
        FairQueue { state: Mutex::new(QueueState::new(bounds)), gauges, wait_max: bounds.wait_max }
    }

    /// A permit of a tenant, waited for.
    pub async fn take(self: &Arc<Self>, tenant: TenantId) -> Result<QueuePermit, QueueRefusal> {
        let (number, told) = self.with(|state| state.enter(tenant))?;
        let permit = QueuePermit { queue: self.clone(), tenant, number };
        let Some(told) = told else { return Ok(permit) };
        match tokio::time::timeout(self.wait_max, told).await {
            Ok(Ok(())) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(QueueRefusal::Late),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut QueueState) -> T) -> T {
        let mut state = self.state.lock();
        let outcome = act(&mut state);
        gauge!(self.gauges.running).set(state.running as f64);
        gauge!(self.gauges.waiting).set(state.waiting as f64);
        outcome
    }
}

impl Drop for QueuePermit {
    fn drop(&mut self) {
        self.queue.with(|state| state.leave(self.tenant, self.number));
    }
}

impl QueueState {
    fn new(bounds: QueueBounds) -> QueueState {
        QueueState {
            bounds,
            running: 0,
            waiting: 0,
            tenants: HashMap::new(),
            came: 0,
            handed_out: 0,
            forgotten: 0,
        }
    }

    fn enter(&mut self, tenant: TenantId) -> Result<QueueEntry, QueueRefusal> {
        let newcomer = TenantQueue { last_permit: self.forgotten, ..TenantQueue::default() };
        let line = self.tenants.entry(tenant).or_insert(newcomer);
        // Where there is room, whoever waits is at the bound of its own tenant.
        let has_room = self.running < self.bounds.running_max;
        if has_room && line.running < self.bounds.running_per_tenant_max {
            line.running += 1;
            self.running += 1;
            self.handed_out += 1;
            line.last_permit = self.handed_out;
            self.came += 1;
            return Ok((self.came, None));
        }
        if line.waiting.len() >= self.bounds.waiting_per_tenant_max {
            return Err(QueueRefusal::Tenant);
        }
        if self.waiting >= self.bounds.waiting_max {
            return Err(QueueRefusal::All);
        }
        self.came += 1;
        self.waiting += 1;
        let (tell, told) = oneshot::channel();
        line.waiting.push_back(Waiter { number: self.came, tell });
        Ok((self.came, Some(told)))
    }

    /// Takes one out, wherever it stands, and hands on what it leaves.
    fn leave(&mut self, tenant: TenantId, number: u64) {
        if let Some(line) = self.tenants.get_mut(&tenant) {
            match line.waiting.iter().position(|one| one.number == number) {
                Some(at) => {
                    line.waiting.remove(at);
                    self.waiting -= 1;
                }
                None => {
                    line.running -= 1;
                    self.running -= 1;
                }
            }
        }
        self.hand_out();
        self.forget();
    }

    fn hand_out(&mut self) {
        while self.waiting > 0 && self.running < self.bounds.running_max {
            let per_tenant = self.bounds.running_per_tenant_max;
            let may = self.tenants.values_mut().filter(|line| line.running < per_tenant);
            let first = |line: &TenantQueue| line.waiting.front().map(|one| one.number);
            let next = may.filter_map(|line| Some((line.last_permit, first(line)?, line)));
            let Some((.., line)) = next.min_by_key(|(last, first, _)| (*last, *first)) else {
                return;
            };
            let Some(waiting) = line.waiting.pop_front() else { return };
            line.running += 1;
            self.waiting -= 1;
            self.running += 1;
            self.handed_out += 1;
            line.last_permit = self.handed_out;
            // One that left at this very moment gives its permit back by itself.
            waiting.tell.send(()).ok();
        }
    }

    /// Forgets tenants that neither run nor wait, where there are many.
    fn forget(&mut self) {
        if self.tenants.len() <= REMEMBERED_MAX {
            return;
        }
        let forgotten = &mut self.forgotten;
        self.tenants.retain(|_, line| {
            let stays = line.running > 0 || !line.waiting.is_empty();
            if !stays {
                *forgotten = line.last_permit.max(*forgotten);
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests;
