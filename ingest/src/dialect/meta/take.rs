//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_wire::dialect::meta::{judge, parse_events, value_refused};
use stratum_wire::dialect::{ParsedRequest, Refusal};

use super::Meta;
use super::answers::{Complaint, path};
use crate::dialect::EventIntake;
use crate::receive::{Denied, Door, Memory, Verdict, refused_rows};

/// Paths of faulty fields that an answer names at most.
const FIELDS_TOLD_MAX: usize = 10;

/// Takes a body.
pub(super) fn take(
    door: &Door,
    config: &DatasetConfig,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let now = door.clock.now();
    let mut request = match parse_events(body, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(Refusal { fault, rows }) => {
            let fields = Some(fault.field.to_owned()).filter(|field| !field.is_empty());
            let complaint = Complaint::fault(None, &fault, fields.into_iter().collect());
            let rows = refused_rows::<Meta>(door, config, fault.reason, fault.field, rows);
            return Verdict::Refused(complaint, rows);
        }
    };
    for event in &mut request.events {
        event.fault = judge(event, now, &door.limits);
    }
    let intake = EventIntake { door, dialect: Dialect::Meta, config, others: &[], now };
    if request.events.iter().any(|event| event.fault.is_some()) {
        return Verdict::Refused(complaint(&request), intake.refused_events(&request));
    }
    let values = intake.refused_fields(&request, value_refused);
    intake.take(&request, &values, memory)
}

/// The complaint about a request some of whose events have faults: the first in words, and the paths of all.
fn complaint(request: &ParsedRequest<'_>) -> Complaint {
    let faults = request.events.iter().enumerate();
    let mut faults = faults.filter_map(|(index, event)| Some((index, event.fault?))).peekable();
    let Some((index, first)) = faults.peek().copied() else { return Denied::Panicked.into() };
    let fields = faults.take(FIELDS_TOLD_MAX).map(|(index, fault)| path(&fault, Some(index)));
    Complaint::fault(Some(index), &first, fields.collect())
}
