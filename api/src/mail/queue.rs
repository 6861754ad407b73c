//! The queue between those who write letters and the one who carries them.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use lettre::Message;
use stratum_models::entropy::Ids;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_state::PostgresState;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::message::Sender;
use super::{Addressed, Cause, Letter, LetterLimits, MailConfig, Post, PostError};
use crate::telemetry;

/// The pause between two looks for letters that are kept for too long.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Takes letters, as many as may wait and as many as one may cause.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Addressed>,
    state: PostgresState,
    limits: LetterLimits,
    has_server: bool,
    clock: SharedClock,
}

/// A place in the queue for a letter to one address.
pub struct Place {
    place: mpsc::OwnedPermit<Addressed>,
    to: String,
}

/// The reason why no letter can be sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// Too many wait to be sent.
    #[error("too many letters wait to be sent")]
    Full,
    /// Too many were caused.
    #[error("too many letters were sent")]
    Over,
    /// The number that were caused is not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Place {
    /// Puts a letter there.
    pub fn put(self, letter: Letter) {
        self.place.send(Addressed { to: self.to, letter });
    }
}

impl Mailer {
    /// True where letters go out by a mail server, and not into a folder.
    pub fn has_server(&self) -> bool {
        self.has_server
    }

    /// A place for a letter that `cause` wants to be sent to an address; counted, whether or not it is used.
    pub async fn reserve(&self, to: &str, cause: Cause) -> Result<Place, Unsent> {
        let place = self.queue.clone().try_reserve_owned().map_err(|_| Unsent::Full)?;
        self.admit(to, cause).await?;
        Ok(Place { place, to: to.to_owned() })
    }

    /// The same; waits where the queue is full.
    pub async fn wait_for_place(&self, to: &str, cause: Cause) -> Result<Place, Unsent> {
        // Without a courier the process is about to end.
        let place = self.queue.clone().reserve_owned().await.map_err(|_| Unsent::Full)?;
        self.admit(to, cause).await?;
        Ok(Place { place, to: to.to_owned() })
    }

    /// A place for a letter that tells an owner what was done with the account, by who could do it: it has no
    /// limit but that. `None` when the queue is full.
    pub fn reserve_notice(&self, to: String) -> Option<Place> {
        let place = self.queue.clone().try_reserve_owned().ok()?;
        Some(Place { place, to })
    }

    async fn admit(&self, to: &str, cause: Cause) -> Result<(), Unsent> {
        let allowances = self.limits.allowances(to, cause, self.clock.now());
        let mut work = self.state.system().await?;
        if !work.use_allowances(&allowances).await? {
            metrics::counter!(telemetry::LETTERS, "outcome" => "over").increment(1);
            return Err(Unsent::Over);
        }
        Ok(work.commit().await?)
    }
}

/// Carries letters until the process ends.
pub struct Courier {
    queue: mpsc::Receiver<Addressed>,
    carrier: Carrier,
}

struct Carrier {
    post: Arc<dyn Post>,
    sender: Sender,
    config: MailConfig,
    ids: Ids,
    clock: SharedClock,
}

/// A mailer and its courier.
pub fn queue(
    post: Arc<dyn Post>,
    sender: Sender,
    config: MailConfig,
    ids: Ids,
    state: PostgresState,
    clock: SharedClock,
) -> (Mailer, Courier) {
    let (limits, has_server) = (config.limits, config.has_server());
    let (queue, courier) = channel(post, sender, config, ids, clock.clone());
    (Mailer { queue, state, limits, has_server, clock }, courier)
}

/// The queue itself and its courier.
fn channel(
    post: Arc<dyn Post>,
    sender: Sender,
    config: MailConfig,
    ids: Ids,
    clock: SharedClock,
) -> (mpsc::Sender<Addressed>, Courier) {
    let (put, take) = mpsc::channel(config.queue_max.max(1));
    let carrier = Carrier { post, sender, config, ids, clock };
    (put, Courier { queue: take, carrier })
}

impl Courier {
    /// Carries letters until `stop`; what waits then is tried once more.
    pub async fn run(self, stop: CancellationToken) {
        let Courier { mut queue, carrier } = self;
        let carrier = Arc::new(carrier);
        let letters = stream::poll_fn(|context| queue.poll_recv(context));
        let carrying = letters.take_until(stop.cancelled()).for_each_concurrent(
            carrier.config.senders_max.max(1),
            |letter| {
                let (carrier, stop) = (carrier.clone(), stop.clone());
                async move { carrier.carry(letter, &stop).await }
            },
        );
        tokio::join!(carrying, carrier.sweep(&stop));
        // The mailers outlive this: nobody ends the queue for us.
        stop.cancelled().await;
        while let Ok(letter) = queue.try_recv() {
            carrier.carry(letter, &stop).await;
        }
    }
}

impl Carrier {
    async fn sweep(&self, stop: &CancellationToken) {
        let mut tick = tokio::time::interval(SWEEP_EVERY);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            self.post.sweep().await;
        }
    }

    async fn carry(&self, letter: Addressed, stop: &CancellationToken) {
        let message = self.sender.message(letter, self.ids.next(), self.clock.now());
        let outcome = match message {
            Ok(message) => self.send(&message, stop).await,
            Err(error) => Err(error),
        };
        let label = if outcome.is_ok() { "sent" } else { "lost" };
        metrics::counter!(telemetry::LETTERS, "outcome" => label).increment(1);
        if let Err(error) = outcome {
            tracing::warn!(error = %error, "a letter is given up");
        }
    }

    async fn send(&self, message: &Message, stop: &CancellationToken) -> Result<(), PostError> {
        let mut attempt = 1;
        loop {
            let error = match self.post.send(message).await {
                Err(error @ PostError::Later(_)) if attempt < self.config.attempts_max => error,
                outcome => return outcome,
            };
            let wait = backoff(&self.config, attempt);
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return Err(error);
            }
            attempt += 1;
        }
    }
}

/// The pause after the `attempt`th try.
fn backoff(config: &MailConfig, attempt: u32) -> Duration {
    let doubled = config.retry_ms_min.saturating_mul(1 << (attempt - 1).min(30));
    Duration::from_millis(doubled.min(config.retry_ms_max))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use async_trait::async_trait;
    use parking_lot::Mutex;
    use stratum_models::time::{Clock, UnixMillis};
    use stratum_testing::entropy::Counting;

    use super::*;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> UnixMillis {
            UnixMillis(1_700_000_000_000)
        }
    }

    /// Answers as it was told to, then takes everything.
    #[derive(Default)]
    struct Told {
        answers: Mutex<VecDeque<PostError>>,
        asked: Mutex<u32>,
        taken: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Post for Told {
        async fn send(&self, message: &Message) -> Result<(), PostError> {
            *self.asked.lock() += 1;
            if let Some(error) = self.answers.lock().pop_front() {
                return Err(error);
            }
            self.taken.lock().push(String::from_utf8(message.formatted()).unwrap());
            Ok(())
        }
    }

    fn letter(number: usize) -> Addressed {
        let to = format!("user-{number}@example.com");
        Addressed { to, letter: Letter { subject: "A subject", text: "A text".into() } }
    }

    fn start(post: Arc<Told>, config: MailConfig) -> (mpsc::Sender<Addressed>, Courier) {
        let sender = Sender::parse("post@example.com").unwrap();
        let clock: SharedClock = Arc::new(Still);
        let ids = Ids::new(clock.clone(), Arc::new(Counting::default()));
        channel(post, sender, config, ids, clock)
    }

    /// Runs the courier over what was put, with a stop at the end.
    async fn settle(courier: Courier, post: &Told, asked: u32) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(courier.run(stop.clone()));
        while *post.asked.lock() < asked {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
    }

    fn quick() -> MailConfig {
        MailConfig { retry_ms_min: 1, retry_ms_max: 4, attempts_max: 4, ..MailConfig::default() }
    }

    #[tokio::test]
    async fn what_is_not_taken_is_tried_again_and_what_is_refused_is_not() {
        let (later, refused) = (PostError::Later(Some(451)), PostError::Refused(Some(550)));
        for (answers, asked, taken) in [
            (vec![], 1, 1),
            (vec![later, later], 3, 1),
            (vec![later; 4], 4, 0),
            (vec![refused], 1, 0),
        ] {
            let post = Arc::new(Told { answers: Mutex::new(answers.into()), ..Told::default() });
            let (mailer, courier) = start(post.clone(), quick());
            mailer.send(letter(1)).await.unwrap();
            settle(courier, &post, asked).await;
            assert_eq!((*post.asked.lock(), post.taken.lock().len()), (asked, taken));
        }
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_what_waits_at_the_end_is_sent() {
        let post = Arc::new(Told::default());
        let (mailer, courier) = start(post.clone(), MailConfig { queue_max: 2, ..quick() });
        for number in 0..2 {
            mailer.try_send(letter(number)).unwrap();
        }
        assert!(mailer.try_reserve().is_err());
        settle(courier, &post, 0).await;
        assert_eq!(post.taken.lock().len(), 2);
    }

    #[test]
    fn pauses_double_up_to_their_bound() {
        let config = MailConfig { retry_ms_min: 100, retry_ms_max: 350, ..MailConfig::default() };
        let pauses = [1, 2, 3, 4, 90].map(|attempt| backoff(&config, attempt).as_millis());
        assert_eq!(pauses, [100, 200, 350, 350, 350]);
    }
}
