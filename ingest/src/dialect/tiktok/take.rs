//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use stratum_models::dialect::Dialect;
use stratum_models::platform::Platform;
use stratum_models::rejection::RejectReason;
use stratum_wire::dialect::tiktok::{TiktokRequest, judge, parse_events, value_refused};
use stratum_wire::dialect::{Fault, Refusal};

use super::answers::Complaint;
use super::{Sender, Tiktok};
use crate::dialect::EventIntake;
use crate::receive::{Door, Memory, Verdict, refused_rows};

/// Takes a body.
pub(super) fn take(
    door: &Door,
    sender: &Sender,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let (shape, now) = (sender.shape, door.clock.now());
    let TiktokRequest { dataset_id, events } =
        parse_events(body, shape, memory.arena, &door.limits);
    let Some(dataset_id) = dataset_id else {
        let unnamed = Fault::of(RejectReason::MissingField, shape.dataset(), "");
        let (fault, rows) = match events {
            Ok(request) => (unnamed, request.events.len()),
            Err(Refusal { fault, rows }) => (fault, rows),
        };
        let rows = refused_rows::<Tiktok>(door, sender, fault.reason, fault.field, rows);
        return Verdict::Refused(Complaint::fault(shape, None, &fault), rows);
    };
    let config = match door.directory.dataset(&sender.key, Some(Platform::Tiktok), dataset_id) {
        Ok(config) => config,
        // Nobody's events: as where the path names the dataset, nothing is counted.
        Err(refusal) => return Verdict::Refused(refusal.into(), Vec::new()),
    };
    let intake = EventIntake { door, dialect: Dialect::Tiktok, config: &config, others: &[], now };
    let mut request = match events {
        Ok(request) => request,
        Err(refusal) => {
            let complaint = Complaint::fault(shape, None, &refusal.fault);
            return Verdict::Refused(complaint, intake.refused_request(&refusal));
        }
    };
    for event in &mut request.events {
        event.fault = judge(event, shape, now, &door.limits);
    }
    let mut faults = request.events.iter().enumerate();
    if let Some((index, fault)) = faults.find_map(|(index, event)| Some((index, event.fault?))) {
        let complaint = Complaint::fault(shape, Some(index), &fault);
        return Verdict::Refused(complaint, intake.refused_events(&request));
    }
    let values = intake.refused_fields(&request, value_refused);
    intake.take(&request, &values, memory)
}
