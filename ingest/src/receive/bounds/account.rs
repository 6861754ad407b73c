//! The account of each payer.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

use super::{Busy, Payer, Shares};

/// The requests and bytes held by all, and by each payer.
#[derive(Debug)]
pub(super) struct Accounts {
    shares: Shares,
    requests: usize,
    bytes: usize,
    strangers_bytes: usize,
    /// Payers that hold something.
    payers: HashMap<Payer, Account>,
    next_id: u64,
}

#[derive(Debug)]
struct Account {
    requests: usize,
    bytes: usize,
    waiting: HashMap<u64, Waiter>,
    /// Bytes of the requests that wait.
    waiting_bytes: usize,
    large: Arc<Semaphore>,
}

/// A request that waits for bytes of its sender.
#[derive(Debug)]
struct Waiter {
    bytes: usize,
    evicted: Arc<Notify>,
}

/// The thing there is too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Requests,
    Bytes,
}

impl Account {
    fn new(large: usize) -> Account {
        Account {
            requests: 0,
            bytes: 0,
            waiting: HashMap::new(),
            waiting_bytes: 0,
            large: Arc::new(Semaphore::new(large)),
        }
    }

    fn holds(&self, lack: Lack) -> usize {
        match lack {
            Lack::Requests => self.requests,
            Lack::Bytes => self.bytes,
        }
    }

    /// True if one of its waiting requests could give some of it back.
    fn can_give(&self, lack: Lack) -> bool {
        match lack {
            Lack::Requests => !self.waiting.is_empty(),
            Lack::Bytes => self.waiting_bytes > 0,
        }
    }

    fn take_waiting(&mut self, id: u64) -> Option<Waiter> {
        let waiting = self.waiting.remove(&id)?;
        self.waiting_bytes -= waiting.bytes;
        Some(waiting)
    }
}

impl Accounts {
    pub(super) fn new(shares: Shares) -> Accounts {
        Accounts {
            shares,
            requests: 0,
            bytes: 0,
            strangers_bytes: 0,
            payers: HashMap::new(),
            next_id: 0,
        }
    }

    pub(super) fn enter(&mut self, payer: Payer) -> Result<(), Busy> {
        let held = self.payers.get(&payer).map_or(0, |account| account.requests);
        if held >= self.shares.tenant_requests {
            return Err(Busy);
        }
        if self.requests >= self.shares.requests {
            self.evict(payer, 1, Lack::Requests)?;
        }
        let large = self.shares.large;
        self.payers.entry(payer).or_insert_with(|| Account::new(large)).requests += 1;
        self.requests += 1;
        Ok(())
    }

    pub(super) fn grow(&mut self, payer: Payer, bytes: usize) -> Result<(), Busy> {
        let held = self.payers.get(&payer).map_or(0, |account| account.bytes);
        let share = match payer {
            Payer::Stranger(_) => self.shares.address_bytes,
            Payer::Tenant(_) => self.shares.tenant_bytes,
        };
        if held.saturating_add(bytes) > share {
            return Err(Busy);
        }
        while self.bytes.saturating_add(bytes) > self.shares.bytes
            || payer.is_stranger()
                && self.strangers_bytes.saturating_add(bytes) > self.shares.strangers_bytes
        {
            self.evict(payer, bytes, Lack::Bytes)?;
        }
        self.add(payer, bytes);
        Ok(())
    }

    fn add(&mut self, payer: Payer, bytes: usize) {
        self.bytes += bytes;
        if payer.is_stranger() {
            self.strangers_bytes += bytes;
        }
        if let Some(account) = self.payers.get_mut(&payer) {
            account.bytes += bytes;
        }
    }

    /// Lets another pay for what a request holds; on a refusal nothing has changed.
    pub(super) fn pass_on(&mut self, from: Payer, to: Payer, bytes: usize) -> Result<(), Busy> {
        self.shrink(from, bytes);
        let entered = self.enter(to);
        let paid = entered.and_then(|()| self.grow(to, bytes));
        match (entered, paid) {
            (_, Ok(())) => self.leave(from, 0),
            (Ok(()), Err(Busy)) => {
                self.leave(to, 0);
                self.add(from, bytes);
            }
            (Err(Busy), _) => self.add(from, bytes),
        }
        paid
    }

    pub(super) fn shrink(&mut self, payer: Payer, bytes: usize) {
        self.bytes -= bytes;
        if payer.is_stranger() {
            self.strangers_bytes -= bytes;
        }
        if let Some(account) = self.payers.get_mut(&payer) {
            account.bytes -= bytes;
        }
    }

    pub(super) fn leave(&mut self, payer: Payer, bytes: usize) {
        self.shrink(payer, bytes);
        self.requests -= 1;
        if let Some(account) = self.payers.get_mut(&payer) {
            account.requests -= 1;
            if account.requests == 0 {
                self.payers.remove(&payer);
            }
        }
    }

    /// Notes a request that waits and holds so many bytes. Returns its number.
    pub(super) fn wait(&mut self, payer: Payer, bytes: usize, evicted: Arc<Notify>) -> u64 {
        self.next_id += 1;
        if let Some(account) = self.payers.get_mut(&payer) {
            account.waiting.insert(self.next_id, Waiter { bytes, evicted });
            account.waiting_bytes += bytes;
        }
        self.next_id
    }

    /// Ends a wait. False if the request has had to make room meanwhile.
    pub(super) fn wait_over(&mut self, payer: Payer, id: u64) -> bool {
        let account = self.payers.get_mut(&payer);
        account.is_some_and(|account| account.take_waiting(id).is_some())
    }

    pub(super) fn large(&self, payer: Payer) -> Arc<Semaphore> {
        let account = self.payers.get(&payer);
        account.map_or_else(|| Arc::new(Semaphore::new(1)), |account| account.large.clone())
    }

    /// Takes what a waiting request holds from the payer who holds most, strangers before tenants. A
    /// tenant never goes for a stranger, nor anybody for one who would then hold as much.
    fn evict(&mut self, asking: Payer, more: usize, lack: Lack) -> Result<(), Busy> {
        let mine = self.payers.get(&asking).map_or(0, |account| account.holds(lack));
        let mine = mine.saturating_add(more);
        let may_go = |payer: &Payer, account: &Account| {
            account.can_give(lack)
                && match (payer.is_stranger(), asking.is_stranger()) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => account.holds(lack) > mine && *payer != asking,
                }
        };
        let candidates = self.payers.iter().filter(|(payer, account)| may_go(payer, account));
        let victim =
            candidates.max_by_key(|(payer, account)| (payer.is_stranger(), account.holds(lack)));
        let payer = victim.map(|(payer, _)| *payer).ok_or(Busy)?;
        let account = self.payers.get_mut(&payer).ok_or(Busy)?;
        let largest = account.waiting.iter().max_by_key(|(_, waiting)| waiting.bytes);
        let id = largest.map(|(id, _)| *id).ok_or(Busy)?;
        let Waiter { bytes, evicted } = account.take_waiting(id).ok_or(Busy)?;
        evicted.notify_one();
        self.leave(payer, bytes);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn totals(&self) -> (usize, usize, usize, usize) {
        (self.requests, self.bytes, self.strangers_bytes, self.payers.len())
    }
}
