//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use std::sync::Arc;

use stratum_models::directory::{ApiKeyHash, DatasetConfig};
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::UnixMillis;

use super::answers::Complaint;
use super::canonical::Canon;
use super::fault::Fault;
use super::fields::is_standard_name;
use super::parse::{ParsedRequest, parse_events};
use super::rules::judge;
use crate::append::Ticket;
use crate::decode::gzip::{self, Unpackable};
use crate::receive::{Denied, Door, Scratch, with_scratch};

/// Paths of faulty fields that an answer names at most.
const FIELDS_TOLD_MAX: usize = 10;

/// What is asked for, and by whom.
pub(super) struct Ask {
    /// The pixel or dataset of the path.
    pub(super) dataset_id: String,
    /// The key of the query or a header; one in the body comes second.
    pub(super) key: Option<ApiKeyHash>,
}

/// What became of a request, and the promise to wait for before it is said.
pub(super) struct Taken {
    pub(super) verdict: Result<usize, Complaint>,
    pub(super) ticket: Option<Ticket>,
}

impl Taken {
    fn refused(complaint: impl Into<Complaint>) -> Taken {
        Taken { verdict: Err(complaint.into()), ticket: None }
    }
}

/// Takes a body.
pub(super) fn take(door: &Door, ask: &Ask, body: &[u8]) -> Taken {
    with_scratch(|Scratch { arena, unpacked, person }| {
        let now = door.clock.now();
        let body = match gzip::is_packed(body) {
            false => body,
            true => match gzip::unpack(body, door.config.unpacked_bytes_max, unpacked) {
                Ok(()) => unpacked.as_slice(),
                Err(error) => return unpackable(door, ask, error, now),
            },
        };
        let parsed = parse_events(body, arena, &door.config);
        let token = parsed.as_ref().map_or_else(|refusal| refusal.access_token, |r| r.access_token);
        let config = match dataset(door, ask, token) {
            Ok(config) => config,
            Err(complaint) => {
                // Without a token, a body that cannot be read is the likelier mistake.
                return Taken::refused(match (parsed, token.is_none() && ask.key.is_none()) {
                    (Err(refusal), true) => Complaint::fault(None, &refusal.fault, Vec::new()),
                    _ => complaint,
                });
            }
        };
        let mut request = match parsed {
            Ok(request) => request,
            Err(refusal) => return refuse_whole(door, &config, refusal.fault, refusal.rows, now),
        };
        for event in &mut request.events {
            event.fault = judge(event, now, &door.config);
        }
        if request.events.iter().any(|event| event.fault.is_some()) {
            return refuse(door, &config, &request, now);
        }
        if let Err(denied) = door.admit(config.tenant_id, request.events.len()) {
            return Taken::refused(denied);
        }
        let keys = door.keys.of(config.tenant_id);
        let canon = Canon { config: &config, keys: &keys, now, limits: &door.config, arena };
        let events = canon.events(&request, person);
        match door.appender.enqueue_events(&events) {
            Ok(ticket) => Taken { verdict: Ok(events.len()), ticket: Some(ticket) },
            Err(_) => Taken::refused(Denied::Busy),
        }
    })
}

fn dataset(door: &Door, ask: &Ask, token: Option<&str>) -> Result<Arc<DatasetConfig>, Complaint> {
    let key = ask.key.or_else(|| token.map(ApiKeyHash::of)).ok_or_else(Complaint::no_token)?;
    Ok(door.directory.dataset(&key, Platform::Meta, &ask.dataset_id)?)
}

/// Records that a request was refused of which nothing was read.
pub(super) fn refuse_unread(door: &Door, ask: &Ask, denied: Denied) -> Option<Ticket> {
    let reason = match denied {
        Denied::TooLarge => RejectReason::TooLong,
        Denied::Slow | Denied::Broken => RejectReason::MalformedBody,
        Denied::Busy | Denied::Limited | Denied::Panicked => return None,
    };
    let config = dataset(door, ask, None).ok()?;
    refuse_whole(door, &config, Fault::of(reason, "", ""), 1, door.clock.now()).ticket
}

fn unpackable(door: &Door, ask: &Ask, error: Unpackable, now: UnixMillis) -> Taken {
    let (fault, complaint) = match error {
        Unpackable::TooLarge => {
            (Fault::of(RejectReason::TooLong, "", ""), Complaint::from(Denied::TooLarge))
        }
        Unpackable::Damaged(malformed) => {
            let fault = Fault::malformed("", malformed);
            (fault, Complaint::fault(None, &fault, Vec::new()))
        }
    };
    match dataset(door, ask, None) {
        Ok(config) => {
            Taken { verdict: Err(complaint), ..refuse_whole(door, &config, fault, 1, now) }
        }
        Err(_) if ask.key.is_none() => Taken::refused(complaint),
        Err(complaint) => Taken::refused(complaint),
    }
}

/// Refuses a request whose events are not known one by one: all have its fault.
fn refuse_whole(
    door: &Door,
    config: &DatasetConfig,
    fault: Fault,
    rows: usize,
    now: UnixMillis,
) -> Taken {
    let row = rejection(config, "", fault.reason, fault.field.to_owned(), now);
    door.meta.rejected(fault.reason, rows);
    let fields = Some(fault.field.to_owned()).filter(|field| !field.is_empty());
    Taken {
        verdict: Err(Complaint::fault(None, &fault, fields.into_iter().collect())),
        ticket: door.appender.enqueue_rejections(Topic::Events, &vec![row; rows]).ok(),
    }
}

/// Refuses every event because some have faults, each with its own reason.
fn refuse(
    door: &Door,
    config: &DatasetConfig,
    request: &ParsedRequest<'_>,
    now: UnixMillis,
) -> Taken {
    let mut rows = Vec::with_capacity(request.events.len());
    let mut first = None;
    let mut fields = Vec::new();
    for (index, event) in request.events.iter().enumerate() {
        let (reason, field) = match &event.fault {
            Some(fault) => (fault.reason, fault.path(Some(index))),
            None => (RejectReason::BatchRejected, String::new()),
        };
        if let Some(fault) = &event.fault {
            first.get_or_insert((index, fault));
            if fields.len() < FIELDS_TOLD_MAX {
                fields.push(field.clone());
            }
        }
        let name = event.event_name.filter(|name| is_standard_name(name)).unwrap_or_default();
        rows.push(rejection(config, name, reason, field, now));
        door.meta.rejected(reason, 1);
    }
    let ticket = door.appender.enqueue_rejections(Topic::Events, &rows).ok();
    let complaint = match first {
        Some((index, fault)) => Complaint::fault(Some(index), fault, fields),
        None => Denied::Panicked.into(),
    };
    Taken { verdict: Err(complaint), ticket }
}

fn rejection(
    config: &DatasetConfig,
    event_name: &str,
    reason: RejectReason,
    field: String,
    received_at: UnixMillis,
) -> Rejection {
    Rejection {
        tenant_id: config.tenant_id,
        platform: Platform::Meta,
        dataset_id: config.dataset_id.clone(),
        kind: RowKind::Event,
        event_name: event_name.to_owned(),
        reason,
        field,
        received_at,
    }
}
