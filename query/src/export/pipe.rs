//! From batches to bytes, on a thread of its own between two short queues.
//!
//! The reader's pace is everybody's: a full queue of bytes stops the encoder, a full queue of batches
//! stops the question to the warehouse. Whoever drops the bytes ends the question. A queue that closes
//! without its end mark is an error, so that nothing that broke off looks complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use stratum_models::export::{ExportBatches, ExportColumn, FileCompression, FileFormat};
use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;

use super::{EncodeError, Encoder};

/// One batch waits while one is encoded.
const BATCHES_AHEAD: usize = 1;
const CHUNKS_AHEAD: usize = 2;

/// A file as it is made.
pub struct EncodedFile {
    /// The file's bytes.
    pub bytes: BoxStream<'static, Result<Bytes, StoreError>>,
    /// The number of rows that have gone into them so far.
    pub rows: Arc<AtomicU64>,
}

/// A queue's item, or its end.
enum Step<T> {
    Next(T),
    Failed(StoreError),
    End,
}

/// Makes a file of these batches. To be called within a runtime.
pub fn encode(
    batches: ExportBatches,
    columns: Vec<&'static ExportColumn>,
    format: FileFormat,
    compression: FileCompression,
) -> EncodedFile {
    let rows = Arc::new(AtomicU64::new(0));
    let (to_encoder, from_reader) = channel(BATCHES_AHEAD);
    let (to_caller, from_encoder) = channel(CHUNKS_AHEAD);
    let reading = tokio::spawn(read(batches, to_encoder));
    let reading = ReadGuard(reading.abort_handle());
    let counted = rows.clone();
    tokio::task::spawn_blocking(move || {
        let made = make(from_reader, columns, format, compression, &to_caller, &counted);
        let last = match made {
            Ok(()) => Step::End,
            Err(EncodeError::Failed(error)) => Step::Failed(error),
            Err(EncodeError::Left) => return,
        };
        // Nobody there to take it is no fault.
        to_caller.blocking_send(last).ok();
    });
    EncodedFile { bytes: bytes(from_encoder, reading).boxed(), rows }
}

/// Ends the question when the bytes are dropped, also while it has nothing to say.
struct ReadGuard(AbortHandle);

impl Drop for ReadGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn read(mut batches: ExportBatches, to_encoder: Sender<Step<RecordBatch>>) {
    loop {
        let step = match batches.next().await {
            Some(Ok(batch)) => Step::Next(batch),
            Some(Err(error)) => Step::Failed(error),
            None => Step::End,
        };
        let goes_on = matches!(step, Step::Next(_));
        if to_encoder.send(step).await.is_err() || !goes_on {
            return;
        }
    }
}

fn make(
    mut from_reader: Receiver<Step<RecordBatch>>,
    columns: Vec<&'static ExportColumn>,
    format: FileFormat,
    compression: FileCompression,
    to_caller: &Sender<Step<Bytes>>,
    rows: &AtomicU64,
) -> Result<(), EncodeError> {
    let mut encoder = Encoder::new(columns, format, compression)?;
    let mut take = |bytes| to_caller.blocking_send(Step::Next(bytes)).is_ok();
    loop {
        match from_reader.blocking_recv() {
            Some(Step::Next(batch)) => {
                encoder.add(&batch, &mut take)?;
                rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            }
            Some(Step::End) => return encoder.finish(&mut take),
            Some(Step::Failed(error)) => return Err(EncodeError::Failed(error)),
            None => return Err(EncodeError::Failed(broke_off())),
        }
    }
}

fn bytes(
    from_encoder: Receiver<Step<Bytes>>,
    reading: ReadGuard,
) -> impl stream::Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(Some((from_encoder, reading)), |state| async move {
        let Some((mut from_encoder, reading)) = state else { return Ok(None) };
        match from_encoder.recv().await {
            Some(Step::Next(bytes)) => Ok(Some((bytes, Some((from_encoder, reading))))),
            Some(Step::End) => Ok(None),
            Some(Step::Failed(error)) => Err(error),
            None => Err(broke_off()),
        }
    })
}

fn broke_off() -> StoreError {
    StoreError::new(StoreErrorKind::Transient, "warehouse", "the export broke off")
}
