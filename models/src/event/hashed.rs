//! Events as records held them before identifiers rested under keys: beside each key its SHA-256.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, ListArray, RecordBatch, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::{column, event_schema};

/// The layout of such events.
pub fn hashed_event_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let pair = DataType::Struct(Fields::from(vec![
            Field::new("key", DataType::Int8, false),
            Field::new("hash", DataType::FixedSizeBinary(32), false),
        ]));
        let list = DataType::List(Arc::new(Field::new("item", pair, false)));
        let layout = event_schema();
        let fields = layout.fields().iter().map(|field| match field.name().as_str() {
            column::IDENTIFIERS => Arc::new(Field::new("identifiers", list.clone(), false)),
            _ => field.clone(),
        });
        Arc::new(Schema::new(fields.collect::<Fields>()))
    });
    SCHEMA.clone()
}

/// The same events in the layout of today. Their masks stay; hashes that anybody could count through
/// do not go any further.
pub fn without_hashes(rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let layout = event_schema();
    let at = layout.index_of(column::IDENTIFIERS)?;
    let DataType::List(item) = layout.field(at).data_type() else {
        return Err(ArrowError::SchemaError("identifiers are no list".into()));
    };
    let none = new_empty_array(item.data_type());
    let offsets = OffsetBuffer::new_zeroed(rows.num_rows());
    let emptied: ArrayRef = Arc::new(ListArray::try_new(item.clone(), offsets, none, None)?);
    let mut columns = rows.columns().to_vec();
    columns[at] = emptied;
    RecordBatch::try_new(layout, columns)
}
