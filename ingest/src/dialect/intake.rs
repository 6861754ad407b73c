//! The intake of the events of a request that was read and judged, whatever its dialect.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use stratum_models::delivery::DatasetSeal;
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash, DatasetConfig};
use stratum_models::event_name::StandardEvent;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::{Canon, EventScan, Fault, ParsedRequest, Refusal};
use stratum_wire::rejections::Rejections;

use crate::append::OutboundBatch;
use crate::receive::{Denied, Door, Memory, Verdict};

/// The datasets that the events of a request name, in the order they are named, and each event with the place of its own.
/// An error where the key does not open one of them.
pub(crate) fn named_datasets(
    door: &Door,
    key: &ApiKeyHash,
    platform: Platform,
    events: &mut [EventScan<'_>],
) -> Result<Vec<Arc<DatasetConfig>>, AccessRefusal> {
    let mut places = HashMap::new();
    let mut datasets = Vec::new();
    for event in events {
        let Some(id) = event.dataset_id else { continue };
        event.dataset = match places.entry(id) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                datasets.push(door.directory.dataset(key, Some(platform), id)?);
                *place.insert(datasets.len() - 1)
            }
        };
    }
    Ok(datasets)
}

/// Takes the events of one request, or refuses them.
pub(crate) struct EventIntake<'r> {
    /// The way into the log.
    pub door: &'r Door,
    /// The wire format they came in.
    pub dialect: Dialect,
    /// The dataset they are for; of several, the first.
    pub config: &'r DatasetConfig,
    /// The further datasets that events name, by their places.
    pub others: &'r [&'r DatasetConfig],
    /// The time of receipt.
    pub now: UnixMillis,
}

impl<'r> EventIntake<'r> {
    /// Gives all events to the appender, and beside them what stands for the fields they are taken without.
    pub(crate) fn take<'a, C>(
        &self,
        request: &ParsedRequest<'a>,
        fields: &[Rejection],
        Memory { arena, person, is_relayed }: Memory<'a>,
    ) -> Verdict<C>
    where
        'r: 'a,
    {
        let (door, config, others) = (self.door, self.config, self.others);
        if let Err(denied) = door.admit(config.tenant_id, request.events.len()) {
            return Verdict::Denied(denied);
        }
        let keys = door.keys.of(config.tenant_id);
        let (dialect, now, limits) = (self.dialect, self.now, &door.limits);
        let entropy = (!is_relayed).then_some(&*door.entropy);
        let mut datasets = std::iter::once(config).chain(others.iter().copied());
        let is_stale = |sealing: &Arc<DatasetSeal>| !sealing.is_usable_at(now);
        if datasets.any(|config| config.delivery.as_ref().is_some_and(is_stale)) {
            return Verdict::Denied(Denied::Unsealed);
        }
        let canon = Canon { dialect, config, others, keys: &keys, now, limits, arena };
        let (events, rows) = canon.events_and_outbound(request, entropy, person);
        let batch =
            |(sealing, rows)| OutboundBatch { sealing, rows, entropy: door.entropy.clone() };
        let batches: Vec<_> = rows.into_iter().map(batch).collect();
        let ticket = door.appender.enqueue_events_and(&events, fields, &batches);
        Verdict::enqueued(events.len(), ticket)
    }

    /// Gives the events that have no fault to the appender, and counts the others. `value_refused` tells what an event
    /// is taken without, `answer` is made of the number of events taken and of whether they are all; it is given
    /// where they are not, or where there is none.
    pub(crate) fn take_good<'a, C>(
        &self,
        mut request: ParsedRequest<'a>,
        value_refused: impl Fn(&EventScan<'_>) -> Option<Fault>,
        memory: Memory<'a>,
        answer: impl FnOnce(usize, bool) -> C,
    ) -> Verdict<C>
    where
        'r: 'a,
    {
        let received = request.events.len();
        let mut refused = self.faulty_events(&request);
        request.events.retain(|event| event.fault.is_none());
        let (good, faulty) = (request.events.len(), received - request.events.len());
        if good == 0 {
            return Verdict::Refused(answer(0, faulty == 0), refused);
        }
        // What is refused uses up the plan like what is taken.
        if faulty > 0
            && let Err(denied) = self.door.admit(self.config.tenant_id, faulty)
        {
            return Verdict::Denied(denied);
        }
        refused.extend(self.refused_fields(&request, value_refused));
        let verdict = self.take(&request, &refused, memory);
        if faulty == 0 { verdict } else { verdict.but(answer(good, false), refused) }
    }

    /// Rejections for the fields that events are taken without, by what is wrong with each event's.
    pub(crate) fn refused_fields(
        &self,
        request: &ParsedRequest<'_>,
        fault: impl Fn(&EventScan<'_>) -> Option<Fault>,
    ) -> Vec<Rejection> {
        let mut refused = self.none(RowKind::Field);
        for event in &request.events {
            if let Some(fault) = fault(event) {
                self.add(&mut refused, event, fault.reason, fault.field);
            }
        }
        refused.into_rows()
    }

    /// Rejections for the rows of a request that is refused as a whole.
    pub(crate) fn refused_request(&self, Refusal { fault, rows }: &Refusal) -> Vec<Rejection> {
        let mut refused = self.none(RowKind::Event);
        let (platform, dataset) = (self.dialect.platform(), &self.config.dataset_id);
        refused.add(platform, dataset, "", fault.reason, fault.field, *rows as u64);
        refused.into_rows()
    }

    /// Rejections for every event of a request that is refused because some have faults, each by its own.
    pub(crate) fn refused_events(&self, request: &ParsedRequest<'_>) -> Vec<Rejection> {
        let mut refused = self.none(RowKind::Event);
        for event in &request.events {
            let fault = event.fault.map(|fault| (fault.reason, fault.field));
            let (reason, field) = fault.unwrap_or((RejectReason::BatchRejected, ""));
            self.add(&mut refused, event, reason, field);
        }
        refused.into_rows()
    }

    /// Rejections for the events of a request that have faults, where the others are taken.
    pub(crate) fn faulty_events(&self, request: &ParsedRequest<'_>) -> Vec<Rejection> {
        let mut refused = self.none(RowKind::Event);
        for event in &request.events {
            if let Some(fault) = event.fault {
                self.add(&mut refused, event, fault.reason, fault.field);
            }
        }
        refused.into_rows()
    }

    fn none<'t>(&self, kind: RowKind) -> Rejections<'t> {
        Rejections::new(self.config.tenant_id, Some(self.dialect), kind, self.now)
    }

    fn add<'t>(
        &self,
        refused: &mut Rejections<'t>,
        event: &EventScan<'t>,
        reason: RejectReason,
        field: &'static str,
    ) where
        'r: 't,
    {
        let name =
            event.event_name.and_then(StandardEvent::parse).map_or("", StandardEvent::as_str);
        let other = event.dataset.checked_sub(1).and_then(|place| self.others.get(place));
        let dataset = &other.copied().unwrap_or(self.config).dataset_id;
        refused.add(self.dialect.platform(), dataset, name, reason, field, 1);
    }
}
