//! Who came first. Of the events that share a dedup key, the first by log position lands; another
//! within 48 hours of it, by times of receipt, is a duplicate and counted as one. The first that comes
//! later lands and is the one the next are measured against.
//!
//! A verdict depends on the log alone: not on where batches end, nor on what was replayed, nor on what
//! the window has forgotten. Times count in whole seconds.

mod window;

use arrow::array::{
    Array, AsArray, BooleanArray, BooleanBufferBuilder, FixedSizeBinaryArray, RecordBatch,
    TimestampMillisecondArray,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use stratum_models::event::{DedupKey, column};
use stratum_models::log::Offset;
use stratum_models::time::UnixMillis;

use crate::land::RecordRows;
pub use window::{DedupWindow, Firsts, Judge, WINDOW_SECONDS};

/// The events of a range, each with its verdict.
#[derive(Debug, Default)]
pub(crate) struct DedupeResult {
    /// Those that land.
    pub(crate) landed: Vec<RecordRows>,
    /// Those that were seen before.
    pub(crate) duplicates: Vec<RecordBatch>,
}

/// Judges the events of these records in log order. `judge` remembers the firsts among them.
pub(crate) fn dedupe(
    judge: &mut Judge<'_>,
    records: impl IntoIterator<Item = (Offset, RecordBatch)>,
) -> Result<DedupeResult, ArrowError> {
    let mut deduped = DedupeResult::default();
    for (offset, rows) in records {
        let first = firsts(judge, &rows)?;
        if first.true_count() == rows.num_rows() {
            deduped.landed.push(RecordRows { offset, rows, kept: None });
            continue;
        }
        deduped.duplicates.push(filter_record_batch(&rows, &not(&first)?)?);
        let rows = filter_record_batch(&rows, &first)?;
        deduped.landed.push(RecordRows { offset, rows, kept: Some(first) });
    }
    Ok(deduped)
}

/// Which rows come first; rows without a key always do.
fn firsts(judge: &mut Judge<'_>, rows: &RecordBatch) -> Result<BooleanArray, ArrowError> {
    let (keys, received) = keys_and_times(rows)?;
    if keys.null_count() == keys.len() {
        return Ok(BooleanArray::new(BooleanBuffer::new_set(rows.num_rows()), None));
    }
    let mut first = BooleanBufferBuilder::new(rows.num_rows());
    for (row, received_at) in received.values().iter().enumerate() {
        first.append(match key_at(keys, row) {
            Some(key) => judge.is_first(key, UnixMillis(*received_at)),
            None => true,
        });
    }
    Ok(BooleanArray::new(first.finish(), None))
}

/// The key of a row; `None` where it has none.
pub(crate) fn key_at(keys: &FixedSizeBinaryArray, row: usize) -> Option<DedupKey> {
    let bytes = keys.is_valid(row).then(|| keys.value(row))?;
    bytes.first_chunk::<16>().copied().map(DedupKey::from_bytes)
}

/// The columns a window is made of, of an event batch or of a stored window.
pub(crate) fn keys_and_times(
    rows: &RecordBatch,
) -> Result<(&FixedSizeBinaryArray, &TimestampMillisecondArray), ArrowError> {
    let column = |name: &str| {
        rows.column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("a batch without {name}")))
    };
    let keys = column(column::DEDUP_KEY)?.as_fixed_size_binary_opt();
    let times = column(column::RECEIVED_AT)?.as_primitive_opt::<TimestampMillisecondType>();
    keys.filter(|keys| keys.value_length() == 16)
        .zip(times)
        .ok_or_else(|| ArrowError::SchemaError("keys or times of another type".into()))
}

/// When the earliest of these events was received; `None` without events.
pub(crate) fn earliest<'a>(
    records: impl IntoIterator<Item = &'a RecordBatch>,
) -> Result<Option<UnixMillis>, ArrowError> {
    let mut earliest = None;
    for rows in records {
        let (_, times) = keys_and_times(rows)?;
        let here = times.values().iter().min().copied();
        earliest = match (earliest, here) {
            (Some(known), Some(here)) => Some(here.min(known)),
            (known, here) => known.or(here),
        };
    }
    Ok(earliest.map(UnixMillis))
}

/// Puts a stored window's rows back. Answers how many keys were forgotten because there are too many.
pub(crate) fn remember(window: &mut DedupWindow, rows: &RecordBatch) -> Result<usize, ArrowError> {
    let (keys, times) = keys_and_times(rows)?;
    let mut forgotten = 0;
    for (row, received_at) in times.values().iter().enumerate() {
        if let Some(key) = key_at(keys, row) {
            forgotten += window.remember(key, UnixMillis(*received_at));
        }
    }
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{FixedSizeBinaryBuilder, TimestampMillisecondArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;
    use stratum_models::event::timestamp_type;

    fn rows(keys: &[Option<u128>]) -> RecordBatch {
        let mut column = FixedSizeBinaryBuilder::new(16);
        for key in keys {
            match key {
                Some(key) => column.append_value(key.to_be_bytes()).unwrap(),
                None => column.append_null(),
            }
        }
        let times = TimestampMillisecondArray::from_value(1_780_000_000_000, keys.len());
        let layout = Schema::new(vec![
            Field::new(column::DEDUP_KEY, DataType::FixedSizeBinary(16), true),
            Field::new(column::RECEIVED_AT, timestamp_type(), false),
        ]);
        let times = Arc::new(times.with_timezone("UTC"));
        RecordBatch::try_new(Arc::new(layout), vec![Arc::new(column.finish()), times]).unwrap()
    }

    #[test]
    fn the_first_lands_and_events_without_a_key_always_do() {
        let window = DedupWindow::new(100, 0);
        let mut judge = window.judge(0);
        let records = [
            (Offset(7), rows(&[None, None])),
            (Offset(8), rows(&[Some(1), Some(2), Some(1), None])),
            (Offset(9), rows(&[Some(2)])),
        ];
        let deduped = dedupe(&mut judge, records).unwrap();
        let landed = |at: usize| {
            let RecordRows { offset, rows, kept } = &deduped.landed[at];
            let kept = kept.as_ref().map(|kept| kept.values().set_indices().collect::<Vec<_>>());
            (offset.0, rows.num_rows(), kept)
        };
        assert_eq!(landed(0), (7, 2, None));
        assert_eq!(landed(1), (8, 3, Some(vec![0, 1, 3])));
        assert_eq!(landed(2), (9, 0, Some(vec![])));
        let duplicates: Vec<_> = deduped.duplicates.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(duplicates, [1, 1]);
        assert_eq!(judge.into_firsts().len(), 2);
    }

    #[test]
    fn the_earliest_receipt_is_that_of_all_records() {
        assert_eq!(earliest([]).unwrap(), None);
        let rows = rows(&[None]);
        assert_eq!(earliest([&rows]).unwrap(), Some(UnixMillis(1_780_000_000_000)));
        assert!(earliest([&rows.project(&[0]).unwrap()]).is_err());
    }
}
