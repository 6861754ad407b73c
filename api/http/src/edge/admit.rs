//! Admission: the number of requests that are let in. One that would have to wait too long is better
//! refused at once: its caller is told to come again, and those that were let in are answered in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::EdgeConfig;
use super::limit::is_sign_in;
use crate::answer::Refusal;

/// Requests refused because more came than could be answered.
pub const SHED: &str = "stratum_api_shed_total";

/// The requests of this process that have come and whose answers have not begun.
pub struct Admission {
    places: Semaphore,
    waiting: AtomicUsize,
    waiting_max: usize,
    wait_max: Duration,
}

/// A request that is not yet worked on.
struct WaitingRequest<'a>(&'a AtomicUsize);

impl Drop for WaitingRequest<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    /// Lets in so many.
    pub fn new(config: &EdgeConfig) -> Admission {
        Admission {
            places: Semaphore::new(config.requests_max.clamp(1, Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            waiting_max: config.requests_waiting_max.max(1),
            wait_max: Duration::from_millis(config.requests_wait_ms_max),
        }
    }

    /// A place, unless too many wait for one or none comes in time.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        let came = Instant::now();
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = WaitingRequest(&self.waiting);
        if before >= self.waiting_max {
            return None;
        }
        // Most work is done without a pause, so requests would never be seen to wait. First all that
        // have come are counted, then the first of them is worked on.
        tokio::task::yield_now().await;
        if came.elapsed() > self.wait_max {
            return None;
        }
        timeout_at(came + self.wait_max, self.places.acquire()).await.ok()?.ok()
    }
}

/// Lets a request in or refuses it. A stream holds its place until it begins. Sign-in has a queue of its
/// own, and would take the places of everybody else.
pub async fn admit(
    State(admission): State<Arc<Admission>>,
    request: Request,
    next: Next,
) -> Response {
    if is_sign_in(request.uri().path()) {
        return next.run(request).await;
    }
    match admission.enter().await {
        Some(_place) => next.run(request).await,
        None => {
            metrics::counter!(SHED).increment(1);
            Refusal::overloaded().into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    fn admission(requests_max: usize, requests_waiting_max: usize) -> Arc<Admission> {
        let config = EdgeConfig {
            requests_max,
            requests_waiting_max,
            requests_wait_ms_max: 200,
            ..EdgeConfig::default()
        };
        Arc::new(Admission::new(&config))
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_come_together_are_counted_before_the_first_is_worked_on() {
        let admission = admission(100, 8);
        let busy = |_| {
            let admission = admission.clone();
            tokio::spawn(async move { admission.enter().await.is_some() })
        };
        let entered = join_all((0..20).map(busy)).await;
        let entered = entered.into_iter().filter(|entered| *entered.as_ref().unwrap()).count();
        assert_eq!(entered, 8);
        assert!(admission.enter().await.is_some(), "later there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_waited_for_so_long_and_no_longer() {
        let admission = admission(1, 8);
        let first = admission.enter().await.unwrap();
        let began = Instant::now();
        assert!(admission.enter().await.is_none());
        assert_eq!(began.elapsed(), Duration::from_millis(200));
        let (second, ()) = tokio::join!(admission.enter(), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(first);
        });
        assert!(second.is_some());
    }
}
