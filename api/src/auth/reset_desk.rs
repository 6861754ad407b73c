//! Forgotten passwords. A request is put into a queue and answered, whoever it is for; only then is the
//! account looked up. So the answer cannot tell whether there is one, nor how long it took.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{AuthConfig, letters};
use crate::mail::{Letter, Mailer};
use crate::state::PostgresState;
use crate::state::audit::{Actor, AuditEntry, Author};

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
            if let Some(letter) = self.answer(&asked, &stop).await {
                stop.run_until_cancelled(self.mailer.put(letter)).await;
            }
        }
        stop.cancelled().await;
    }

    /// The letter, once the store has answered.
    async fn answer(&self, asked: &Forgotten, stop: &CancellationToken) -> Option<Letter> {
        for attempt in 1..=ATTEMPTS_MAX {
            match self.write(asked).await {
                Ok(letter) => return letter,
                Err(error) => {
                    tracing::warn!(request.id = %asked.request_id, error = %error, attempt, "no reset token was made");
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT * attempt)).await?;
        }
        None
    }

    /// A token and its letter; `None` for addresses without an active account, and for those that
    /// were written to a moment ago.
    async fn write(&self, asked: &Forgotten) -> Result<Option<Letter>, StoreError> {
        let mut work = self.state.system().await?;
        let user = work.user_by_email(&asked.email).await?;
        let Some(user) = user.filter(|user| user.active) else { return Ok(None) };
        let author = Author { actor: Actor::Nobody, request_id: asked.request_id.clone() };
        let mut work = work.enter(user.tenant_id, author).await?;
        let minutes = self.config.reset_token_minutes;
        let ends = UnixMillis(self.clock.now().0 + i64::from(minutes) * 60_000);
        let every = TimeDelta::seconds(self.config.reset_every_s.into());
        let Some(token) = work.create_reset_token(user.id, ends, every).await? else {
            return Ok(None);
        };
        work.audit(&AuditEntry::done("user.reset_asked", "user", user.id, json!({}))).await?;
        work.commit().await?;
        Ok(Some(letters::reset(user.email, &token, minutes, &self.public_url)))
    }
}
