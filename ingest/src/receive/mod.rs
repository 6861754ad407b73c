//! The way in: finds out who pays, bounds what a request may cost, hands its body to the dialect, and lets
//! the answer go out once the append is durable.

mod bounds;
mod allowance;
mod body;
mod key;
mod scratch;
mod trace;
mod work;
mod serve;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::Extensions;
use stratum_models::directory::TenantDirectory;
use stratum_models::entropy::SharedEntropy;
use stratum_models::id::TenantId;
use stratum_models::seal::IdentifierKeys;
use stratum_models::time::SharedClock;
use stratum_wire::limits::RowLimits;
use tokio::sync::Semaphore;

pub(crate) use self::body::{BodyReader, discard_unwanted};
pub(crate) use self::key::{header_key, presented_key, query_key, query_text, user_key};
pub(crate) use self::scratch::with_scratch;
pub(crate) use self::serve::{Complaint, Endpoint, Memory, Protocol, Verdict, refused_rows, serve};
pub use self::trace::TraceId;
pub(crate) use self::work::work;

use self::allowance::Allowances;
use self::bounds::{Busy, InFlight};
use self::trace::Traces;
use crate::append::Appender;
use crate::config::DoorConfig;

/// The parts of the front door.
pub struct FrontDoor {
    /// Who a key belongs to.
    pub directory: Arc<dyn TenantDirectory>,
    /// The keys that identifiers are sealed with.
    pub keys: Arc<IdentifierKeys>,
    /// The way into the log.
    pub appender: Appender,
    /// The time of receipt.
    pub clock: SharedClock,
    /// What envelopes are sealed with besides their keys, and ids of events that have none, come from.
    pub entropy: SharedEntropy,
    /// The address a request comes from, by which a sender is known whose key is not: of IPv6 its network.
    /// Requests without one are one sender's.
    pub client: fn(&Extensions) -> Option<IpAddr>,
    /// Bounds and rules.
    pub config: DoorConfig,
    /// Where the sequence of trace ids begins; another one for every process and start.
    pub trace_seed: u64,
}

/// The front door at work, shared by all requests.
pub(crate) struct Door {
    pub(crate) directory: Arc<dyn TenantDirectory>,
    pub(crate) keys: Arc<IdentifierKeys>,
    pub(crate) appender: Appender,
    pub(crate) clock: SharedClock,
    pub(crate) entropy: SharedEntropy,
    pub(crate) client: fn(&Extensions) -> Option<IpAddr>,
    pub(crate) config: DoorConfig,
    pub(crate) limits: RowLimits,
    pub(crate) traces: Traces,
    in_flight: InFlight,
    allowances: Allowances,
    large: Semaphore,
}

impl Door {
    pub(crate) fn new(front: FrontDoor) -> Door {
        let config = front.config;
        Door {
            directory: front.directory,
            keys: front.keys,
            appender: front.appender,
            clock: front.clock,
            entropy: front.entropy,
            client: front.client,
            traces: Traces::new(front.trace_seed),
            in_flight: InFlight::new(&config),
            allowances: Allowances::default(),
            large: Semaphore::new(config.large_bodies_max.max(1)),
            limits: config.row_limits(),
            config,
        }
    }

    /// Takes so many rows off what the tenant's plan allows now, whatever becomes of them.
    pub(crate) fn admit(&self, tenant: TenantId, rows: usize) -> Result<(), Denied> {
        let Some(rate) = self.directory.rows_per_second(tenant) else { return Ok(()) };
        let passes = self.allowances.take(tenant, rows, rate, self.clock.now());
        if passes { Ok(()) } else { Err(Denied::Limited) }
    }
}

/// Why a request ended before its protocol saw it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Too much is being worked on.
    Busy,
    /// The tenant sends more than its plan takes.
    Limited,
    /// The body is over its bound.
    TooLarge,
    /// The body did not arrive in time.
    Slow,
    /// The body ended before it was whole.
    Broken,
    /// There is no key to seal with what is to be handed on.
    Unsealed,
    /// A fault of ours; the program goes on.
    Panicked,
}

impl From<Busy> for Denied {
    fn from(_: Busy) -> Denied {
        Denied::Busy
    }
}
