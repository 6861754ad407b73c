//! Refusals as the audit log tells of them. The first one is written down at once. What the same caller
//! is refused again within a minute becomes one row with its count, so that whoever is refused all day
//! writes a row a minute.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_state::PostgresState;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Authenticated;

/// Refusals within this time are alike.
const WITHIN: Duration = Duration::from_secs(60);
/// The time between two looks for rows to write.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Kinds of refusals of a tenant that are told apart; more of a caller are counted as one.
const KINDS_MAX: usize = 256;
/// In the place of method and route where they are not told apart.
const SEVERAL: &str = "several";

/// The kind of a refusal: the operation, and who asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    actor: Actor,
    method: String,
    route: String,
}

/// Refusals of a kind that are not written down yet.
struct UnwrittenRefusal {
    since: Instant,
    times: u64,
    scope: TenantScope,
    /// Of the last of them.
    author: Author,
}

/// The refusals of lately in this process.
#[derive(Default)]
pub struct Refusals {
    by_tenant: Mutex<HashMap<TenantId, HashMap<Kind, UnwrittenRefusal>>>,
}

impl Refusals {
    /// Notes that an operation was refused to a caller. Where it cannot be written down it stays refused.
    pub async fn note(
        &self,
        state: &PostgresState,
        caller: &Authenticated,
        method: &str,
        route: &str,
    ) {
        let kind =
            Kind { actor: caller.author.actor, method: method.to_owned(), route: route.to_owned() };
        if let Some(kind) = self.count(caller.scope, &caller.author, kind) {
            told(write(state, caller.scope, &caller.author, &kind, 1).await);
        }
    }

    /// The kind, where it is the first of its kind.
    fn count(&self, scope: TenantScope, author: &Author, mut kind: Kind) -> Option<Kind> {
        let mut by_tenant = self.by_tenant.lock();
        let kinds = by_tenant.entry(scope.tenant_id()).or_default();
        if kinds.len() >= KINDS_MAX && !kinds.contains_key(&kind) {
            (kind.method, kind.route) = (SEVERAL.to_owned(), SEVERAL.to_owned());
        }
        if let Some(unwritten) = kinds.get_mut(&kind) {
            unwritten.times += 1;
            unwritten.author = author.clone();
            return None;
        }
        let author = author.clone();
        kinds.insert(
            kind.clone(),
            UnwrittenRefusal { since: Instant::now(), times: 0, scope, author },
        );
        Some(kind)
    }

    /// Writes down what came again, until `stop` and then all of it.
    pub async fn follow(&self, state: &PostgresState, stop: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.write_due(state, WITHIN).await;
        }
        self.write_due(state, Duration::ZERO).await;
    }

    async fn write_due(&self, state: &PostgresState, within: Duration) {
        for (kind, due) in self.take_due(within) {
            told(write(state, due.scope, &due.author, &kind, due.times).await);
        }
    }

    /// The kinds that came again at least so long ago. A kind that did not is forgotten; the others go on.
    fn take_due(&self, within: Duration) -> Vec<(Kind, UnwrittenRefusal)> {
        let (mut due, now) = (Vec::new(), Instant::now());
        let mut by_tenant = self.by_tenant.lock();
        by_tenant.retain(|_, kinds| {
            kinds.retain(|kind, unwritten| {
                if unwritten.since.elapsed() < within {
                    return true;
                }
                let UnwrittenRefusal { times, scope, ref author, .. } = *unwritten;
                if times == 0 {
                    return false;
                }
                let taken = UnwrittenRefusal { since: now, times, scope, author: author.clone() };
                due.push((kind.clone(), taken));
                (unwritten.since, unwritten.times) = (now, 0);
                true
            });
            !kinds.is_empty()
        });
        due
    }
}

async fn write(
    state: &PostgresState,
    scope: TenantScope,
    author: &Author,
    kind: &Kind,
    times: u64,
) -> Result<(), StoreError> {
    let why = json!({"method": kind.method, "route": kind.route, "times": times});
    let mut work = state.tenant(scope, author.clone()).await?;
    work.audit(&AuditEntry::refused(AuditAction::OperationRefused, "operation", why)).await?;
    work.commit().await
}

fn told(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::warn!(error = %error, "a refusal was not written down");
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::id::UserId;
    use stratum_state::work::operator_scope;
    use uuid::Uuid;

    use super::*;

    fn note(refusals: &Refusals, user: u128, route: &str) -> Option<String> {
        let actor = Actor::User(UserId(Uuid::from_u128(user)));
        let author = Author { actor, request_id: "".into() };
        let kind = Kind { actor, method: "GET".into(), route: route.into() };
        refusals.count(operator_scope(TenantId(1)), &author, kind).map(|kind| kind.route)
    }

    fn due(refusals: &Refusals) -> Vec<(String, u64)> {
        let due = refusals.take_due(WITHIN).into_iter().map(|(kind, one)| (kind.route, one.times));
        let mut due: Vec<_> = due.collect();
        due.sort();
        due
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_is_written_at_once_and_the_others_with_their_count() {
        let refusals = Refusals::default();
        assert!(note(&refusals, 1, "/a").is_some());
        for _ in 0..9 {
            assert!(note(&refusals, 1, "/a").is_none());
        }
        assert!(note(&refusals, 1, "/b").is_some() && note(&refusals, 2, "/a").is_some());
        assert_eq!(due(&refusals), []);
        tokio::time::advance(WITHIN).await;
        assert_eq!(due(&refusals), [("/a".to_owned(), 9)]);
        assert!(note(&refusals, 1, "/a").is_none(), "who goes on writes a row a minute");
        assert!(note(&refusals, 1, "/b").is_some(), "who has stopped is forgotten");
        tokio::time::advance(WITHIN).await;
        assert_eq!(due(&refusals), [("/a".to_owned(), 1)]);
        tokio::time::advance(WITHIN).await;
        assert_eq!(due(&refusals), []);
        assert!(refusals.by_tenant.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn kinds_without_number_are_counted_as_one() {
        let refusals = Refusals::default();
        let written = (0..2_000).filter(|at| note(&refusals, 1, &format!("/{at}")).is_some());
        assert_eq!(written.count(), KINDS_MAX + 1);
        tokio::time::advance(WITHIN).await;
        let times = 2_000 - KINDS_MAX as u64 - 1;
        assert_eq!(due(&refusals), [(SEVERAL.to_owned(), times)]);
    }
}
