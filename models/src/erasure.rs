//! Persons who were erased: what is read out of the log once more must not bring them back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, RecordBatch, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{nullif, take};
use arrow::datatypes::{DataType, TimestampMillisecondType, UInt64Type};
use arrow::error::ArrowError;
use async_trait::async_trait;

use crate::event::column;
use crate::id::TenantId;
use crate::seal::{IdentifierSeal, SEAL_BYTES};
use crate::store::StoreError;
use crate::time::UnixMillis;

/// The identifiers of erased persons, each with the time of its erasure.
#[derive(Clone, Debug, Default)]
pub struct Erasures {
    times: HashMap<(TenantId, IdentifierSeal), UnixMillis>,
    newest: Option<UnixMillis>,
}

impl Erasures {
    /// Adds one; of the same identifier the last erasure counts.
    pub fn insert(&mut self, tenant: TenantId, seal: IdentifierSeal, erased_at: UnixMillis) {
        let known = self.times.entry((tenant, seal)).or_insert(erased_at);
        *known = erased_at.max(*known);
        self.newest = self.newest.max(Some(erased_at));
    }

    /// The number of erasures.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The events without what tells who those are about that were received before their person's
    /// erasure; the very same batch where none was.
    pub fn apply(&self, events: RecordBatch) -> Result<RecordBatch, ArrowError> {
        let received = events[column::RECEIVED_AT]
            .as_primitive_opt::<TimestampMillisecondType>()
            .ok_or_else(|| ArrowError::SchemaError("times of another type".into()))?;
        let earliest = received.values().iter().min().copied().map(UnixMillis);
        // All but what is read late or once more came after every erasure.
        if self.newest.is_none() || earliest > self.newest {
            return Ok(events);
        }
        let erased: BooleanArray =
            (0..events.num_rows()).map(|row| Some(self.hold_row(&events, row))).collect();
        if erased.true_count() == 0 { Ok(events) } else { without_person(&events, &erased) }
    }

    fn hold_row(&self, events: &RecordBatch, row: usize) -> bool {
        let tenant = TenantId(events[column::TENANT_ID].as_primitive::<UInt64Type>().value(row));
        let received = events[column::RECEIVED_AT].as_primitive::<TimestampMillisecondType>();
        self.hold(tenant, seals(events, row), UnixMillis(received.value(row)))
    }

    /// Whether an event of a tenant that was received at `received` is about a person who was erased then or
    /// later: one of the event's identifiers is that person's.
    pub fn hold(
        &self,
        tenant: TenantId,
        identifiers: impl IntoIterator<Item = IdentifierSeal>,
        received: UnixMillis,
    ) -> bool {
        identifiers.into_iter().any(|seal| {
            self.times.get(&(tenant, seal)).is_some_and(|erased_at| received <= *erased_at)
        })
    }

    /// The time of the last erasure; `None` when nobody was erased.
    pub fn newest(&self) -> Option<UnixMillis> {
        self.newest
    }
}

fn seals(events: &RecordBatch, row: usize) -> Vec<IdentifierSeal> {
    let pairs = events[column::IDENTIFIERS].as_list::<i32>().value(row);
    let seals = pairs.as_struct().column(1).as_fixed_size_binary();
    let seals = seals.iter().flatten();
    seals.filter_map(|seal| <[u8; SEAL_BYTES]>::try_from(seal).ok().map(IdentifierSeal)).collect()
}

/// The events without what tells who the rows in `theirs` are about: their identifiers, event ids and
/// order ids. What is counted stays, and so do the dedup key and the masks.
pub fn without_person(
    events: &RecordBatch,
    theirs: &BooleanArray,
) -> Result<RecordBatch, ArrowError> {
    let list = events[column::IDENTIFIERS].as_list::<i32>();
    let DataType::List(item) = list.data_type() else {
        return Err(ArrowError::SchemaError("identifiers are no list".into()));
    };
    let (mut kept, mut lengths) = (Vec::new(), Vec::new());
    for (row, ends) in list.value_offsets().windows(2).enumerate() {
        let (from, to) = (ends[0].unsigned_abs().into(), ends[1].unsigned_abs().into());
        let to: u64 = if theirs.value(row) { from } else { to };
        kept.extend(from..to);
        lengths.push((to - from) as usize);
    }
    let values = take(list.values(), &UInt64Array::from(kept), None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    let emptied: ArrayRef = Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?);
    let mut columns = events.columns().to_vec();
    columns[events.schema_ref().index_of(column::IDENTIFIERS)?] = emptied;
    for name in [column::EVENT_ID, column::ORDER_ID] {
        columns[events.schema_ref().index_of(name)?] = nullif(&events[name], theirs)?;
    }
    RecordBatch::try_new(events.schema(), columns)
}

/// A list that does not change.
#[async_trait]
impl ErasureList for Arc<Erasures> {
    async fn erasures(&self) -> Result<Arc<Erasures>, StoreError> {
        Ok(self.clone())
    }
}

/// Knows who was erased. Every landing asks it, the first one and each replay.
#[async_trait]
pub trait ErasureList: Send + Sync {
    /// Who was erased so far. It may be a moment old: whoever erases does so once more a while later.
    async fn erasures(&self) -> Result<Arc<Erasures>, StoreError>;
}
