//! Traffic at a rate, whatever the server does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use stratum_models::demo::{Traffic, TrafficConfig, purchase_share};
use stratum_models::time::{Clock as _, UnixMillis};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{DemoPlan, DemoWorld, Progress};
use crate::boot::SystemClock;

const DAY_SECONDS: f64 = 86_400.0;

/// Counts of requests by what became of them.
#[derive(Default)]
pub(super) struct Tally {
    events: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
}

impl Tally {
    pub(super) fn progress(&self, since: Instant) -> Progress {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Progress {
            seconds: since.elapsed().as_secs(),
            events: of(&self.events),
            accepted: of(&self.accepted),
            refused: of(&self.refused),
            failed: of(&self.failed),
            skipped: of(&self.skipped),
        }
    }
}

/// Sends events until the time is over or `stop`.
pub(super) async fn send_events(
    client: reqwest::Client,
    demo: &DemoWorld,
    plan: &DemoPlan,
    tally: Arc<Tally>,
    stop: CancellationToken,
) {
    let per_request = plan.config.events_per_request.max(1);
    // As many orders as the days before had, however many other events there are.
    let usual = plan.rate * DAY_SECONDS * purchase_share();
    let purchases = (demo.history.daily_orders() / usual).min(1.0);
    let mix =
        TrafficConfig { events_per_request: per_request, purchases, ..TrafficConfig::default() };
    let now: UnixMillis = SystemClock.now();
    // Another seed at each run: event ids of an earlier one would be duplicates.
    let seed = plan.config.seed ^ now.0.unsigned_abs();
    let mut traffic = Traffic::new(demo.world().clone(), mix, seed, now);
    let mut tick = interval(Duration::from_secs_f64(per_request as f64 / plan.rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let turns = Arc::new(Semaphore::new(plan.config.requests_max.max(1)));
    let began = Instant::now();
    let is_over = || plan.seconds.is_some_and(|most| began.elapsed().as_secs_f64() >= most);
    while stop.run_until_cancelled(tick.tick()).await.is_some() && !is_over() {
        // The rate is kept whatever the server does: what finds no turn is left out, and told.
        let Ok(turn) = turns.clone().try_acquire_owned() else {
            tally.skipped.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        traffic.move_to(SystemClock.now());
        let Some(request) = traffic.next() else { break };
        let key = demo.keys.get(request.tenant_index).cloned().unwrap_or_default();
        let url = format!("{}/v24.0/{}/events", plan.url, request.dataset_id);
        let (client, tally) = (client.clone(), tally.clone());
        tokio::spawn(async move {
            let sent = client.post(url).bearer_auth(key.expose());
            let sent =
                sent.header(CONTENT_TYPE, "application/json").body(request.body).send().await;
            let count = match sent.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => &tally.accepted,
                Ok(status) if status == StatusCode::BAD_REQUEST => &tally.refused,
                _ => &tally.failed,
            };
            count.fetch_add(1, Ordering::Relaxed);
            tally.events.fetch_add(request.events as u64, Ordering::Relaxed);
            drop(turn);
        });
    }
    // Those under way end by themselves, in bounded time.
    let every = u32::try_from(plan.config.requests_max.max(1)).unwrap_or(u32::MAX);
    turns.acquire_many(every).await.ok();
}
