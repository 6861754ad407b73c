//! The side that is about persons: landed batches are searched row by row, and made anew.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, RecordBatch, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{nullif, take};
use arrow::datatypes::{
    DataType, Int8Type, Int64Type, TimestampMillisecondType, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use async_trait::async_trait;

use super::{MemoryWarehouse, error};
use crate::event::column;
use crate::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey};
use crate::money::Currency;
use crate::person::{PERSON_IDENTIFIERS_MAX, PersonEvent, PersonEvents, PersonStore};
use crate::platform::{ActionSource, Device, Platform};
use crate::scope::TenantScope;
use crate::store::{StoreError, StoreErrorKind};
use crate::table::Table;
use crate::time::UnixMillis;

fn known<T>(member: Option<T>) -> Result<T, StoreError> {
    member.ok_or_else(|| error(StoreErrorKind::Invalid, "a stored code is not known"))
}

fn check(person: &[HashedIdentifier]) -> Result<(), StoreError> {
    match person.len() <= PERSON_IDENTIFIERS_MAX {
        true => Ok(()),
        false => Err(error(StoreErrorKind::Invalid, "too many identifiers")),
    }
}

fn identifiers(rows: &RecordBatch, row: usize) -> Vec<HashedIdentifier> {
    let values = rows[column::IDENTIFIERS].as_list::<i32>().value(row);
    let values = values.as_struct();
    let keys = values.column(0).as_primitive::<Int8Type>();
    let hashes = values.column(1).as_fixed_size_binary();
    let one = |at| {
        let key = IdentifierKey::from_code(keys.value(at))?;
        Some(HashedIdentifier { key, hash: IdentifierHash(hashes.value(at).try_into().ok()?) })
    };
    (0..values.len()).filter_map(one).collect()
}

fn is_theirs(
    rows: &RecordBatch,
    row: usize,
    scope: TenantScope,
    person: &[HashedIdentifier],
) -> bool {
    let tenant = rows[column::TENANT_ID].as_primitive::<UInt64Type>().value(row);
    tenant == scope.tenant_id().0 && identifiers(rows, row).iter().any(|one| person.contains(one))
}

fn event(rows: &RecordBatch, row: usize) -> Result<PersonEvent, StoreError> {
    let text = |name: &str| rows[name].as_string::<i32>().value(row).to_owned();
    let maybe = |name: &str| rows[name].is_valid(row).then(|| text(name));
    let code = |name: &str| rows[name].as_primitive::<Int8Type>().value(row);
    let instant =
        |name: &str| UnixMillis(rows[name].as_primitive::<TimestampMillisecondType>().value(row));
    let value = &rows[column::VALUE_MICROS];
    Ok(PersonEvent {
        platform: known(Platform::from_code(code(column::PLATFORM)))?,
        dataset_id: text(column::DATASET_ID),
        event_name: text(column::EVENT_NAME),
        event_time: instant(column::EVENT_TIME),
        received_at: instant(column::RECEIVED_AT),
        action_source: known(ActionSource::from_code(code(column::ACTION_SOURCE)))?,
        event_id: maybe(column::EVENT_ID),
        order_id: maybe(column::ORDER_ID),
        value_micros: value.is_valid(row).then(|| value.as_primitive::<Int64Type>().value(row)),
        currency: maybe(column::CURRENCY).map(|code| known(Currency::parse(&code))).transpose()?,
        campaign_id: text(column::CAMPAIGN_ID),
        country: maybe(column::COUNTRY),
        device: known(Device::from_code(code(column::DEVICE)))?,
        source_host: maybe(column::SOURCE_HOST),
        identifiers: identifiers(rows, row),
    })
}

/// The batch without what tells who the rows in `theirs` are about.
fn forget(rows: &RecordBatch, theirs: &BooleanArray) -> Result<RecordBatch, ArrowError> {
    let list = rows[column::IDENTIFIERS].as_list::<i32>();
    let (mut kept, mut lengths) = (Vec::new(), Vec::new());
    for row in 0..rows.num_rows() {
        let (from, to) = (list.value_offsets()[row] as u64, list.value_offsets()[row + 1] as u64);
        let to = if theirs.value(row) { from } else { to };
        kept.extend(from..to);
        lengths.push((to - from) as usize);
    }
    let values = take(list.values(), &UInt64Array::from(kept), None)?;
    let DataType::List(item) = list.data_type() else { return Ok(rows.clone()) };
    let offsets = OffsetBuffer::from_lengths(lengths);
    let emptied: ArrayRef = Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?);
    let mut columns = rows.columns().to_vec();
    columns[rows.schema_ref().index_of(column::IDENTIFIERS)?] = emptied;
    for name in [column::EVENT_ID, column::ORDER_ID] {
        columns[rows.schema_ref().index_of(name)?] = nullif(&rows[name], theirs)?;
    }
    RecordBatch::try_new(rows.schema(), columns)
}

#[async_trait]
impl PersonStore for MemoryWarehouse {
    async fn person_events(
        &self,
        scope: TenantScope,
        person: &[HashedIdentifier],
        skip: u64,
        rows_max: u32,
    ) -> Result<PersonEvents, StoreError> {
        check(person)?;
        let mut found = Vec::new();
        for rows in self.batches(Table::Events) {
            for row in (0..rows.num_rows()).filter(|row| is_theirs(&rows, *row, scope, person)) {
                let number = |name: &str| rows[name].as_primitive::<UInt32Type>().value(row);
                let offset = rows["log_offset"].as_primitive::<UInt64Type>().value(row);
                let place = (number("log_partition"), offset, number("log_row"));
                let event = event(&rows, row)?;
                found.push((event.received_at, place, event));
            }
        }
        found.sort_by_key(|(received_at, place, _)| (*received_at, *place));
        let total = found.len() as u64;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let part = found.into_iter().skip(skip).take(rows_max as usize);
        Ok(PersonEvents { total, events: part.map(|(.., event)| event).collect() })
    }

    async fn forget_person(
        &self,
        scope: TenantScope,
        person: &[HashedIdentifier],
    ) -> Result<u64, StoreError> {
        check(person)?;
        let mut events = 0;
        let mut state = self.state.lock();
        for landed in state.landed.iter_mut().filter(|landed| landed.table == Table::Events) {
            let rows = &landed.rows;
            let theirs = (0..rows.num_rows()).map(|row| is_theirs(rows, row, scope, person));
            let theirs: BooleanArray = theirs.map(Some).collect();
            events += theirs.true_count() as u64;
            landed.rows = forget(rows, &theirs).map_err(|cause| {
                error(StoreErrorKind::Invalid, "a batch of events").caused_by(cause)
            })?;
        }
        Ok(events)
    }
}
