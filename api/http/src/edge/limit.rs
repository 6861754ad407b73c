//! Limits of how often one may ask, by address, caller and tenant. Each key has a leaky bucket; a bounded number
//! of keys is remembered, and idle ones are forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use stratum_models::id::TenantId;
use stratum_models::time::SharedClock;
use stratum_state::audit::Actor;

use super::{ClientIp, LimitsConfig};
use crate::answer::Refusal;
use crate::auth::Authenticated;

/// Requests refused because they came too often, by whose limit it was.
pub const RATE_LIMITED: &str = "stratum_api_rate_limited_total";

const NS_PER_MS: u64 = 1_000_000;

/// The program's clock, as the limiter reads it.
#[derive(Clone)]
struct Ticks(SharedClock);

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(u64::try_from(self.0.now().0).unwrap_or_default() * NS_PER_MS)
    }
}

/// When the bucket of each key will be empty. Keys beyond the bound share one bucket.
struct Buckets<K> {
    keys_max: usize,
    clock: Ticks,
    /// The limiter counts its times from here.
    start: Nanos,
    kept: Mutex<BucketTimes<K>>,
}

struct BucketTimes<K> {
    by_key: HashMap<K, Nanos>,
    others: Option<Nanos>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// Forgets the keys whose buckets are empty: they are as if they had never asked.
    fn sweep(&self, kept: &mut BucketTimes<K>) {
        let now = self.clock.now().duration_since(self.start);
        kept.by_key.retain(|_, empty_at| *empty_at > now);
    }
}

impl<K: Eq + Hash + Clone> StateStore for Buckets<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut kept = self.kept.lock();
        if let Some(empty_at) = kept.by_key.get_mut(key) {
            let (outcome, next) = decide(Some(*empty_at))?;
            *empty_at = next;
            return Ok(outcome);
        }
        if kept.by_key.len() >= self.keys_max {
            self.sweep(&mut kept);
        }
        if kept.by_key.len() >= self.keys_max {
            let (outcome, next) = decide(kept.others)?;
            kept.others = Some(next);
            return Ok(outcome);
        }
        let (outcome, next) = decide(None)?;
        kept.by_key.insert(key.clone(), next);
        Ok(outcome)
    }
}

/// A limit; `None` inside lets everything pass.
struct Limit<K: Eq + Hash + Clone> {
    limiter: Option<RateLimiter<K, Buckets<K>, Ticks, NoOpMiddleware<Nanos>>>,
    clock: Ticks,
}

impl<K: Eq + Hash + Clone> Limit<K> {
    fn new(quota: Option<Quota>, keys_max: usize, clock: SharedClock) -> Limit<K> {
        let clock = Ticks(clock);
        let limiter = quota.map(|quota| {
            let kept = Mutex::new(BucketTimes { by_key: HashMap::new(), others: None });
            let start = clock.now();
            let buckets = Buckets { keys_max, clock: clock.clone(), start, kept };
            RateLimiter::new(quota, buckets, clock.clone())
        });
        Limit { limiter, clock }
    }

    /// Takes one from the key's allowance; how long to wait where none is left.
    fn take(&self, key: &K) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(key).map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.clock.now());
            wait.into()
        })
    }
}

fn per_second(rate: u32, burst: u32) -> Option<Quota> {
    quota(NonZeroU32::new(rate).map(Quota::per_second), burst)
}

fn per_minute(rate: u32, burst: u32) -> Option<Quota> {
    quota(NonZeroU32::new(rate).map(Quota::per_minute), burst)
}

fn quota(rate: Option<Quota>, burst: u32) -> Option<Quota> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    rate.map(|quota| quota.allow_burst(burst))
}

/// The limits of this process.
pub struct Limits {
    clients: Limit<IpAddr>,
    sign_ins: Limit<IpAddr>,
    callers: Limit<Actor>,
    tenants: Limit<TenantId>,
}

impl Limits {
    /// Limits with these allowances.
    pub fn new(config: &LimitsConfig, clock: &SharedClock) -> Limits {
        let keys_max = config.keys_max.max(1);
        let clients = per_second(config.client_per_s, config.client_burst);
        let sign_ins = per_minute(config.sign_in_per_min, config.sign_in_burst);
        let callers = per_second(config.caller_per_s, config.caller_burst);
        let tenants = per_second(config.tenant_per_s, config.tenant_burst);
        Limits {
            clients: Limit::new(clients, keys_max, clock.clone()),
            sign_ins: Limit::new(sign_ins, keys_max, clock.clone()),
            callers: Limit::new(callers, keys_max, clock.clone()),
            tenants: Limit::new(tenants, keys_max, clock.clone()),
        }
    }

    fn client(&self, client: ClientIp, path: &str) -> Result<(), Refusal> {
        let key = client.allowance_key();
        refused(self.clients.take(&key), "client")?;
        match is_sign_in(path) {
            true => refused(self.sign_ins.take(&key), "sign_in"),
            false => Ok(()),
        }
    }

    /// Counts a request of a caller, as soon as it is known who asks. 429 past the allowance of the caller,
    /// or of all callers of the tenant.
    pub fn caller(&self, caller: &Authenticated) -> Result<(), Refusal> {
        refused(self.callers.take(&caller.author.actor), "caller")?;
        refused(self.tenants.take(&caller.scope.tenant_id()), "tenant")
    }
}

/// Where passwords and one-time tokens are tried.
pub(super) fn is_sign_in(path: &str) -> bool {
    path.strip_prefix("/api/v1/auth/").is_some_and(|rest| {
        !matches!(rest, "me" | "logout" | "sessions") && !rest.starts_with("sessions/")
    })
}

fn refused(taken: Result<(), Duration>, whose: &'static str) -> Result<(), Refusal> {
    taken.map_err(|wait| {
        metrics::counter!(RATE_LIMITED, "limit" => whose).increment(1);
        Refusal::rate_limited(wait)
    })
}

/// Refuses what comes too often from one address, before anything else is done about it.
pub async fn limit_clients(
    State(limits): State<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response {
    let client = request.extensions().get::<ClientIp>().copied();
    let taken = client.map_or(Ok(()), |client| limits.client(client, request.uri().path()));
    match taken {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use stratum_models::time::UnixMillis;

    use super::*;

    #[derive(Default)]
    struct HandClock(AtomicI64);

    impl stratum_models::time::Clock for HandClock {
        fn now(&self) -> UnixMillis {
            UnixMillis(self.0.load(Ordering::Relaxed))
        }
    }

    fn limit(quota: Option<Quota>, keys_max: usize) -> (Limit<u32>, Arc<HandClock>) {
        let clock = Arc::new(HandClock(AtomicI64::new(1_774_742_399_000)));
        (Limit::new(quota, keys_max, clock.clone()), clock)
    }

    #[test]
    fn a_burst_passes_and_then_the_allowance_of_each_second() {
        let (limit, clock) = limit(per_second(2, 3), 10);
        assert_eq!([0; 3].map(|_| limit.take(&1).is_ok()), [true; 3]);
        assert_eq!(limit.take(&1), Err(Duration::from_millis(500)));
        assert_eq!(limit.take(&2), Ok(()), "another has an allowance of its own");
        clock.0.fetch_add(500, Ordering::Relaxed);
        assert_eq!((limit.take(&1), limit.take(&1).is_ok()), (Ok(()), false));
        clock.0.fetch_add(60_000, Ordering::Relaxed);
        assert_eq!([0; 4].map(|_| limit.take(&1).is_ok()), [true, true, true, false]);
    }

    #[test]
    fn no_allowance_is_no_limit() {
        let (limit, _) = limit(per_second(0, 5), 1);
        assert!((0..10_000).all(|_| limit.take(&1).is_ok()));
    }

    #[test]
    fn strangers_cannot_fill_the_memory_nor_shut_out_who_is_known() {
        let (limit, clock) = limit(per_second(1, 2), 100);
        assert_eq!(limit.take(&0), Ok(()));
        let passed = (1..10_000).filter(|key| limit.take(key).is_ok()).count();
        assert_eq!(passed, 99 + 2, "those beyond the bound share one allowance");
        assert_eq!(limit.take(&0), Ok(()), "the known one still has its own");
        clock.0.fetch_add(10_000, Ordering::Relaxed);
        assert_eq!(limit.take(&20_000), Ok(()), "idle keys make room");
    }

    #[test]
    fn passwords_are_tried_at_the_routes_of_sign_in() {
        for path in ["login", "register", "refresh", "forgot-password", "reset-password"] {
            assert!(is_sign_in(&format!("/api/v1/auth/{path}")), "{path}");
        }
        assert!(is_sign_in("/api/v1/auth/confirm") && is_sign_in("/api/v1/auth/second-factor"));
        assert!(!is_sign_in("/api/v1/auth/sessions") && !is_sign_in("/api/v1/auth/sessions/x"));
        assert!(!is_sign_in("/api/v1/auth/me") && !is_sign_in("/api/v1/analytics/kpis"));
    }
}
