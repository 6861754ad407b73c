//! Opens the log anew after a write failed.
//!
//! The storage engine takes no more writes once one has failed, for nobody knows how much of it reached
//! the disk. Most often the disk was full, and somebody frees it. So it is looked for room, the store is
//! closed, opened from what is on disk, and cut back to what was answered: an append that was answered
//! with an error may be sent again, and must not be there twice.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use stratum_models::store::StoreError;

use super::LogState;
use super::store::{Ends, Store};
use crate::log::unavailable;
use crate::telemetry;

/// The time between two looks at whether writes failed, and then whether there is room.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The same while it does not get better: opening reads all journals.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(2);
/// Reads and writes under way let go of the store within this time.
const RELEASE_WAIT: Duration = Duration::from_secs(10);
const RELEASE_POLL: Duration = Duration::from_millis(5);
const ROOM_PIECE_BYTES: usize = 1 << 20;

/// Runs until the other end of `stop` is gone.
fn run(shared: &LogState, stop: &Receiver<()>) {
    let mut closed_at = None;
    let mut pause = LOOK_EVERY;
    gauge!(telemetry::LOG_WRITABLE).set(1.0);
    while stop.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        if closed_at.is_none() && is_whole(shared) {
            pause = LOOK_EVERY;
            continue;
        }
        gauge!(telemetry::LOG_WRITABLE).set(0.0);
        match heal(shared, &mut closed_at) {
            Ok(()) => {
                tracing::info!("the log was opened anew and takes appends again");
                counter!(telemetry::LOG_REOPENED).increment(1);
                gauge!(telemetry::LOG_WRITABLE).set(1.0);
            }
            Err(error) => {
                tracing::warn!(log.error = %error, "the log takes no appends yet");
                shared.fail(&error);
            }
        }
        pause = (pause * 2).min(LOOK_EVERY_MAX);
    }
}

/// Whether the store takes writes. Those of the storage engine's own threads fail unseen by any append.
fn is_whole(shared: &LogState) -> bool {
    if let Ok(store) = shared.store()
        && let Err(error) = store.check()
    {
        shared.fail(&error);
    }
    shared.trouble().is_none()
}

/// Takes the store from broken to whole; `closed_at` keeps what it held in between.
fn heal(shared: &LogState, closed_at: &mut Option<Ends>) -> Result<(), StoreError> {
    check_room(&shared.folder, shared.config.commit_bytes_max)?;
    let ends = match closed_at.take() {
        Some(ends) => ends,
        None => close(shared)?,
    };
    match open(shared, &ends) {
        Ok(store) => {
            shared.open_again(store);
            Ok(())
        }
        Err(error) => {
            *closed_at = Some(ends);
            Err(error)
        }
    }
}

/// Finds out by writing whether a commit would find room: what a file system calls free is not always
/// ours.
fn check_room(folder: &Path, bytes: usize) -> Result<(), StoreError> {
    let path = folder.join("room");
    let written = write_zeros(&path, bytes);
    let removed = std::fs::remove_file(&path);
    written.and(removed).map_err(|error| unavailable(format!("the disk takes no writes: {error}")))
}

fn write_zeros(path: &Path, bytes: usize) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    let piece = vec![0; ROOM_PIECE_BYTES.min(bytes)];
    for _ in 0..bytes.div_ceil(ROOM_PIECE_BYTES) {
        file.write_all(&piece)?;
    }
    file.sync_data()
}

/// Closes the store once nobody uses it, and answers where its partitions ended.
fn close(shared: &LogState) -> Result<Ends, StoreError> {
    let until = Instant::now() + RELEASE_WAIT;
    let Some(mut store) = shared.store.lock().take() else {
        return Err(unavailable("the log is closed"));
    };
    loop {
        match Arc::try_unwrap(store) {
            Ok(store) => return Ok(store.ends()),
            Err(used) if Instant::now() > until => {
                *shared.store.lock() = Some(used);
                return Err(unavailable("the log's store is in use without end"));
            }
            Err(used) => store = used,
        }
        std::thread::sleep(RELEASE_POLL);
    }
}

fn open(shared: &LogState, ends: &Ends) -> Result<Store, StoreError> {
    let store = Store::open(&shared.folder, &shared.config)?;
    let cut = store.cut_to(ends)?;
    if cut > 0 {
        tracing::info!(log.records = cut, "records that were never answered are dropped");
    }
    Ok(store)
}

/// Starts the thread.
pub(super) fn start(
    shared: Arc<LogState>,
    stop: Receiver<()>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("log-healer".into()).spawn(move || run(&shared, &stop))
}
