//! Turns at what is scarce, such as asking the warehouse or reading a file. So many run at once; who waits
//! is served fairly: of all tenants that wait, the one whose last turn lies longest back is next, and within a
//! tenant the one that came first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use parking_lot::Mutex;
use stratum_models::id::TenantId;
use tokio::sync::oneshot;

/// Tenants whose last turn is remembered though they neither run nor wait.
const REMEMBERED_MAX: usize = 1024;

/// How many run and wait.
#[derive(Clone, Copy, Debug)]
pub struct TurnBounds {
    /// Turns at once.
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
pub struct TurnGauges {
    /// How many run.
    pub running: &'static str,
    /// How many wait.
    pub waiting: &'static str,
}

/// Why there is no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTurn {
    /// The tenant has as many waiting as it may.
    Tenant,
    /// All tenants together have.
    All,
    /// None came in time.
    Late,
}

/// Hands out the turns.
pub struct Turns {
    board: Mutex<Board>,
    gauges: TurnGauges,
    wait_max: Duration,
}

/// A turn, or a place in the line for one. Given back when it is dropped.
pub struct Turn {
    turns: Arc<Turns>,
    tenant: TenantId,
    number: u64,
}

struct Board {
    bounds: TurnBounds,
    running: usize,
    waiting: usize,
    lines: HashMap<TenantId, Line>,
    /// Counts those that came, in their order.
    came: u64,
    /// Counts turns.
    handed_out: u64,
    /// No tenant that is not remembered had a turn after this one.
    forgotten: u64,
}

/// What runs and waits of a tenant.
#[derive(Default)]
struct Line {
    running: usize,
    waiting: VecDeque<Waiting>,
    /// The number of its last turn.
    last_turn: u64,
}

struct Waiting {
    number: u64,
    tell: oneshot::Sender<()>,
}

/// How it was let in: its number, and where it is told its turn, unless it has it at once.
type Entered = (u64, Option<oneshot::Receiver<()>>);

impl Turns {
    /// Turns within these bounds.
    pub fn new(bounds: TurnBounds, gauges: TurnGauges) -> Turns {
        Turns { board: Mutex::new(Board::new(bounds)), gauges, wait_max: bounds.wait_max }
    }

    /// A turn of a tenant, waited for.
    pub async fn take(self: &Arc<Self>, tenant: TenantId) -> Result<Turn, NoTurn> {
        let (number, told) = self.with(|board| board.enter(tenant))?;
        let turn = Turn { turns: self.clone(), tenant, number };
        let Some(told) = told else { return Ok(turn) };
        match tokio::time::timeout(self.wait_max, told).await {
            Ok(Ok(())) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(NoTurn::Late),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = self.board.lock();
        let outcome = act(&mut board);
        gauge!(self.gauges.running).set(board.running as f64);
        gauge!(self.gauges.waiting).set(board.waiting as f64);
        outcome
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.with(|board| board.leave(self.tenant, self.number));
    }
}

impl Board {
    fn new(bounds: TurnBounds) -> Board {
        Board {
            bounds,
            running: 0,
            waiting: 0,
            lines: HashMap::new(),
            came: 0,
            handed_out: 0,
            forgotten: 0,
        }
    }

    fn enter(&mut self, tenant: TenantId) -> Result<Entered, NoTurn> {
        let newcomer = Line { last_turn: self.forgotten, ..Line::default() };
        let line = self.lines.entry(tenant).or_insert(newcomer);
        // Where there is room, whoever waits is at the bound of its own tenant.
        let has_room = self.running < self.bounds.running_max;
        if has_room && line.running < self.bounds.running_per_tenant_max {
            line.running += 1;
            self.running += 1;
            self.handed_out += 1;
            line.last_turn = self.handed_out;
            self.came += 1;
            return Ok((self.came, None));
        }
        if line.waiting.len() >= self.bounds.waiting_per_tenant_max {
            return Err(NoTurn::Tenant);
        }
        if self.waiting >= self.bounds.waiting_max {
            return Err(NoTurn::All);
        }
        self.came += 1;
        self.waiting += 1;
        let (tell, told) = oneshot::channel();
        line.waiting.push_back(Waiting { number: self.came, tell });
        Ok((self.came, Some(told)))
    }

    /// Takes one out, wherever it stands, and hands on what it leaves.
    fn leave(&mut self, tenant: TenantId, number: u64) {
        if let Some(line) = self.lines.get_mut(&tenant) {
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
            let may = self.lines.values_mut().filter(|line| line.running < per_tenant);
            let first = |line: &Line| line.waiting.front().map(|one| one.number);
            let next = may.filter_map(|line| Some((line.last_turn, first(line)?, line)));
            let Some((.., line)) = next.min_by_key(|(last, first, _)| (*last, *first)) else {
                return;
            };
            let Some(waiting) = line.waiting.pop_front() else { return };
            line.running += 1;
            self.waiting -= 1;
            self.running += 1;
            self.handed_out += 1;
            line.last_turn = self.handed_out;
            // One that left at this very moment gives its turn back by itself.
            waiting.tell.send(()).ok();
        }
    }

    /// Forgets tenants that neither run nor wait, where there are many.
    fn forget(&mut self) {
        if self.lines.len() <= REMEMBERED_MAX {
            return;
        }
        let forgotten = &mut self.forgotten;
        self.lines.retain(|_, line| {
            let stays = line.running > 0 || !line.waiting.is_empty();
            if !stays {
                *forgotten = line.last_turn.max(*forgotten);
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests;
