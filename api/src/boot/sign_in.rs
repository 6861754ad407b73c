//! Puts together what sign-in needs: keys, ended sessions, and the way that messages go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use stratum_http::auth::keys::new_private_key;
use stratum_http::auth::password_reset::{PasswordReset, PasswordResets};
use stratum_http::auth::revocation::Revocations;
use stratum_http::auth::token::Tokens;
use stratum_http::auth::{AuthConfig, TokenAlgorithm};
use stratum_http::live::UpdateSeal;
use stratum_models::entropy::Ids;
use stratum_models::secret::Secret;
use stratum_models::time::SharedClock;

use super::kept;
use super::settings::Settings;
use super::system::{SystemClock, SystemEntropy};
use stratum_jobs::WorkerMeans;
use stratum_jobs::mail::folder::FolderMail;
use stratum_jobs::mail::message::Sender;
use stratum_jobs::mail::smtp::SmtpMail;
use stratum_jobs::mail::{MailConfig, MailQueue, MailTransport, SendMail};

/// The means of the handlers of sign-in.
pub struct SignIn {
    /// Signs and verifies tokens.
    pub tokens: Tokens,
    /// Seals the ids of the live stream.
    pub live_ids: UpdateSeal,
    /// Sessions whose tokens count no more.
    pub revocations: Arc<Revocations>,
    /// Takes requests for new passwords.
    pub resets: PasswordResets,
    /// Queues messages.
    pub mail: MailQueue,
    /// Makes ids.
    pub ids: Ids,
}

/// The jobs that run beside them.
pub struct SignInJobs {
    /// Works at requests for new passwords.
    pub resets: PasswordReset,
    /// Sends messages.
    pub mail: SendMail,
    /// The way that they go.
    pub transport: Arc<dyn MailTransport>,
}

impl SignIn {
    /// Both; `shared` tells that other processes work on the same state store.
    pub async fn open(
        settings: &Settings,
        means: &WorkerMeans,
        ids: &Ids,
        data: &Path,
        shared: bool,
    ) -> Result<(SignIn, SignInJobs)> {
        let (auth, config, state) = (&settings.auth, &settings.mail, &means.state);
        let clock: SharedClock = Arc::new(SystemClock);
        let secret_key = signing_key(auth, &data.join("secrets"), shared)?;
        let live_ids = UpdateSeal::new(secret_key.expose().as_bytes())?;
        let installation = state.system().await?.installation().await;
        let installation = installation.context("reading the installation's id")?;
        let auth = AuthConfig { secret_key, ..auth.clone() };
        let tokens = Tokens::new(&auth, installation).context("[auth]")?;
        let revocations = Revocations::load(state, &auth, clock.clone()).await;
        let revocations = Arc::new(revocations.context("reading ended sessions")?);
        let sender = Sender::parse(&config.from).context("[mail] from is no address")?;
        let transport = transport(config, data)?;
        let mail = MailQueue::new(state.clone(), config, clock);
        let resets = PasswordResets::new(state.clone(), &auth);
        let jobs = SignInJobs {
            resets: PasswordReset::new(mail.clone(), auth, config.public_url.clone(), means),
            mail: SendMail::new(transport.clone(), sender, config.clone(), means),
            transport,
        };
        let ids = ids.clone();
        Ok((SignIn { tokens, live_ids, revocations, resets, mail, ids }, jobs))
    }
}

/// The configured key, or the one kept beside the embedded state store.
fn signing_key(auth: &AuthConfig, secrets: &Path, shared: bool) -> Result<Secret> {
    let keep = || match auth.token_algorithm {
        TokenAlgorithm::Hs256 => kept::secret(&secrets.join("secret_key")),
        TokenAlgorithm::EdDsa => kept::made_once(&secrets.join("token_key.pem"), || {
            new_private_key(&SystemEntropy).context("making a token key")
        }),
    };
    kept::configured_or(&auth.secret_key, "SECRET_KEY (or JWT_SECRET_KEY)", shared, keep)
}

/// Where letters lie; `None` where a mail server takes them.
pub fn letter_folder(mail: &MailConfig, data: &Path) -> Option<PathBuf> {
    mail.host.is_empty().then(|| data.join("mail"))
}

fn transport(mail: &MailConfig, data: &Path) -> Result<Arc<dyn MailTransport>> {
    let Some(folder) = letter_folder(mail, data) else {
        return Ok(Arc::new(SmtpMail::new(mail)?));
    };
    tracing::info!("no mail server is configured: letters are written into a folder");
    let age_max = Duration::from_secs(u64::from(mail.folder_keep_hours) * 3_600);
    Ok(Arc::new(FolderMail::new(folder, mail.folder_letters_max, age_max)))
}
