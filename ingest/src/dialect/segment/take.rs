//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::dialect::Dialect;
use stratum_wire::dialect::segment::{judge, parse_events, value_refused};

use super::Access;
use super::answers::Answer;
use crate::dialect::EventIntake;
use crate::receive::{Door, Memory, Verdict};

/// Takes a body.
pub(super) fn take(
    door: &Door,
    access: &Access,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Answer> {
    let (config, now) = (&*access.config, door.clock.now());
    let intake = EventIntake { door, dialect: Dialect::Segment, config, others: &[], now };
    let mut request = match parse_events(body, access.shape, now, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(refusal) => {
            let answer = Answer::fault(&refusal.fault);
            return Verdict::Refused(answer, intake.refused_request(&refusal));
        }
    };
    for event in &mut request.events {
        event.fault = judge(event, now, &door.limits);
    }
    intake.take_good(request, value_refused, memory, |rows, all| Answer::Taken { rows, all })
}
