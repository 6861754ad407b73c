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
    let intake = EventIntake { door, dialect: Dialect::Pinterest, config, others: &[], now };
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
    let faults: Vec<_> = request.events.iter().map(|event| event.fault).collect();
    intake.take_good(request, value_refused, memory, |_, _| {
        Complaint::not_all(Report::of(faults.into_iter()))
    })
}
