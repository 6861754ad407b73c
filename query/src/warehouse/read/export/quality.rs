//! Scores and coverage of a batch of masks.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, DictionaryArray, Float64Array, Int8Array, Int64Array,
    ListArray, RecordBatch,
};
use arrow::datatypes::{Int32Type, SchemaRef, UInt32Type, UInt64Type};
use stratum_models::emq::EmqScore;
use stratum_models::export::ExportColumn;
use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::store::StoreError;

use super::super::super::error::invalid;
use super::super::coded;

/// A row: a key of events, and the identifiers they carry.
struct Row {
    date: i32,
    platform: Option<Platform>,
    action_source: ActionSource,
    channel: Channel,
    masks: Vec<(IdentifierMask, u64)>,
    events: u64,
}

impl Row {
    /// The score; `None` for events that are for no platform.
    fn score(&self) -> Option<EmqScore> {
        let masks = self.masks.iter().map(|(mask, events)| (self.action_source, *mask, *events));
        EmqScore::of(self.platform?, masks)
    }

    /// The share of events that carry the identifier.
    fn coverage(&self, key: IdentifierKey) -> f64 {
        let carry = self.masks.iter().filter(|(mask, _)| mask.has(key));
        carry.map(|(_, events)| *events).sum::<u64>() as f64 / self.events as f64
    }
}

fn layout() -> StoreError {
    invalid("export: the answer has another layout than this program expects")
}

fn rows(batch: &RecordBatch) -> Result<Vec<Row>, StoreError> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(layout);
    let codes =
        |name: &str| column(name)?.as_any().downcast_ref::<Int8Array>().cloned().ok_or_else(layout);
    let lists =
        |name: &str| column(name)?.as_any().downcast_ref::<ListArray>().cloned().ok_or_else(layout);
    let dates = column("date")?;
    let dates = dates.as_primitive_opt::<arrow::datatypes::Date32Type>().ok_or_else(layout)?;
    let (platforms, sources) = (codes("platform_code")?, codes("action_source_code")?);
    let (channels, masks, counts) = (codes("channel_code")?, lists("masks")?, lists("counts")?);
    let row = |at: usize| {
        let (masks, counts) = (masks.value(at), counts.value(at));
        let masks = masks.as_primitive_opt::<UInt32Type>().ok_or_else(layout)?;
        let counts = counts.as_primitive_opt::<UInt64Type>().ok_or_else(layout)?;
        let pairs = masks.values().iter().zip(counts.values());
        Ok(Row {
            date: dates.value(at),
            platform: coded(Platform::from_optional_code(platforms.value(at)))?,
            action_source: coded(ActionSource::from_code(sources.value(at)))?,
            channel: coded(Channel::from_code(channels.value(at)))?,
            masks: pairs.map(|(mask, events)| (IdentifierMask(*mask), *events)).collect(),
            events: counts.values().iter().sum(),
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(all.collect::<DictionaryArray<Int32Type>>())
}

fn bands(scores: &[Option<EmqScore>]) -> ArrayRef {
    let bands = scores.iter().map(|score| score.map(|score| score.band().as_str()));
    Arc::new(bands.collect::<DictionaryArray<Int32Type>>())
}

fn ratios(all: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(all.collect::<Float64Array>())
}

/// The batch with its masks made into scores and coverage, of the columns that were asked for.
pub(super) fn scored(
    batch: &RecordBatch,
    columns: &[&'static ExportColumn],
    schema: SchemaRef,
) -> Result<RecordBatch, StoreError> {
    let rows = rows(batch)?;
    let scores: Vec<_> = rows.iter().map(Row::score).collect();
    let as_read = |name: &str| batch.column_by_name(name).cloned().ok_or_else(layout);
    let made = columns.iter().map(|column| match column.name {
        "date" => Ok(Arc::new(arrow::array::Date32Array::from_iter_values(
            rows.iter().map(|row| row.date),
        )) as ArrayRef),
        "platform" => {
            Ok(names(rows.iter().map(|row| row.platform.map_or("unknown", Platform::as_str))))
        }
        "dataset_id" => as_read("dataset"),
        "event_name" => as_read("name"),
        "action_source" => Ok(names(rows.iter().map(|row| row.action_source.as_str()))),
        "channel" => Ok(names(rows.iter().map(|row| row.channel.as_str()))),
        "events" => events(&rows),
        "score" => Ok(ratios(scores.iter().map(|score| score.map(EmqScore::out_of_10)))),
        "score_100" => Ok(ratios(scores.iter().map(|score| score.map(EmqScore::out_of_100)))),
        "band" => Ok(bands(&scores)),
        name => {
            let key = name.strip_prefix("coverage_").and_then(IdentifierKey::parse);
            let key = key.ok_or_else(layout)?;
            Ok(ratios(rows.iter().map(|row| Some(row.coverage(key)))))
        }
    });
    let made = made.collect::<Result<Vec<_>, StoreError>>()?;
    RecordBatch::try_new(schema, made).map_err(|_| layout())
}

fn events(rows: &[Row]) -> Result<ArrayRef, StoreError> {
    let counts = rows.iter().map(|row| i64::try_from(row.events).map_err(|_| layout()));
    Ok(Arc::new(Int64Array::from_iter_values(counts.collect::<Result<Vec<_>, _>>()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_a_share_of_events_not_of_masks() {
        let mask = |keys: &[IdentifierKey]| IdentifierMask::of(keys);
        let row = Row {
            date: 0,
            platform: Some(Platform::Meta),
            action_source: ActionSource::Website,
            channel: Channel::Server,
            masks: vec![(mask(&[IdentifierKey::Email]), 30), (mask(&[]), 10)],
            events: 40,
        };
        assert_eq!(row.coverage(IdentifierKey::Email), 0.75);
        assert_eq!(row.coverage(IdentifierKey::Phone), 0.0);
        let texts = names(["a", "b", "a"].into_iter());
        assert_eq!(texts.as_dictionary::<Int32Type>().values().len(), 2);
    }
}
