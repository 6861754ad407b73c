//! Sessions that ended before their time, in memory: signing out, a reset, a deactivation or another
//! role must count at once, while access tokens live for half an hour. Every process follows the
//! store; one that cannot reach it for too long lets nobody in rather than somebody shut out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_state::PostgresState;
use stratum_state::session::RevokedSession;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::AuthConfig;

/// Seconds since ended sessions were last asked for.
const REVOCATION_AGE_SECONDS: &str = "stratum_api_revocation_age_seconds";

/// Clocks of processes may differ by this much.
const SKEW_MS: i64 = 300_000;
const ROWS_MAX: i64 = 10_000;

/// Whether the tokens of a session count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Good,
    /// The session was ended.
    Ended,
    /// Nobody knows: the store has been out of reach for too long.
    Unknown,
}

/// The ended sessions whose access tokens are not over yet. Their number is bounded by that of the
/// sign-ins in the life of an access token, which the pool of password checks bounds.
pub struct Revocations {
    ended: RwLock<HashMap<Uuid, UnixMillis>>,
    revision: AtomicI64,
    began: Instant,
    /// The time that what is known is of, in milliseconds after `began`.
    confirmed_ms: AtomicU64,
    keep_ms: i64,
    poll: Duration,
    stale_ms_max: u64,
    clock: SharedClock,
}

impl Revocations {
    /// The ended sessions that the store knows now.
    pub async fn load(
        state: &PostgresState,
        config: &AuthConfig,
        clock: SharedClock,
    ) -> Result<Revocations, StoreError> {
        let revocations = Revocations::new(config, clock);
        // Older ones than are asked for next are of tokens that are over.
        let last = state.watch().await?.last_revocation().await?;
        revocations.refresh(state).await?;
        revocations.revision.fetch_max(last, Ordering::Relaxed);
        Ok(revocations)
    }

    fn new(config: &AuthConfig, clock: SharedClock) -> Revocations {
        Revocations {
            ended: RwLock::default(),
            revision: AtomicI64::new(0),
            began: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
            keep_ms: i64::from(config.access_token_minutes) * 60_000 + SKEW_MS,
            poll: Duration::from_millis(config.revocation_poll_ms.max(10)),
            stale_ms_max: config.revocation_stale_ms_max,
            clock,
        }
    }

    /// Whether the tokens of a session count.
    pub fn standing(&self, session: Uuid) -> Standing {
        if self.confirmed().is_err() {
            return Standing::Unknown;
        }
        if self.ended.read().contains_key(&session) { Standing::Ended } else { Standing::Good }
    }

    /// Fails with `Unavailable` where the store has been out of reach for too long: no token counts then.
    pub fn confirmed(&self) -> Result<(), StoreError> {
        if self.age_ms() > self.stale_ms_max {
            let text = "the ended sessions have not been confirmed for too long";
            return Err(StoreError::new(StoreErrorKind::Unavailable, "state", text));
        }
        Ok(())
    }

    /// Counts at once in this process what it has just ended and committed; the others follow.
    pub fn apply(&self, sessions: &[Uuid]) {
        let now = self.clock.now();
        self.ended.write().extend(sessions.iter().map(|session| (*session, now)));
    }

    /// Follows the store until `stop`.
    pub async fn follow(&self, state: &PostgresState, stop: CancellationToken) {
        let mut ticks = interval(self.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let patience = Duration::from_millis(self.stale_ms_max.max(1_000));
        let mut reached = true;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let asked = stop.run_until_cancelled(timeout(patience, self.refresh(state))).await;
            let Some(asked) = asked else { break };
            let outcome = asked.unwrap_or_else(|_| Err(late()));
            if let Err(error) = &outcome
                && reached
            {
                tracing::warn!(error = %error, "ended sessions cannot be asked for");
            }
            reached = outcome.is_ok();
            metrics::gauge!(REVOCATION_AGE_SECONDS).set(self.age_ms() as f64 / 1000.0);
        }
    }

    async fn refresh(&self, state: &PostgresState) -> Result<(), StoreError> {
        let asked_ms = self.elapsed_ms();
        let mut work = state.watch().await?;
        let since = UnixMillis(self.clock.now().0 - self.keep_ms);
        loop {
            let after = self.revision.load(Ordering::Relaxed);
            let rows = work.revoked_sessions(after, since, ROWS_MAX).await?;
            self.take(&rows);
            if rows.len() < ROWS_MAX as usize {
                break;
            }
        }
        self.forget(since);
        self.confirmed_ms.fetch_max(asked_ms, Ordering::Relaxed);
        Ok(())
    }

    fn take(&self, rows: &[RevokedSession]) {
        let Some(last) = rows.last() else { return };
        let sessions = rows.iter().map(|row| (row.id, row.revoked_at));
        self.ended.write().extend(sessions);
        self.revision.fetch_max(last.revision, Ordering::Relaxed);
    }

    fn forget(&self, before: UnixMillis) {
        let old = self.ended.read().values().any(|ended| *ended < before);
        if old {
            self.ended.write().retain(|_, ended| *ended >= before);
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn age_ms(&self) -> u64 {
        self.elapsed_ms().saturating_sub(self.confirmed_ms.load(Ordering::Relaxed))
    }
}

fn late() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "state", "did not answer in time")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stratum_models::time::Clock;

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> UnixMillis {
            UnixMillis(self.0.load(Ordering::Relaxed))
        }
    }

    fn revocations() -> (Revocations, Arc<Hand>) {
        let clock = Arc::new(Hand(AtomicI64::new(1_700_000_000_000)));
        let config = AuthConfig { revocation_stale_ms_max: 5_000, ..AuthConfig::default() };
        (Revocations::new(&config, clock.clone()), clock)
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn an_ended_session_stays_ended_until_its_tokens_are_over() {
        let (revocations, clock) = revocations();
        revocations.apply(&[id(1)]);
        revocations.take(&[RevokedSession { id: id(2), revision: 7, revoked_at: clock.now() }]);
        assert_eq!(revocations.revision.load(Ordering::Relaxed), 7);
        let standing = |number| revocations.standing(id(number));
        assert_eq!([1, 2, 3].map(standing), [Standing::Ended, Standing::Ended, Standing::Good]);
        let life_ms = 30 * 60_000;
        for (later_ms, expected) in [(life_ms, Standing::Ended), (SKEW_MS + 1, Standing::Good)] {
            clock.0.fetch_add(later_ms, Ordering::Relaxed);
            revocations.forget(UnixMillis(clock.now().0 - revocations.keep_ms));
            assert_eq!(standing(2), expected);
        }
    }

    #[test]
    fn nobody_is_let_in_once_the_store_is_away_for_too_long() {
        let (mut revocations, _) = revocations();
        assert_eq!(revocations.standing(id(1)), Standing::Good);
        revocations.began = Instant::now().checked_sub(Duration::from_millis(5_001)).unwrap();
        assert_eq!(revocations.standing(id(1)), Standing::Unknown);
        assert_eq!(revocations.confirmed().unwrap_err().kind, StoreErrorKind::Unavailable);
        revocations.confirmed_ms.fetch_max(revocations.elapsed_ms(), Ordering::Relaxed);
        assert_eq!(revocations.standing(id(1)), Standing::Good);
    }
}
