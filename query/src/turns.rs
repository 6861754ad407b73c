//! Turns to ask. So many questions run at once; who waits is served fairly: of all tenants that wait,
//! the one whose last turn lies longest back is next, and within a tenant the one that came first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use parking_lot::Mutex;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use tokio::sync::oneshot;

use super::config::ClickHouseBounds;
use super::error::{busy, unavailable};
use crate::telemetry;

/// Tenants whose last turn is remembered though they neither run nor wait.
const REMEMBERED_MAX: usize = 1024;

/// Hands out the turns.
pub(super) struct Turns {
    board: Mutex<Board>,
    wait_max: Duration,
}

/// A turn, or a place in the line for one. Given back when it is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    tenant: TenantId,
    number: u64,
}

struct Board {
    running_max: usize,
    running_per_tenant_max: usize,
    waiting_max: usize,
    waiting_per_tenant_max: usize,
    running: usize,
    waiting: usize,
    lines: HashMap<TenantId, Line>,
    /// Counts questions, in the order they came.
    came: u64,
    /// Counts turns.
    handed_out: u64,
    /// No tenant that is not remembered had a turn after this one.
    forgotten: u64,
}

/// A tenant's questions.
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

/// Why there is no place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Full {
    /// The tenant's own line.
    Tenant,
    /// All lines together.
    All,
}

/// How it was let in: its number, and where it is told its turn, unless it has it at once.
type Entered = (u64, Option<oneshot::Receiver<()>>);

impl Turns {
    pub(super) fn new(bounds: &ClickHouseBounds) -> Turns {
        let wait_max = Duration::from_millis(bounds.queries_wait_ms_max);
        Turns { board: Mutex::new(Board::new(bounds)), wait_max }
    }

    /// A turn for a tenant's question; `Busy` when the tenant has too many waiting, `Unavailable`
    /// when all have, or when none comes in time.
    pub(super) async fn take(self: &Arc<Self>, tenant: TenantId) -> Result<Turn, StoreError> {
        let (number, told) = self.with(|board| board.enter(tenant)).map_err(refused)?;
        let turn = Turn { turns: self.clone(), tenant, number };
        let Some(told) = told else { return Ok(turn) };
        match tokio::time::timeout(self.wait_max, told).await {
            Ok(Ok(())) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(unavailable("no turn to ask came in time, try again")),
        }
    }
}

impl Turns {
    fn with<T>(&self, act: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = self.board.lock();
        let outcome = act(&mut board);
        gauge!(telemetry::QUESTIONS_RUNNING).set(board.running as f64);
        gauge!(telemetry::QUESTIONS_WAITING).set(board.waiting as f64);
        outcome
    }
}

fn refused(full: Full) -> StoreError {
    match full {
        Full::Tenant => busy("too many questions of this tenant wait already"),
        Full::All => unavailable("too many questions wait already, try again"),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.with(|board| board.leave(self.tenant, self.number));
    }
}

impl Board {
    fn new(bounds: &ClickHouseBounds) -> Board {
        Board {
            running_max: bounds.queries_concurrent_max,
            running_per_tenant_max: bounds.queries_per_tenant_max,
            waiting_max: bounds.queries_waiting_max,
            waiting_per_tenant_max: bounds.queries_waiting_per_tenant_max,
            running: 0,
            waiting: 0,
            lines: HashMap::new(),
            came: 0,
            handed_out: 0,
            forgotten: 0,
        }
    }

    fn enter(&mut self, tenant: TenantId) -> Result<Entered, Full> {
        let newcomer = Line { last_turn: self.forgotten, ..Line::default() };
        let line = self.lines.entry(tenant).or_insert(newcomer);
        // Where there is room, whoever waits is at the bound of its own tenant.
        let has_room = self.running < self.running_max;
        if has_room && line.running < self.running_per_tenant_max {
            line.running += 1;
            self.running += 1;
            self.handed_out += 1;
            line.last_turn = self.handed_out;
            self.came += 1;
            return Ok((self.came, None));
        }
        if line.waiting.len() >= self.waiting_per_tenant_max {
            return Err(Full::Tenant);
        }
        if self.waiting >= self.waiting_max {
            return Err(Full::All);
        }
        self.came += 1;
        self.waiting += 1;
        let (tell, told) = oneshot::channel();
        line.waiting.push_back(Waiting { number: self.came, tell });
        Ok((self.came, Some(told)))
    }

    /// Takes a question out, wherever it stands, and hands on what it leaves.
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
        while self.waiting > 0 && self.running < self.running_max {
            let per_tenant = self.running_per_tenant_max;
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
