//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::dialect::Dialect;
use stratum_wire::dialect::ga4::{judge, parse_events, value_refused};
use stratum_wire::dialect::{EventScan, ParsedRequest};

use super::Access;
use super::answers::{Answer, ValidationMessage};
use crate::dialect::EventIntake;
use crate::receive::{Door, Memory, Verdict};

/// Takes a body, or judges it.
pub(super) fn take(
    door: &Door,
    access: &Access,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Answer> {
    let (config, now) = (&*access.config, door.clock.now());
    let intake = EventIntake { door, dialect: Dialect::Ga4, config, others: &[], now };
    let mut request = match parse_events(body, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(refusal) if access.debug => {
            let message = ValidationMessage::of(None, &refusal.fault);
            return Verdict::Refused(Answer::Judged(vec![message]), Vec::new());
        }
        Err(refusal) => {
            let answer = Answer::Taken { rows: 0, all: false };
            return Verdict::Refused(answer, intake.refused_request(&refusal));
        }
    };
    for (index, event) in request.events.iter_mut().enumerate() {
        event.action_source = Some(access.source);
        event.fault = judge(event, index, now, &door.limits);
    }
    if access.debug {
        return Verdict::Refused(Answer::Judged(messages(&request)), Vec::new());
    }
    intake.take_good(request, value_refused, memory, |rows, all| Answer::Taken { rows, all })
}

fn messages(request: &ParsedRequest<'_>) -> Vec<ValidationMessage> {
    let fault = |event: &EventScan<'_>| event.fault.or_else(|| value_refused(event));
    let faults = request.events.iter().map(fault).enumerate();
    faults.filter_map(|(index, fault)| Some(ValidationMessage::of(Some(index), &fault?))).collect()
}
