//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::dialect::Dialect;
use stratum_wire::dialect::pinterest::{judge, parse_events, value_refused};

use super::Access;
use super::answers::{Complaint, Report};
use crate::dialect::EventIntake;
use crate::receive::{Door, Memory, Verdict};

/// Takes a body.
pub(super) fn take(
    door: &Door,
    access: &Access,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let (config, now) = (&*access.config, door.clock.now());
    let intake = EventIntake { door, dialect: Dialect::Pinterest, config, now };
    let mut request = match parse_events(body, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(refusal) => {
            let complaint = Complaint::fault(&refusal.fault);
            return Verdict::Refused(complaint, intake.refused_request(&refusal));
        }
    };
    request.test = access.test;
    for event in &mut request.events {
        event.fault = judge(event, now, &door.limits);
    }
    if request.events.iter().all(|event| event.fault.is_none()) {
        let values = intake.refused_fields(&request, value_refused);
        return intake.take(&request, &values, memory);
    }
    let report = Report::of(request.events.iter().map(|event| event.fault));
    let complaint = Complaint::not_all(report);
    let received = request.events.len();
    let mut refused = intake.faulty_events(&request);
    request.events.retain(|event| event.fault.is_none());
    if request.events.is_empty() {
        return Verdict::Refused(complaint, refused);
    }
    // What is refused uses up the plan like what is taken.
    if let Err(denied) = door.admit(config.tenant_id, received - request.events.len()) {
        return Verdict::Denied(denied);
    }
    refused.extend(intake.refused_fields(&request, value_refused));
    intake.take(&request, &refused, memory).but(complaint, refused)
}
