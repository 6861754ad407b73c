//! The tail of a partition: its newest records, handed to the destinations of their dataset.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use stratum_models::delivery::DatasetKey;
use stratum_models::id::DestinationId;
use stratum_models::log::{LogRecord, Offset};
use stratum_wire::envelope::read_header;

use super::inbox::{Inbox, TailRecord};

/// The tail of a partition, and who wants its records.
pub(super) struct Tail {
    state: Mutex<TailState>,
}

struct TailState {
    at: Offset,
    inboxes: HashMap<DatasetKey, BTreeMap<DestinationId, Arc<Inbox>>>,
}

impl Tail {
    pub(super) fn new(begin: Offset) -> Tail {
        Tail { state: Mutex::new(TailState { at: begin, inboxes: HashMap::new() }) }
    }

    /// The place that all before was handed on from.
    pub(super) fn at(&self) -> Offset {
        self.state.lock().at
    }

    /// Hands records to a destination from the place on that this returns.
    pub(super) fn join(
        &self,
        dataset: &DatasetKey,
        id: DestinationId,
        inbox: Arc<Inbox>,
    ) -> Offset {
        let mut state = self.state.lock();
        state.inboxes.entry(dataset.clone()).or_default().insert(id, inbox);
        state.at
    }

    pub(super) fn hand_on(&self, record: LogRecord) {
        let mut state = self.state.lock();
        let offset = record.position.offset;
        if let Ok(header) = read_header(&record.bytes) {
            let dataset = DatasetKey {
                tenant_id: header.tenant_id(),
                platform: header.platform,
                dataset_id: header.dataset_id.to_owned(),
            };
            let one = TailRecord { offset, events: header.rows, bytes: record.bytes.clone() };
            let inboxes = state.inboxes.get(&dataset).into_iter().flatten();
            inboxes.for_each(|(_, inbox)| inbox.offer(&one));
        }
        state.at = Offset(offset.0 + 1);
    }

    pub(super) fn leave(&self, dataset: &DatasetKey, destination: DestinationId) {
        let mut state = self.state.lock();
        if let Some(inboxes) = state.inboxes.get_mut(dataset) {
            inboxes.remove(&destination);
            if inboxes.is_empty() {
                state.inboxes.remove(dataset);
            }
        }
    }
}
