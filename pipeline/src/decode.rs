//! From the bytes of a record to its rows.

use arrow::array::RecordBatch;
use stratum_models::log::{LogRecord, Offset, Topic};
use stratum_models::record::{self, RecordKind};
use tracing::error;

use crate::telemetry;

/// A record's rows; `None` when it cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct DecodedRecord {
    /// Where it stands in its partition.
    pub(crate) offset: Offset,
    /// The record's rows and their kind; `None` where it cannot be read.
    pub(crate) content: Option<(RecordKind, RecordBatch)>,
}

impl DecodedRecord {
    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.content.as_ref().map_or(0, |(_, rows)| rows.num_rows())
    }
}

/// The rows of a record. One that cannot be read must not stop its partition for ever: whose rows it
/// held is unknown, so it is logged with its position, counted, and passed over.
pub(crate) fn decode(record: &LogRecord) -> DecodedRecord {
    let position = record.position;
    let content = match record::decode(&record.bytes) {
        Ok((kind, rows)) if belongs(position.topic, kind) => Some((kind, rows)),
        Ok((kind, _)) => unreadable(record, &format!("{kind} do not belong to this topic")),
        Err(error) => unreadable(record, &error),
    };
    DecodedRecord { offset: position.offset, content }
}

fn belongs(topic: Topic, kind: RecordKind) -> bool {
    match kind {
        RecordKind::Events => topic == Topic::Events,
        RecordKind::AdReports | RecordKind::AdReportSplits => topic == Topic::AdReports,
        RecordKind::Rejections => true,
        RecordKind::Updates => false,
    }
}

fn unreadable<T>(record: &LogRecord, cause: &dyn std::fmt::Display) -> Option<T> {
    let position = record.position;
    error!(
        log.topic = %position.topic, log.partition = position.partition.0,
        log.offset = position.offset.0, log.bytes = record.bytes.len(), error = %cause,
        "record cannot be read and is passed over"
    );
    let topic = position.topic.as_str();
    metrics::counter!(telemetry::RECORDS_UNREADABLE_TOTAL, "topic" => topic).increment(1);
    None
}
