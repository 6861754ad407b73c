//! Events as records held them before: version 1 had a SHA-256 beside each identifier's key, versions 1 and 2
//! had no dialect, and up to version 3 nothing told of repairs.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int8Array, ListArray, RecordBatch, UInt32Array, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::{column, event_schema};
use crate::dialect::Dialect;

/// The layout of an earlier version, `None` where there was none.
pub fn earlier_event_schema(version: u8) -> Option<SchemaRef> {
    if !(1..=3).contains(&version) {
        return None;
    }
    let layout = event_schema();
    let was_there = |field: &&Arc<Field>| match field.name().as_str() {
        column::DIALECT => version >= 3,
        column::DERIVED_MASK | column::DERIVABLE_MASK => false,
        _ => true,
    };
    let fields = layout.fields().iter().filter(was_there);
    let fields = fields.map(|field| match field.name().as_str() {
        column::IDENTIFIERS if version == 1 => hashed_identifiers(),
        _ => field.clone(),
    });
    Some(Arc::new(Schema::new(fields.collect::<Fields>())))
}

fn hashed_identifiers() -> Arc<Field> {
    let pair = DataType::Struct(Fields::from(vec![
        Field::new("key", DataType::Int8, false),
        Field::new("hash", DataType::FixedSizeBinary(32), false),
    ]));
    let list = DataType::List(Arc::new(Field::new("item", pair, false)));
    Arc::new(Field::new("identifiers", list, false))
}

/// The same events in the layout of today. Those without a dialect came in Meta's, the only one there was;
/// nothing was repaired. Their masks stay; hashes that anybody could count through do not go any further.
pub fn renewed_events(rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let layout = event_schema();
    let columns = layout.fields().iter().map(|field| -> Result<ArrayRef, ArrowError> {
        if let Some(column) = rows.column_by_name(field.name()) {
            return Ok(column.clone());
        }
        match field.data_type() {
            DataType::List(item) => {
                let none = new_empty_array(item.data_type());
                let offsets = OffsetBuffer::new_zeroed(rows.num_rows());
                Ok(Arc::new(ListArray::try_new(item.clone(), offsets, none, None)?))
            }
            DataType::UInt32 => Ok(Arc::new(UInt32Array::from_value(0, rows.num_rows()))),
            _ => Ok(Arc::new(Int8Array::from_value(Dialect::Meta.code(), rows.num_rows()))),
        }
    });
    RecordBatch::try_new(layout.clone(), columns.collect::<Result<_, _>>()?)
}
