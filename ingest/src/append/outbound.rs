//! What is handed on to platforms, gathered by dataset and sealed when it is appended.

use std::collections::HashMap;
use std::sync::Arc;

use stratum_models::delivery::DatasetSeal;
use stratum_models::entropy::SharedEntropy;
use stratum_models::log::{NewRecord, Topic};
use stratum_wire::envelope::{EnvelopeError, OutboundRows, seal};

/// Rows of one dataset that are handed on.
#[derive(Clone)]
pub struct OutboundBatch {
    /// How they are sealed.
    pub sealing: Arc<DatasetSeal>,
    /// The rows, in clear.
    pub rows: OutboundRows,
    /// Where what every record is sealed with besides the key comes from.
    pub entropy: SharedEntropy,
}

/// Rows of all datasets, those of one key together.
#[derive(Default)]
pub struct OutboundLanes {
    /// By the address of their `sealing`, which lives as long as they do.
    batches: HashMap<usize, OutboundBatch>,
}

impl OutboundLanes {
    /// Adds rows.
    pub fn add(&mut self, batch: &OutboundBatch) {
        match self.batches.get_mut(&address(&batch.sealing)) {
            Some(known) => known.rows.append(&batch.rows),
            None => drop(self.batches.insert(address(&batch.sealing), batch.clone())),
        }
    }

    /// Seals all rows in as few records as hold them; none is left.
    pub fn records(&mut self, partitions: u32) -> Result<Vec<NewRecord>, EnvelopeError> {
        let mut records = Vec::new();
        for (_, OutboundBatch { sealing, rows, entropy }) in self.batches.drain() {
            let partition = sealing.dataset.partition(partitions);
            let record = |bytes: Vec<u8>| NewRecord {
                topic: Topic::Deliveries,
                partition,
                bytes: bytes.into(),
            };
            records.extend(seal(&sealing, &rows, &*entropy)?.into_iter().map(record));
        }
        Ok(records)
    }
}

fn address(sealing: &Arc<DatasetSeal>) -> usize {
    Arc::as_ptr(sealing).addr()
}
