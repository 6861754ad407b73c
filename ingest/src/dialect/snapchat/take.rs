//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use std::sync::Arc;

use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection};
use stratum_wire::dialect::Refusal;
use stratum_wire::dialect::snapchat::{judge, parse_events, value_refused};

use super::answers::Complaint;
use super::{Sender, Snapchat};
use crate::dialect::{EventIntake, named_datasets};
use crate::receive::{Door, Memory, Verdict, refused_rows};

/// Takes a body, or judges it.
pub(super) fn take(
    door: &Door,
    sender: &Sender,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let (shape, now) = (sender.shape(), door.clock.now());
    let mut request = match parse_events(body, shape, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(Refusal { fault, rows }) => {
            let rows = refused_rows::<Snapchat>(door, sender, fault.reason, fault.field, rows);
            return refused(sender, Complaint::fault(&fault), rows);
        }
    };
    let datasets = match &sender.dataset {
        Some(dataset) => Ok(vec![dataset.clone()]),
        None => named_datasets(door, &sender.key, Platform::Snapchat, &mut request.events),
    };
    let datasets = match datasets {
        Ok(datasets) => datasets,
        // Nobody's events: as where the path names the dataset, nothing is counted.
        Err(refusal) => return Verdict::Refused(refusal.into(), Vec::new()),
    };
    for event in &mut request.events {
        event.fault = judge(event, shape, now, &door.limits);
    }
    let faults = request.events.iter().enumerate();
    let mut faults = faults.filter_map(|(index, event)| Some((index, event.fault?))).peekable();
    let complaint = faults.peek().is_some().then(|| Complaint::faults(faults));
    let configs: Vec<&DatasetConfig> = datasets.iter().map(Arc::as_ref).collect();
    let Some((config, others)) = configs.split_first() else {
        // No event names a dataset, so that each lacks it.
        let (reason, rows) = (RejectReason::MissingField, request.events.len());
        let rows = refused_rows::<Snapchat>(door, sender, reason, "pixel_id", rows);
        return refused(sender, complaint.unwrap_or_else(Complaint::valid), rows);
    };
    if sender.validate {
        return Verdict::Refused(complaint.unwrap_or_else(Complaint::valid), Vec::new());
    }
    let intake = EventIntake { door, dialect: Dialect::Snapchat, config, others, now };
    if let Some(complaint) = complaint {
        return Verdict::Refused(complaint, intake.refused_events(&request));
    }
    let values = intake.refused_fields(&request, |event| value_refused(event, shape));
    intake.take(&request, &values, memory)
}

/// A refusal; of a request that is only judged nothing is counted.
fn refused(sender: &Sender, complaint: Complaint, rows: Vec<Rejection>) -> Verdict<Complaint> {
    Verdict::Refused(complaint, if sender.validate { Vec::new() } else { rows })
}
