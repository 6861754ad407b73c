//! The least rate at which bytes must move while somebody waits for the other side.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Sleep, sleep_until};

/// The least rate of a client's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaceConfig {
    /// Bytes a second, on the average, while they are waited for.
    pub bytes_per_s_min: u64,
    /// A client may be behind by so much waiting.
    pub behind_ms_max: u64,
}

impl Default for PaceConfig {
    fn default() -> Self {
        PaceConfig { bytes_per_s_min: 16_384, behind_ms_max: 30_000 }
    }
}

/// The patience that is left with a client: waiting takes from it, bytes that move give to it.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    config: PaceConfig,
    left: Duration,
}

impl Pace {
    /// Full patience.
    pub fn new(config: PaceConfig) -> Pace {
        Pace { config, left: Duration::from_millis(config.behind_ms_max.max(1)) }
    }

    /// The wait that is left if nothing moves.
    pub fn left(&self) -> Duration {
        self.left
    }

    /// Takes a wait, and gives back what the bytes that moved meanwhile are worth.
    pub fn spend(&mut self, waited: Duration, bytes: u64) {
        let worth =
            Duration::from_secs_f64(bytes as f64 / self.config.bytes_per_s_min.max(1) as f64);
        let most = Duration::from_millis(self.config.behind_ms_max.max(1));
        self.left = self.left.saturating_sub(waited).saturating_add(worth).min(most);
    }
}

/// A body that did not come at the least rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body came too slowly")]
pub struct TooSlow;

impl TooSlow {
    /// Whether an error is one, or was caused by one.
    pub fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        causes.any(|error| error.is::<TooSlow>())
    }
}

/// A request's body that must come at the least rate.
struct PacedBody {
    body: Body,
    pace: Pace,
    /// Since when the client is waited for, and when patience ends.
    waits: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some((since, _)) = this.waits.take() {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                this.pace.spend(since.elapsed(), bytes.map_or(0, |bytes| bytes.len() as u64));
            }
            return Poll::Ready(frame);
        }
        let left = this.pace.left();
        let (_, end) = this.waits.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + left)))
        });
        ready!(end.as_mut().poll(context));
        Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Holds the bodies of requests to the least rate.
pub async fn pace_bodies(
    State(config): State<PaceConfig>,
    request: Request,
    next: Next,
) -> Response {
    let paced = |body: Body| match body.is_end_stream() {
        true => body,
        false => Body::new(PacedBody { body, pace: Pace::new(config), waits: None }),
    };
    next.run(request.map(paced)).await
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use futures::stream;

    use super::*;

    const CONFIG: PaceConfig = PaceConfig { bytes_per_s_min: 100, behind_ms_max: 1_000 };

    #[test]
    fn bytes_give_patience_back_up_to_its_most() {
        let mut pace = Pace::new(CONFIG);
        pace.spend(Duration::from_millis(400), 0);
        assert_eq!(pace.left(), Duration::from_millis(600));
        pace.spend(Duration::from_millis(100), 20);
        assert_eq!(pace.left(), Duration::from_millis(700));
        pace.spend(Duration::from_millis(100), 1_000_000);
        assert_eq!(pace.left(), Duration::from_secs(1), "what came fast is no store for later");
        pace.spend(Duration::from_secs(9), 50);
        assert_eq!(pace.left(), Duration::from_millis(500));
    }

    /// The bytes of a body that comes in pieces of so many bytes, one each so many milliseconds.
    async fn read(pieces: usize, bytes: usize, every_ms: u64) -> Result<usize, axum::Error> {
        let pieces = stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(every_ms)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes]))
        });
        let body = Body::from_stream(pieces);
        let body = Body::new(PacedBody { body, pace: Pace::new(CONFIG), waits: None });
        let mut pieces = body.into_data_stream();
        let mut read = 0;
        while let Some(piece) = pieces.next().await {
            read += piece?.len();
        }
        Ok(read)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_ends_and_a_slow_one_does_not() {
        assert_eq!(read(60, 60, 500).await.unwrap(), 3_600, "it keeps to the rate");
        assert_eq!(read(1, 5, 900).await.unwrap(), 5, "it is late once");
        for (pieces, bytes, every_ms) in [(100, 1, 500), (100, 40, 500), (1, 5, 1_001)] {
            let error = read(pieces, bytes, every_ms).await.unwrap_err();
            assert!(TooSlow::caused(&error), "{pieces} of {bytes} each {every_ms} ms: {error}");
        }
    }
}
