//! Messages to users: queued with what causes them, sent beside the requests, by SMTP or into a folder. Neither an
//! address nor a token is ever logged.

pub mod message;
mod name;
pub mod smtp;
pub mod folder;
pub mod queue;
pub mod limit;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::Message;
use serde::{Deserialize, Serialize};
use stratum_models::secret::Secret;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::every;
pub use limit::{Cause, LetterLimits};
pub use name::shown;
pub use queue::{MailError, MailPermit, MailQueue, OutgoingMail, SendMail};

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Where letters go, and the bounds of sending them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// The SMTP server; empty to write letters into the folder `mail` of the data folder.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The security of the connection.
    pub security: MailSecurity,
    /// Who signs in there; empty for nobody.
    pub user: String,
    /// That user's password.
    pub password: Secret,
    /// Whom letters come from.
    pub from: String,
    /// Where users reach the page, for links; empty for letters without.
    pub public_url: String,
    /// Letters of one tenant that may wait, and as many of strangers; more are refused.
    pub queue_max: usize,
    /// Letters being sent at the same time.
    pub senders_max: usize,
    /// Longest time one try may take.
    pub send_ms_max: u64,
    /// Tries before a letter is given up.
    pub attempts_max: u32,
    /// The pause before the second try; it doubles with each.
    pub retry_ms_min: u64,
    /// The longest pause.
    pub retry_ms_max: u64,
    /// Letters kept in the folder; the oldest are removed.
    pub folder_letters_max: usize,
    /// Those that are older than this are removed, too.
    pub folder_keep_hours: u32,
    /// Bounds on the letters that may be caused.
    pub limits: LetterLimits,
}

impl Default for MailConfig {
    fn default() -> Self {
        MailConfig {
            host: String::new(),
            port: 587,
            security: MailSecurity::StartTls,
            user: String::new(),
            password: Secret::default(),
            from: "Stratum <stratum@localhost>".into(),
            public_url: String::new(),
            queue_max: 256,
            senders_max: 4,
            send_ms_max: 15_000,
            attempts_max: 10,
            retry_ms_min: 1_000,
            retry_ms_max: 300_000,
            folder_letters_max: 1_000,
            folder_keep_hours: 24,
            limits: LetterLimits::default(),
        }
    }
}

impl MailConfig {
    /// True where letters go out by a server, and not into a folder.
    pub fn has_server(&self) -> bool {
        !self.host.is_empty()
    }
}

/// Removes messages that the transport keeps for too long, now and then, until `stop`.
pub async fn sweep(transport: Arc<dyn MailTransport>, stop: CancellationToken) {
    every(SWEEP_EVERY, &stop, || transport.sweep()).await;
}

/// The security of a connection to the SMTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the start, as on port 465.
    Tls,
    /// Begun in clear and required to turn to TLS, as on port 587.
    StartTls,
    /// In clear: for a server on this machine.
    None,
}

/// A message without its address. Holds personal data and secrets: never printed, hence no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct MailMessage {
    /// The subject line.
    pub subject: Cow<'static, str>,
    /// The text.
    pub text: String,
}

/// A message did not go out. Neither kind tells what was in it, or to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may go out later; with the server's code where it gave one.
    #[error("not taken yet ({})", code(*.0))]
    Later(Option<u16>),
    /// It never will.
    #[error("refused ({})", code(*.0))]
    Refused(Option<u16>),
}

fn code(code: Option<u16>) -> String {
    code.map_or_else(|| "no code".to_owned(), |code| code.to_string())
}

/// Takes messages to their addressees.
#[async_trait]
pub trait MailTransport: Send + Sync {
    /// Sends one; the caller repeats what can be repeated, under the same id.
    async fn send(&self, id: Uuid, message: &Message) -> Result<(), DeliveryError>;

    /// Removes messages that are kept for too long; called now and then.
    async fn sweep(&self) {}
}
