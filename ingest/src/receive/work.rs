//! Where a body is worked on: small ones where they arrived, large ones aside.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;

use super::bounds::Hold;
use super::{Denied, Door};
use stratum_wire::decode::gzip;

/// Does `job` on the body. A panic in it ends this request and nothing else.
pub(crate) async fn work<T: Send + 'static>(
    door: &Arc<Door>,
    hold: &Hold,
    body: Bytes,
    job: impl FnOnce(&Door, &[u8]) -> T + Send + 'static,
) -> Result<T, Denied> {
    if is_small(door, &body) {
        // What the job leaves behind is emptied before it is used again.
        return catch_unwind(AssertUnwindSafe(|| job(door, &body))).map_err(|_| Denied::Panicked);
    }
    // One payer's large bodies leave threads to those of others.
    let _share = hold.large().acquire_owned().await.map_err(|_| Denied::Busy)?;
    let _permit = door.large.acquire().await.map_err(|_| Denied::Busy)?;
    let door = door.clone();
    let job = tokio::task::spawn_blocking(move || job(&door, &body));
    job.await.map_err(|_| Denied::Panicked)
}

fn is_small(door: &Door, body: &[u8]) -> bool {
    let bytes_max = if gzip::is_packed(body) {
        door.config.inline_packed_bytes_max
    } else {
        door.config.inline_bytes_max
    };
    body.len() <= bytes_max
}
