//! Bodies that take long: they end with the rights of those they are for, and where the process stops.
//! That a client takes them at the least rate is seen to by its connection.

use std::time::Duration;

use axum::body::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, Stream, StreamExt as _};
use stratum_http::auth::Authenticated;
use tokio::time::{MissedTickBehavior, interval};

use super::App;

/// A body that broke off: what came until then is not the whole.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// The process stops.
    #[error("the process stops")]
    Stopped,
    /// The caller would not be let in any more.
    #[error("the caller's rights have ended")]
    NotAllowed,
    /// The source of the bytes failed.
    #[error(transparent)]
    Failed(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// Returns, with the reason, once a body of this caller must not go on.
pub fn end_of(app: &App, caller: Authenticated) -> BoxFuture<'static, BrokenOff> {
    let every = Duration::from_millis(app.live.config().recheck_ms.max(1));
    let (stop, app) = (app.stop.clone(), std::sync::Arc::downgrade(app));
    let refused = async move {
        let mut recheck = interval(every);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            recheck.tick().await;
            let Some(app) = app.upgrade() else { return BrokenOff::Stopped };
            if !caller.is_still_good(&app.auth) {
                return BrokenOff::NotAllowed;
            }
        }
    };
    async move { stop.run_until_cancelled_owned(refused).await.unwrap_or(BrokenOff::Stopped) }
        .boxed()
}

/// The bytes as long as the caller may have them; broken off as an error, so that no part looks like the
/// whole.
pub fn guarded<E, S>(
    app: &App,
    caller: Authenticated,
    bytes: S,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + use<E, S>
where
    E: std::error::Error + Send + Sync + 'static,
    S: Stream<Item = Result<Bytes, E>> + Send + 'static,
{
    let state = GuardedBody { bytes: bytes.boxed(), end: end_of(app, caller) };
    stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        match state.next().await? {
            Ok(chunk) => Some((Ok(chunk), Some(state))),
            Err(error) => {
                tracing::warn!(%error, "a long body broke off");
                Some((Err(error), None))
            }
        }
    })
}

struct GuardedBody<E> {
    bytes: BoxStream<'static, Result<Bytes, E>>,
    end: BoxFuture<'static, BrokenOff>,
}

impl<E: std::error::Error + Send + Sync + 'static> GuardedBody<E> {
    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        tokio::select! {
            // Asked first: bytes that are always there must not go on for ever.
            biased;
            end = &mut self.end => Some(Err(end)),
            next = self.bytes.next() => {
                next.map(|chunk| chunk.map_err(|error| BrokenOff::Failed(error.into())))
            }
        }
    }
}
