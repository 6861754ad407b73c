//! Bodies into memory, within their bounds.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::future::poll_immediate;

use super::bounds::Hold;
use super::{Denied, Door};

/// Reads a body whole. The hold is to be kept until the answer.
pub(crate) async fn read(door: &Door, body: Body) -> Result<(Bytes, Hold), Denied> {
    let mut hold = door.in_flight.enter()?;
    let bytes_max = door.config.body_bytes_max;
    let declared = body.size_hint().lower();
    let mut stream = body.into_data_stream();
    let body = {
        let mut reading = pin!(collect(&mut stream, declared, bytes_max, &mut hold));
        // Most bodies are here with their head: no timer for those.
        match poll_immediate(&mut reading).await {
            Some(body) => body,
            None => {
                let wait = Duration::from_millis(door.config.body_wait_ms_max);
                tokio::time::timeout(wait, reading).await.unwrap_or(Err(Denied::Slow))
            }
        }
    };
    body.map(|body| (body, hold))
}

async fn collect(
    stream: &mut BodyDataStream,
    declared: u64,
    bytes_max: usize,
    hold: &mut Hold,
) -> Result<Bytes, Denied> {
    if declared > bytes_max as u64 {
        return discard(stream, bytes_max).await;
    }
    let Some(first) = stream.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| Denied::Broken)?;
    hold.grow(first.len())?;
    let Some(mut next) = stream.next().await else { return bounded(first, bytes_max) };
    let mut all = BytesMut::with_capacity((declared as usize).max(first.len() * 2));
    all.extend_from_slice(&first);
    loop {
        let chunk = next.map_err(|_| Denied::Broken)?;
        if all.len() + chunk.len() > bytes_max {
            return discard(stream, bytes_max).await;
        }
        hold.grow(chunk.len())?;
        all.extend_from_slice(&chunk);
        match stream.next().await {
            Some(chunk) => next = chunk,
            None => return Ok(all.freeze()),
        }
    }
}

fn bounded(body: Bytes, bytes_max: usize) -> Result<Bytes, Denied> {
    if body.len() > bytes_max { Err(Denied::TooLarge) } else { Ok(body) }
}

/// Reads on for a while without keeping anything: a sender that is still writing does not hear an
/// answer, only a broken connection.
async fn discard(stream: &mut BodyDataStream, body_bytes_max: usize) -> Result<Bytes, Denied> {
    let mut left = body_bytes_max.saturating_mul(8);
    while let Some(Ok(chunk)) = stream.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            break;
        }
    }
    Err(Denied::TooLarge)
}
