//! What becomes of the events of a request that was read and judged, whatever its dialect.

use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::event_name::StandardEvent;
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::{Canon, EventScan, Fault, ParsedRequest, Refusal};
use stratum_wire::rejections::Rejections;

use crate::receive::{Door, Memory, Verdict};

/// Takes the events of one request, or refuses them.
pub(crate) struct EventIntake<'r> {
    /// The way into the log.
    pub door: &'r Door,
    /// The wire format they came in.
    pub dialect: Dialect,
    /// The dataset they are for.
    pub config: &'r DatasetConfig,
    /// The time of receipt.
    pub now: UnixMillis,
}

impl<'r> EventIntake<'r> {
    /// Gives all events to the appender, and beside them what stands for the fields they are taken without.
    pub(crate) fn take<'a, C>(
        &self,
        request: &ParsedRequest<'a>,
        fields: &[Rejection],
        Memory { arena, person }: Memory<'a>,
    ) -> Verdict<C>
    where
        'r: 'a,
    {
        let (door, config) = (self.door, self.config);
        if let Err(denied) = door.admit(config.tenant_id, request.events.len()) {
            return Verdict::Denied(denied);
        }
        let keys = door.keys.of(config.tenant_id);
        let (dialect, now, limits) = (self.dialect, self.now, &door.limits);
        let canon = Canon { dialect, config, keys: &keys, now, limits, arena };
        let events = canon.events(request, person);
        Verdict::enqueued(events.len(), door.appender.enqueue_events_without(&events, fields))
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
        let (platform, dataset) = (self.dialect.platform(), &self.config.dataset_id);
        refused.add(platform, dataset, name, reason, field, 1);
    }
}
