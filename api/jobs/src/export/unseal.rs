//! Identifiers of an export: sealed in the warehouse, in the file the SHA-256 that platforms match on.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray, RecordBatch, StringBuilder};
use futures::StreamExt as _;
use stratum_models::export::{Export, ExportColumn};
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, TenantKeys};
use stratum_models::store::{StoreError, StoreErrorKind};

/// Between several identifiers of one kind.
const BAR: char = '|';

/// The export with its identifiers opened.
pub(super) fn opened(
    export: Export,
    columns: Vec<&'static ExportColumn>,
    keys: Arc<TenantKeys>,
) -> Export {
    if !columns.iter().any(|column| column.identifies) {
        return export;
    }
    let batches = export.batches.map(move |batch| open_batch(&batch?, &columns, &keys));
    Export { batches: batches.boxed(), ..export }
}

fn open_batch(
    batch: &RecordBatch,
    asked: &[&'static ExportColumn],
    keys: &TenantKeys,
) -> Result<RecordBatch, StoreError> {
    let mut columns = batch.columns().to_vec();
    for (column, _) in columns.iter_mut().zip(asked).filter(|(_, asked)| asked.identifies) {
        *column = open_column(column, keys)?;
    }
    RecordBatch::try_new(batch.schema(), columns).map_err(|_| other_layout())
}

fn other_layout() -> StoreError {
    let text = "export: identifiers have another layout than this program expects";
    StoreError::new(StoreErrorKind::Invalid, "warehouse", text)
}

fn open_column(column: &ArrayRef, keys: &TenantKeys) -> Result<ArrayRef, StoreError> {
    let texts = column.as_string_opt::<i32>().ok_or_else(other_layout)?;
    let mut opened = StringBuilder::with_capacity(texts.len(), texts.len() * 64);
    let mut cell = String::new();
    for text in texts {
        cell.clear();
        for seal in text.into_iter().flat_map(|text| text.split(BAR)) {
            // Of one whose key is not given any more nothing can be told.
            let Some(hash) = read(seal).and_then(|seal| keys.open(&seal)) else { continue };
            if !cell.is_empty() {
                cell.push(BAR);
            }
            cell.extend(hash.0.iter().map(|byte| format!("{byte:02x}")));
        }
        opened.append_option(Some(&*cell).filter(|cell| !cell.is_empty()));
    }
    Ok(Arc::new(opened.finish()))
}

fn read(digits: &str) -> Option<IdentifierSeal> {
    let mut seal = [0; SEAL_BYTES];
    if digits.len() != 2 * SEAL_BYTES {
        return None;
    }
    for (at, byte) in seal.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(IdentifierSeal(seal))
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;
    use stratum_models::id::TenantId;
    use stratum_models::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey};
    use stratum_models::seal::IdentifierKeys;

    use super::*;

    fn seal(keys: &TenantKeys, byte: u8) -> String {
        let hash = IdentifierHash([byte; 32]);
        let one = HashedIdentifier { key: IdentifierKey::Email, hash };
        keys.seals(one)[0].seal.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_cell_of_seals_becomes_one_of_hashes() {
        let of = |root: &'static [u8]| IdentifierKeys::new(root, []).of(TenantId(1));
        let (keys, lost) = (of(b"a root of thirty-two bytes or more"), of(b"a root that is gone"));
        let cells = [
            Some(format!("{}|{}|{}", seal(&keys, 1), seal(&lost, 2), seal(&keys, 3))),
            None,
            Some(seal(&lost, 4)),
        ];
        let column: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
        let hashes = format!("{}|{}", "01".repeat(32), "03".repeat(32));
        let expected: ArrayRef = Arc::new(StringArray::from(vec![Some(hashes), None, None]));
        assert_eq!(&open_column(&column, &keys).unwrap(), &expected);
    }
}
