//! Bounds on what is in memory at once: requests, and the bytes of their bodies. Everybody has a share, a
//! tenant by its key and a sender whose key is not known yet by its address, so that nobody's bodies keep
//! out another's.

mod account;

use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use stratum_models::id::TenantId;
use tokio::sync::{Notify, Semaphore};

use self::account::Accounts;
use crate::config::DoorConfig;

/// Too much is being worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// The one who pays for the memory of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Payer {
    /// A sender without a known key: its address, of IPv6 its network.
    Stranger(IpAddr),
    /// The tenant of its key.
    Tenant(TenantId),
}

impl Payer {
    fn is_stranger(self) -> bool {
        matches!(self, Payer::Stranger(_))
    }
}

/// The bounds of requests and bytes held at once.
#[derive(Clone, Copy, Debug)]
struct Shares {
    requests: usize,
    bytes: usize,
    tenant_requests: usize,
    tenant_bytes: usize,
    /// Of all strangers together.
    strangers_bytes: usize,
    address_bytes: usize,
    /// Large bodies of one payer that are read at once.
    large: usize,
}

/// Counts what is being worked on.
#[derive(Debug)]
pub(crate) struct InFlight {
    accounts: Arc<Mutex<Accounts>>,
}

impl InFlight {
    pub(crate) fn new(config: &DoorConfig) -> InFlight {
        let shares = Shares {
            requests: config.requests_in_flight_max,
            bytes: config.bytes_in_flight_max,
            tenant_requests: config.requests_in_flight_per_tenant_max,
            tenant_bytes: config.bytes_in_flight_per_tenant_max,
            strangers_bytes: config.keyless_bytes_in_flight_max,
            address_bytes: config.keyless_bytes_per_address_max,
            large: config.large_bodies_max.div_ceil(2).max(1),
        };
        InFlight { accounts: Arc::new(Mutex::new(Accounts::new(shares))) }
    }

    /// Lets one more request in.
    pub(crate) fn enter(&self, payer: Payer) -> Result<Hold, Busy> {
        self.accounts.lock().enter(payer)?;
        Ok(Hold { accounts: self.accounts.clone(), payer, bytes: 0, waiting: None })
    }
}

/// The part that one request holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    accounts: Arc<Mutex<Accounts>>,
    payer: Payer,
    bytes: usize,
    /// While it waits for bytes.
    waiting: Option<(u64, Arc<Notify>)>,
}

impl Hold {
    /// Takes room for so many bytes more. Where there is none, requests that wait for their bytes make
    /// room: those of strangers first, then those of a tenant that holds more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Busy> {
        self.accounts.lock().grow(self.payer, bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Lets the tenant of a key that was found pay from now on.
    pub(crate) fn pay(&mut self, tenant: TenantId) -> Result<(), Busy> {
        let payer = Payer::Tenant(tenant);
        self.accounts.lock().pass_on(self.payer, payer, self.bytes)?;
        self.payer = payer;
        Ok(())
    }

    /// Gives back the bytes.
    pub(crate) fn empty(&mut self) {
        self.accounts.lock().shrink(self.payer, self.bytes);
        self.bytes = 0;
    }

    /// The request waits for its sender, and may have to make room for others. Returns when it has to.
    pub(crate) async fn make_room(&mut self) {
        let evicted = match &self.waiting {
            Some((_, evicted)) => evicted.clone(),
            None => {
                let evicted = Arc::new(Notify::new());
                let id = self.accounts.lock().wait(self.payer, self.bytes, evicted.clone());
                self.waiting = Some((id, evicted.clone()));
                evicted
            }
        };
        evicted.notified().await;
    }

    /// Bytes came: the request waits no longer. `Busy` when it had to make room.
    pub(crate) fn wait_over(&mut self) -> Result<(), Busy> {
        match self.waiting.take() {
            Some((id, _)) if !self.accounts.lock().wait_over(self.payer, id) => {
                self.waiting = Some((id, Arc::new(Notify::new())));
                Err(Busy)
            }
            _ => Ok(()),
        }
    }

    /// A share of the threads that large bodies are read on.
    pub(crate) fn large(&self) -> Arc<Semaphore> {
        self.accounts.lock().large(self.payer)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut accounts = self.accounts.lock();
        let id = self.waiting.as_ref().map(|(id, _)| *id);
        // One that had to make room has given everything back.
        if id.is_none_or(|id| accounts.wait_over(self.payer, id)) {
            accounts.leave(self.payer, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests;
