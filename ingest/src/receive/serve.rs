//! One way in for all protocols: who pays is known before a body is read, nothing is answered with success
//! before it is durable, and what is refused is counted before it is answered.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use bumpalo::Bump;
use bytes::Bytes;
use futures::FutureExt;
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::store::StoreError;

use super::bounds::{Hold, Payer};
use super::{BodyReader, Denied, Door, discard_unwanted, presented_key, with_scratch, work};
use crate::append::Ticket;
use crate::telemetry::{Meters, Outcome};
use stratum_wire::decode::Malformed;
use stratum_wire::decode::gzip::{self, Unpackable};
use stratum_wire::envelope::DELIVERY_HEADER;
use stratum_wire::redact::Person;
use stratum_wire::rejections::Rejections;

/// The way requests of one kind are taken in: whose they are, what becomes of a body, and the words of answers.
/// Each wire format of events has one, ad reports have another.
pub(crate) trait Protocol: Send + Sync + 'static {
    /// The protocol's name in telemetry and log lines.
    const NAME: &'static str;
    /// The topic of its rejections.
    const TOPIC: Topic;
    /// The kind of its rows.
    const KIND: RowKind;
    /// The wire format of its events; `None` for ad reports.
    const DIALECT: Option<Dialect>;
    /// True if a body may hold the key.
    const KEY_IN_BODY: bool;
    /// The part of a request's head that its key is judged for.
    type Ask: Send + Sync;
    /// The dataset or tenant that a key opens.
    type Access: Send + Sync + 'static;
    /// The refusal of a request, in the protocol's words.
    type Complaint: Complaint;

    /// Reads a head. An error where there is no such path.
    fn ask(head: &Parts) -> Result<Self::Ask, Self::Complaint>;

    /// The key in a head.
    fn key(head: &Parts) -> Option<ApiKeyHash> {
        presented_key(head)
    }

    /// Looks up what the key opens.
    fn access(
        door: &Door,
        ask: &Self::Ask,
        key: &ApiKeyHash,
    ) -> Result<Arc<Self::Access>, AccessRefusal>;

    /// The tenant, and the dataset that its rejections are counted for.
    fn owner(access: &Self::Access) -> (TenantId, &str);

    /// The key a body holds. Of the body no more is looked at than that takes; `None` where it holds none
    /// as far as it goes.
    fn key_in_body(_body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
        Ok(None)
    }

    /// The complaint about a request without a key.
    fn no_key() -> Self::Complaint;

    /// Takes an unpacked body, without waiting for anything.
    fn take(
        door: &Door,
        access: &Self::Access,
        body: &[u8],
        memory: Memory<'_>,
    ) -> Verdict<Self::Complaint>;
}

/// The refusal of a request.
pub(crate) trait Complaint:
    From<Denied> + From<AccessRefusal> + From<StoreError> + From<Malformed> + Send + 'static
{
    /// The outcome in telemetry.
    fn outcome(&self) -> Outcome;

    /// The rows of the request that were taken all the same.
    fn rows_taken(&self) -> usize {
        0
    }
}

/// Memory for the length of one request.
pub(crate) struct Memory<'m> {
    /// Texts that cannot be borrowed from the body.
    pub(crate) arena: &'m Bump,
    /// The person of the event at hand.
    pub(crate) person: &'m mut Person,
    /// True if the request hands events on: they go no further.
    pub(crate) is_relayed: bool,
}

/// The fate of a body.
pub(crate) enum Verdict<C> {
    /// So many rows are on their way into the log.
    Rows(usize, Ticket),
    /// Some rows are on their way into the log, and with them what counts those that are refused.
    Partly(C, Vec<Rejection>, Ticket),
    /// All rows are refused, and counted so; none is where it is not known whose they are.
    Refused(C, Vec<Rejection>),
    /// Nothing was taken in; it may come again.
    Denied(Denied),
}

impl<C> Verdict<C> {
    /// The same, where the request held other rows that are refused.
    pub(crate) fn but(self, complaint: C, refused: Vec<Rejection>) -> Verdict<C> {
        match self {
            Verdict::Rows(_, ticket) => Verdict::Partly(complaint, refused, ticket),
            verdict => verdict,
        }
    }

    /// The verdict on `rows` rows that were given to the appender.
    pub(crate) fn enqueued<E>(rows: usize, ticket: Result<Ticket, E>) -> Verdict<C> {
        match ticket {
            Ok(ticket) => Verdict::Rows(rows, ticket),
            Err(_) => Verdict::Denied(Denied::Busy),
        }
    }
}

/// A protocol at work: the front door that all share, and its own telemetry.
pub(crate) struct Endpoint<P> {
    pub(crate) door: Arc<Door>,
    meters: Meters,
    protocol: PhantomData<P>,
}

impl<P: Protocol> Endpoint<P> {
    /// An endpoint behind this door. Make it after the metrics recorder was installed.
    pub(crate) fn new(door: Arc<Door>) -> Arc<Endpoint<P>> {
        Arc::new(Endpoint { door, meters: Meters::new(P::NAME), protocol: PhantomData })
    }
}

/// Serves a request: how many rows were taken, durable by then.
pub(crate) async fn serve<P: Protocol>(
    endpoint: &Endpoint<P>,
    request: Request,
) -> Result<usize, P::Complaint> {
    let Endpoint { door, meters, .. } = endpoint;
    let began = door.clock.now();
    let _running = meters.begin();
    let served = AssertUnwindSafe(take_in(endpoint, request)).catch_unwind().await;
    let served = served.unwrap_or_else(|_| Err(Denied::Panicked.into()));
    let took_ms = door.clock.now().0 - began.0;
    match &served {
        Ok(rows) => meters.end(Outcome::Accepted, *rows, took_ms),
        Err(complaint) => meters.end(complaint.outcome(), complaint.rows_taken(), took_ms),
    }
    served
}

async fn take_in<P: Protocol>(
    endpoint: &Endpoint<P>,
    request: Request,
) -> Result<usize, P::Complaint> {
    let Endpoint { door, meters, .. } = endpoint;
    let (head, body) = request.into_parts();
    let (access, body, hold) = match receive::<P>(door, &head, body).await? {
        Arrival::Whole(access, body, hold) => (access, body, hold),
        Arrival::Unread(access, denied) => {
            if let Some(reason) = unread(denied) {
                refuse(endpoint, &access, whole::<P>(door, &access, reason)).await?;
            }
            return Err(denied.into());
        }
    };
    meters.received(body.len());
    let verdict = {
        let (access, is_relayed) = (access.clone(), head.headers.contains_key(DELIVERY_HEADER));
        let take =
            move |door: &Door, body: &[u8]| take_unpacked::<P>(door, &access, body, is_relayed);
        work(door, &hold, body, take).await?
    };
    match verdict {
        Verdict::Rows(rows, ticket) => durable::<P>(ticket).await.map(|()| rows),
        Verdict::Partly(complaint, refused, ticket) => {
            for one in refused.iter().filter(|one| one.kind == P::KIND) {
                meters.rejected(one.reason, one.rows);
            }
            durable::<P>(ticket).await.and(Err(complaint))
        }
        Verdict::Refused(complaint, rejections) => {
            refuse(endpoint, &access, rejections).await.and(Err(complaint))
        }
        Verdict::Denied(denied) => Err(denied.into()),
    }
}

async fn durable<P: Protocol>(ticket: Ticket) -> Result<(), P::Complaint> {
    ticket.durable().await.map_err(|error| {
        tracing::warn!(%error, dialect = P::NAME, "append failed");
        error.into()
    })
}

/// A body of somebody who is known, or why there is none.
enum Arrival<P: Protocol> {
    Whole(Arc<P::Access>, Bytes, Hold),
    Unread(Arc<P::Access>, Denied),
}

async fn receive<P: Protocol>(
    door: &Arc<Door>,
    head: &Parts,
    body: Body,
) -> Result<Arrival<P>, P::Complaint> {
    let ask = P::ask(head)?;
    let Some(key) = P::key(head) else {
        if P::KEY_IN_BODY {
            let address = (door.client)(&head.extensions);
            return find_key::<P>(door, &ask, address, body).await;
        }
        discard_unwanted(door, body);
        return Err(P::no_key());
    };
    match admitted::<P>(door, &ask, &key) {
        Ok((access, tenant)) => {
            let hold = door.in_flight.enter(Payer::Tenant(tenant)).map_err(Denied::from)?;
            Ok(Arrival::of(access, BodyReader::new(door, body, hold).whole().await))
        }
        Err(complaint) => {
            discard_unwanted(door, body);
            Err(complaint)
        }
    }
}

impl<P: Protocol> Arrival<P> {
    fn of(access: Arc<P::Access>, whole: Result<(Bytes, Hold), Denied>) -> Arrival<P> {
        match whole {
            Ok((body, hold)) => Arrival::Whole(access, body, hold),
            Err(denied) => Arrival::Unread(access, denied),
        }
    }
}

/// Looks up what the key opens. An error if its tenant has sent more than its plan takes already.
fn admitted<P: Protocol>(
    door: &Door,
    ask: &P::Ask,
    key: &ApiKeyHash,
) -> Result<(Arc<P::Access>, TenantId), P::Complaint> {
    let access = P::access(door, ask, key)?;
    let (tenant, _) = P::owner(&access);
    door.admit(tenant, 0)?;
    Ok((access, tenant))
}

/// Looks for the key in a body, whose bytes are a stranger's until it is found. It is looked for early,
/// and again at the end: some clients send it last.
async fn find_key<P: Protocol>(
    door: &Arc<Door>,
    ask: &P::Ask,
    address: Option<IpAddr>,
    body: Body,
) -> Result<Arrival<P>, P::Complaint> {
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let hold = door.in_flight.enter(Payer::Stranger(address)).map_err(Denied::from)?;
    let mut reader = BodyReader::new(door, body, hold);
    let early = door.config.keyless_bytes_max;
    let is_whole = reader.read_to(early).await?;
    if let Some(key) = early_key::<P>(reader.bytes(), early, is_whole)? {
        let (access, tenant) = admitted::<P>(door, ask, &key)?;
        reader.hold().pay(tenant).map_err(Denied::from)?;
        return Ok(Arrival::of(access, reader.whole().await));
    }
    let (body, mut hold) = reader.whole().await?;
    let found = work(door, &hold, body.clone(), |_, body| P::key_in_body(body)).await?;
    let key = found?.ok_or_else(P::no_key)?;
    let (access, tenant) = admitted::<P>(door, ask, &key)?;
    hold.pay(tenant).map_err(Denied::from)?;
    Ok(Arrival::Whole(access, body, hold))
}

/// The key in the first bytes of a body. An error where it cannot come any more: not in a body that is
/// here, nor in one that is packed, of which no more is unpacked than `bytes_max`.
fn early_key<P: Protocol>(
    start: &[u8],
    bytes_max: usize,
    is_whole: bool,
) -> Result<Option<ApiKeyHash>, P::Complaint> {
    if gzip::is_packed(start) {
        let found = P::key_in_body(&gzip::unpack_start(start, bytes_max));
        return found.ok().flatten().map(Some).ok_or_else(P::no_key);
    }
    match P::key_in_body(start) {
        Ok(None) if is_whole => Err(P::no_key()),
        Ok(found) => Ok(found),
        // Without a key, a body that cannot be read is the likelier mistake.
        Err(malformed) if is_whole => Err(malformed.into()),
        Err(_) => Ok(None),
    }
}

/// The reason that is kept of a body which was not read to its end; `None` where it may come again.
fn unread(denied: Denied) -> Option<RejectReason> {
    match denied {
        Denied::TooLarge => Some(RejectReason::TooLong),
        Denied::Slow | Denied::Broken => Some(RejectReason::MalformedBody),
        Denied::Busy | Denied::Limited | Denied::Unsealed | Denied::Panicked => None,
    }
}

fn take_unpacked<P: Protocol>(
    door: &Door,
    access: &P::Access,
    body: &[u8],
    is_relayed: bool,
) -> Verdict<P::Complaint> {
    with_scratch(|scratch| {
        let body = if gzip::is_packed(body) {
            match gzip::unpack(body, door.config.unpacked_bytes_max, &mut scratch.unpacked) {
                Ok(()) => scratch.unpacked.as_slice(),
                Err(error) => {
                    let (reason, complaint) = match error {
                        Unpackable::TooLarge => (RejectReason::TooLong, Denied::TooLarge.into()),
                        Unpackable::Damaged(malformed) => {
                            (RejectReason::MalformedBody, malformed.into())
                        }
                    };
                    return Verdict::Refused(complaint, whole::<P>(door, access, reason));
                }
            }
        } else {
            body
        };
        let (arena, person) = (&scratch.arena, &mut scratch.person);
        P::take(door, access, body, Memory { arena, person, is_relayed })
    })
}

/// One rejection for a request whose rows are not known.
fn whole<P: Protocol>(door: &Door, access: &P::Access, reason: RejectReason) -> Vec<Rejection> {
    refused_rows::<P>(door, access, reason, "", 1)
}

/// So many rows that were refused as one.
pub(crate) fn refused_rows<P: Protocol>(
    door: &Door,
    access: &P::Access,
    reason: RejectReason,
    field: &'static str,
    rows: usize,
) -> Vec<Rejection> {
    let (tenant, dataset_id) = P::owner(access);
    let mut rejections = Rejections::new(tenant, P::DIALECT, P::KIND, door.clock.now());
    let platform = P::DIALECT.and_then(Dialect::platform);
    rejections.add(platform, dataset_id, "", reason, field, rows as u64);
    rejections.into_rows()
}

/// Counts refused rows; they are durable when this returns. An error is told instead of the refusal,
/// which is then to come again.
async fn refuse<P: Protocol>(
    endpoint: &Endpoint<P>,
    access: &P::Access,
    rejections: Vec<Rejection>,
) -> Result<(), P::Complaint> {
    let Endpoint { door, meters, .. } = endpoint;
    if rejections.is_empty() {
        return Ok(());
    }
    let (tenant, _) = P::owner(access);
    let rows = rejections.iter().map(|one| one.rows).sum::<u64>();
    door.admit(tenant, usize::try_from(rows).unwrap_or(usize::MAX))?;
    let ticket = door.appender.enqueue_rejections(P::TOPIC, &rejections);
    let ticket = ticket.map_err(|_| Denied::Busy)?;
    for one in &rejections {
        meters.rejected(one.reason, one.rows);
    }
    ticket.durable().await.inspect_err(|error| {
        tracing::warn!(%error, dialect = P::NAME, "append of rejections failed");
    })?;
    Ok(())
}
