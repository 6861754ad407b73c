//! Bodies into memory, within their bounds.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::future::poll_immediate;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::bounds::Hold;
use super::{Denied, Door};

/// Over this time the least rate is measured.
const WINDOW: Duration = Duration::from_secs(3);
/// Of a body that is not wanted any more, so much is still read: a sender that is still writing does not
/// hear an answer, only a broken connection.
const UNWANTED_BYTES_MAX: usize = 1 << 20;

/// A body on its way in, and what it holds meanwhile.
pub(crate) struct BodyReader<'d> {
    door: &'d Door,
    hold: Hold,
    stream: BodyDataStream,
    /// How long it is going to be at least.
    declared: u64,
    buffer: Buffer,
    pace: Pace,
}

/// What has come of it. Most bodies come in one piece, which is not copied.
enum Buffer {
    One(Bytes),
    Many(BytesMut),
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        match self {
            Buffer::One(bytes) => bytes,
            Buffer::Many(bytes) => bytes,
        }
    }

    fn push(&mut self, chunk: Bytes, declared: u64) {
        match self {
            Buffer::One(first) if first.is_empty() => *first = chunk,
            Buffer::One(first) => {
                let room = (declared as usize).max(first.len() * 2);
                let mut all = BytesMut::with_capacity(room.max(first.len() + chunk.len()));
                all.extend_from_slice(first);
                all.extend_from_slice(&chunk);
                *self = Buffer::Many(all);
            }
            Buffer::Many(all) => all.extend_from_slice(&chunk),
        }
    }
}

impl<'d> BodyReader<'d> {
    pub(crate) fn new(door: &'d Door, body: Body, hold: Hold) -> BodyReader<'d> {
        let declared = body.size_hint().lower();
        let buffer = Buffer::One(Bytes::new());
        let pace = Pace::new(door);
        BodyReader { door, hold, stream: body.into_data_stream(), declared, buffer, pace }
    }

    /// What has come so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    pub(crate) fn hold(&mut self) -> &mut Hold {
        &mut self.hold
    }

    /// Reads on until so many bytes have come. Whether that is the whole body.
    pub(crate) async fn read_to(&mut self, bytes: usize) -> Result<bool, Denied> {
        let bytes_max = self.door.config.body_bytes_max;
        if self.declared > bytes_max as u64 {
            return self.discard().await;
        }
        while self.bytes().len() < bytes {
            let Some(chunk) = self.chunk().await? else { return Ok(true) };
            if self.bytes().len() + chunk.len() > bytes_max {
                return self.discard().await;
            }
            self.hold.grow(chunk.len())?;
            self.buffer.push(chunk, self.declared);
        }
        Ok(false)
    }

    /// The whole body, read to its end. The hold is to be kept until the answer.
    pub(crate) async fn whole(mut self) -> Result<(Bytes, Hold), Denied> {
        self.read_to(usize::MAX).await?;
        let body = match self.buffer {
            Buffer::One(bytes) => bytes,
            Buffer::Many(bytes) => bytes.freeze(),
        };
        Ok((body, self.hold))
    }

    /// The next piece; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Denied> {
        // Most bodies are here with their head: no timer for those.
        let chunk = match poll_immediate(self.stream.next()).await {
            Some(chunk) => chunk,
            None => {
                let BodyReader { hold, stream, pace, .. } = self;
                let chunk = tokio::select! {
                    biased;
                    chunk = stream.next() => chunk,
                    () = sleep_until(pace.until()) => return Err(Denied::Slow),
                    () = hold.make_room() => return Err(Denied::Busy),
                };
                hold.wait_over()?;
                chunk
            }
        };
        let chunk = chunk.transpose().map_err(|_| Denied::Broken)?;
        self.pace.add(chunk.as_ref().map_or(0, Bytes::len));
        Ok(chunk)
    }

    /// Reads on for a while without keeping anything.
    async fn discard(&mut self) -> Result<bool, Denied> {
        self.buffer = Buffer::One(Bytes::new());
        self.hold.empty();
        let mut left = self.door.config.body_bytes_max.saturating_mul(8);
        while let Ok(Some(chunk)) = self.chunk().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
        Err(Denied::TooLarge)
    }
}

/// How fast a body has to come.
struct Pace {
    /// When all of it has to be here.
    end: Instant,
    /// When `bytes_min` have to be here.
    window_end: Instant,
    bytes: usize,
    bytes_min: usize,
}

impl Pace {
    fn new(door: &Door) -> Pace {
        let now = Instant::now();
        let bytes_min = door.config.body_bytes_per_s_min.saturating_mul(WINDOW.as_secs() as usize);
        Pace {
            end: now + Duration::from_millis(door.config.body_wait_ms_max),
            window_end: now + WINDOW,
            bytes: 0,
            bytes_min: bytes_min.max(1),
        }
    }

    fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= self.bytes_min {
            self.bytes = 0;
            self.window_end = Instant::now() + WINDOW;
        }
    }

    /// When it is too slow, if nothing more comes.
    fn until(&self) -> Instant {
        self.end.min(self.window_end)
    }
}

/// Reads a body that is not wanted, beside its answer and without keeping it.
pub(crate) fn discard_unwanted(door: &Door, body: Body) {
    if body.is_end_stream() || body.size_hint().lower() > UNWANTED_BYTES_MAX as u64 {
        return;
    }
    let until = Instant::now() + Duration::from_millis(door.config.body_wait_ms_max).min(WINDOW);
    tokio::spawn(async move {
        let mut stream = pin!(body.into_data_stream());
        let mut left = UNWANTED_BYTES_MAX;
        while let Ok(Some(Ok(chunk))) = timeout_at(until, stream.next()).await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    });
}
