//! The log: what was accepted, in order, until retention drops it. Two adapters of
//! [`stratum_models::log::EventLog`], held equal by one contract suite:
//!
//! - [`fjall`]: in this process and on its disk; the default.
//! - [`kafka`]: an Apache Kafka cluster, for more than one machine.
//!
//! Neither keeps the positions of readers: the warehouse's checkpoint is the truth, and a
//! subscription asks for it whenever a partition becomes its own.

pub mod fjall;
pub mod kafka;
mod group;

use stratum_models::log::{EventLog, NewRecord, PartitionId, RECORD_BYTES_MAX, Topic};
use stratum_models::store::{StoreError, StoreErrorKind};

/// The name of this store in its errors.
const STORE: &str = "log";

fn invalid(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, STORE, text)
}

fn unavailable(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, STORE, text)
}

/// Refuses an offset that the log has not come to.
fn check_reached(
    topic: Topic,
    partition: PartitionId,
    offset: u64,
    end: u64,
) -> Result<(), StoreError> {
    let text = || format!("offset {offset} of {topic}-{}, but it ends at {end}", partition.0);
    if offset > end { Err(invalid(text())) } else { Ok(()) }
}

/// Refuses what no log may take, before anything is kept.
fn check(log: &impl EventLog, records: &[NewRecord]) -> Result<(), StoreError> {
    for NewRecord { topic, partition, bytes } in records {
        if bytes.len() > RECORD_BYTES_MAX {
            let len = bytes.len();
            return Err(invalid(format!("a record of {len} bytes, {RECORD_BYTES_MAX} may be")));
        }
        if partition.0 >= log.partitions(*topic) {
            return Err(invalid(format!("{topic} has no partition {}", partition.0)));
        }
    }
    Ok(())
}
