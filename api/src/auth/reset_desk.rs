//! Forgotten passwords. A request is put into a queue and answered, whoever it is for; only then is the
//! account looked up. So the answer cannot tell whether there is one, nor how long it took.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_state::PostgresState;
use stratum_state::audit::{Actor, AuditEntry, Author};
use stratum_state::user::canonical_email;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{AuthConfig, letters};
use crate::mail::{Cause, Mailer, Place, Unsent};

const ATTEMPTS_MAX: u32 = 5;
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Somebody forgot the password. Holds an address: never printed, hence no `Debug`.
struct Forgotten {
    email: String,
    request_id: Arc<str>,
}

/// Takes requests, as many as may wait.
#[derive(Clone)]
pub struct ResetDesk(mpsc::Sender<Forgotten>);

/// Works on them.
pub struct ResetClerk {
    queue: mpsc::Receiver<Forgotten>,
    state: PostgresState,
    mailer: Mailer,
    config: AuthConfig,
    public_url: String,
    clock: SharedClock,
}

/// A desk and its clerk.
pub fn open(
    state: PostgresState,
    mailer: Mailer,
    config: AuthConfig,
    public_url: String,
    clock: SharedClock,
) -> (ResetDesk, ResetClerk) {
    let (put, queue) = mpsc::channel(config.reset_queue_max.max(1));
    (ResetDesk(put), ResetClerk { queue, state, mailer, config, public_url, clock })
}

impl ResetDesk {
    /// Takes a request; false when too many wait.
    pub fn ask(&self, email: String, request_id: Arc<str>) -> bool {
        self.0.try_send(Forgotten { email, request_id }).is_ok()
    }
}

impl ResetClerk {
    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(Some(asked)) = stop.run_until_cancelled(self.queue.recv()).await {
            stop.run_until_cancelled(self.answer(&asked)).await;
        }
        stop.cancelled().await;
    }

    /// Writes a letter, once the store has answered.
    async fn answer(&self, asked: &Forgotten) {
        // What is no address is no user's.
        let Some(email) = canonical_email(&asked.email) else { return };
        let mut place = None;
        for attempt in 1..=ATTEMPTS_MAX {
            match self.write(&email, &asked.request_id, &mut place).await {
                Ok(()) | Err(Unsent::Over) => return,
                Err(error) => {
                    tracing::warn!(request.id = %asked.request_id, error = %error, attempt, "no reset token was made");
                }
            }
            tokio::time::sleep(RETRY_WAIT * attempt).await;
        }
    }

    /// A token and its letter; nothing for addresses without an active account, and for those that were
    /// written to a moment ago.
    async fn write(
        &self,
        email: &str,
        request_id: &Arc<str>,
        place: &mut Option<Place>,
    ) -> Result<(), Unsent> {
        // Before it is known whether there is such an account: what is left of an allowance tells nothing.
        if place.is_none() {
            *place = Some(self.mailer.wait_for_place(email, Cause::Stranger).await?);
        }
        let mut work = self.state.system().await?;
        let user = work.user_by_email(email).await?;
        let Some(user) = user.filter(|user| user.active) else { return Ok(()) };
        let author = Author { actor: Actor::Nobody, request_id: request_id.clone() };
        let mut work = work.enter(user.tenant_id, author).await?;
        let minutes = self.config.reset_token_minutes;
        let ends = UnixMillis(self.clock.now().0 + i64::from(minutes) * 60_000);
        let every = TimeDelta::seconds(self.config.reset_every_s.into());
        let Some(token) = work.create_reset_token(user.id, ends, every).await? else {
            return Ok(());
        };
        work.audit(&AuditEntry::done("user.reset_asked", "user", user.id, json!({}))).await?;
        work.commit().await?;
        if let Some(place) = place.take() {
            place.put(letters::reset(&token, minutes, &self.public_url));
        }
        Ok(())
    }
}
