//! A body, worked on: everything between reading it and waiting for the log, without waiting.

use std::sync::Arc;

use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, DatasetConfig};
use stratum_models::platform::Platform;
use stratum_models::rejection::RejectReason;
use stratum_wire::dialect::linkedin::{judge, parse_events, value_refused};
use stratum_wire::dialect::{EventScan, Refusal};

use super::answers::{Complaint, Element};
use super::{Linkedin, Sender};
use crate::dialect::EventIntake;
use crate::receive::{Door, Memory, Verdict, refused_rows};

/// Takes a body.
pub(super) fn take(
    door: &Door,
    sender: &Sender,
    body: &[u8],
    memory: Memory<'_>,
) -> Verdict<Complaint> {
    let now = door.clock.now();
    let mut request = match parse_events(body, sender.shape, memory.arena, &door.limits) {
        Ok(request) => request,
        Err(Refusal { fault, rows }) => {
            let rows = refused_rows::<Linkedin>(door, sender, fault.reason, fault.field, rows);
            return Verdict::Refused(Complaint::fault(&fault), rows);
        }
    };
    let mut datasets = Vec::new();
    let mut elements = Vec::with_capacity(request.events.len());
    for (index, event) in request.events.iter_mut().enumerate() {
        event.fault = judge(event, now, &door.limits);
        let refusal = find(door, sender, event, &mut datasets).err();
        // Nobody's event: as where the path names the dataset, it is not counted.
        event.skipped = refusal.is_some();
        elements.push(Element::of(index, refusal, event.fault));
        let name = datasets.get(event.dataset).and_then(|dataset: &Arc<DatasetConfig>| {
            dataset.event_name.as_deref().map(|name| &*memory.arena.alloc_str(name))
        });
        let own =
            || event.dataset_id.map(|id| &*memory.arena.alloc_str(&format!("conversion:{id}")));
        event.event_name = name.or_else(own);
    }
    request.events.retain(|event| !event.skipped);
    let complaint = elements.iter().any(|one| !one.is_created());
    let complaint = complaint.then(|| Complaint::elements(sender.shape, elements));
    let configs: Vec<&DatasetConfig> = datasets.iter().map(Arc::as_ref).collect();
    let (Some((config, others)), false) = (configs.split_first(), request.events.is_empty()) else {
        // No event names a dataset that the key opens; those that name none are counted.
        let (reason, rows) = (RejectReason::MissingField, request.events.len());
        let counted = refused_rows::<Linkedin>(door, sender, reason, "conversion", rows);
        let counted = if rows == 0 { Vec::new() } else { counted };
        let complaint = complaint.unwrap_or_else(|| AccessRefusal::UnknownDataset.into());
        return Verdict::Refused(complaint, counted);
    };
    let intake = EventIntake { door, dialect: Dialect::Linkedin, config, others, now };
    match complaint {
        None => {
            let values = intake.refused_fields(&request, value_refused);
            intake.take(&request, &values, memory)
        }
        Some(complaint) => {
            let told = complaint.clone();
            let verdict = intake.take_good(request, value_refused, memory, |_, _| complaint);
            verdict.but(told, Vec::new())
        }
    }
}

/// Finds the dataset that an event names, among those found before or in the directory.
fn find(
    door: &Door,
    sender: &Sender,
    event: &mut EventScan<'_>,
    datasets: &mut Vec<Arc<DatasetConfig>>,
) -> Result<(), AccessRefusal> {
    let Some(id) = event.dataset_id else { return Ok(()) };
    let known = datasets.iter().position(|dataset| dataset.dataset_id == id);
    event.dataset = match known {
        Some(place) => place,
        None => {
            let platform = Some(Platform::Linkedin);
            datasets.push(door.directory.dataset(&sender.key, platform, id)?);
            datasets.len() - 1
        }
    };
    Ok(())
}
