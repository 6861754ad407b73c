//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::directory::DatasetConfig;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::UnixMillis;

use super::Meta;
use super::answers::Complaint;
use super::canonical::Canon;
use super::fields::is_standard_name;
use super::parse::{ParsedRequest, Refusal, parse_events};
use super::rules::{judge, value_refused};
use super::scan::EventScan;
use crate::receive::{Denied, Door, Memory, Verdict, refused_rows};
use crate::rejections::Rejections;

/// Paths of faulty fields that an answer names at most.
const FIELDS_TOLD_MAX: usize = 10;

/// Takes a body.
pub(super) fn take(
    door: &Door,
    config: &DatasetConfig,
    body: &[u8],
    Memory { arena, person }: Memory<'_>,
) -> Verdict<Complaint> {
    let now = door.clock.now();
    let mut request = match parse_events(body, arena, &door.config) {
        Ok(request) => request,
        Err(Refusal { fault, rows }) => {
            let fields = Some(fault.field.to_owned()).filter(|field| !field.is_empty());
            let complaint = Complaint::fault(None, &fault, fields.into_iter().collect());
            let rows = refused_rows::<Meta>(door, config, fault.reason, fault.field, rows);
            return Verdict::Refused(complaint, rows);
        }
    };
    for event in &mut request.events {
        event.fault = judge(event, now, &door.config);
    }
    if request.events.iter().any(|event| event.fault.is_some()) {
        return refuse(config, &request, now);
    }
    if let Err(denied) = door.admit(config.tenant_id, request.events.len()) {
        return Verdict::Denied(denied);
    }
    let keys = door.keys.of(config.tenant_id);
    let canon = Canon { config, keys: &keys, now, limits: &door.config, arena };
    let events = canon.events(&request, person);
    let values = refused_values(config, &request, now);
    Verdict::enqueued(events.len(), door.appender.enqueue_events_without(&events, &values))
}

/// The values that events were taken without.
fn refused_values(
    config: &DatasetConfig,
    request: &ParsedRequest<'_>,
    now: UnixMillis,
) -> Vec<Rejection> {
    let mut refused = Rejections::new(config.tenant_id, RowKind::Field, now);
    for event in &request.events {
        if let Some(fault) = value_refused(event) {
            add(&mut refused, config, event, fault.reason, fault.field);
        }
    }
    refused.into_rows()
}

/// Refuses every event because some have faults, each with its own reason.
fn refuse(
    config: &DatasetConfig,
    request: &ParsedRequest<'_>,
    now: UnixMillis,
) -> Verdict<Complaint> {
    let mut refused = Rejections::new(config.tenant_id, RowKind::Event, now);
    let mut first = None;
    let mut fields = Vec::new();
    for (index, event) in request.events.iter().enumerate() {
        let (reason, field) = match &event.fault {
            Some(fault) => (fault.reason, fault.field),
            None => (RejectReason::BatchRejected, ""),
        };
        if let Some(fault) = &event.fault {
            first.get_or_insert((index, fault));
            if fields.len() < FIELDS_TOLD_MAX {
                fields.push(fault.path(Some(index)));
            }
        }
        add(&mut refused, config, event, reason, field);
    }
    let complaint = match first {
        Some((index, fault)) => Complaint::fault(Some(index), fault, fields),
        None => Denied::Panicked.into(),
    };
    Verdict::Refused(complaint, refused.into_rows())
}

fn add<'t>(
    refused: &mut Rejections<'t>,
    config: &'t DatasetConfig,
    event: &EventScan<'t>,
    reason: RejectReason,
    field: &'static str,
) {
    let name = event.event_name.filter(|name| is_standard_name(name)).unwrap_or_default();
    refused.add(Some(Platform::Meta), &config.dataset_id, name, reason, field, 1);
}
