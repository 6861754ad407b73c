//! Telling watchers, in whatever process they are, what changed. Apart from the change itself and after it: a
//! hint that is late or lost changes no figure.

use crate::log::{EventLog, NewRecord, PartitionId, Topic};
use crate::record::{self, RecordKind};
use crate::store::{StoreError, StoreErrorKind};
use crate::update::{Update, update_batch};

/// Updates of one log record.
const RECORD_UPDATES_MAX: usize = 1000;

/// Appends these updates to the log's `updates`. On an error some of them may have been appended.
pub async fn announce(log: &dyn EventLog, updates: &[Update]) -> Result<(), StoreError> {
    let records = updates.chunks(RECORD_UPDATES_MAX).map(record).collect::<Result<Vec<_>, _>>()?;
    if records.is_empty() {
        return Ok(());
    }
    log.append(records).await.map(drop)
}

fn record(updates: &[Update]) -> Result<NewRecord, StoreError> {
    let encoded = update_batch(updates).and_then(|rows| record::encode(RecordKind::Updates, &rows));
    let bytes = encoded.map_err(|error| {
        StoreError::new(StoreErrorKind::Invalid, "log", "updates have no record").caused_by(error)
    })?;
    Ok(NewRecord { topic: Topic::Updates, partition: PartitionId(0), bytes: bytes.into() })
}
