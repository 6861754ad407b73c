//! Puts together what sign-in needs: keys, ended sessions, and where letters go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use stratum_models::entropy::Ids;
use stratum_models::secret::Secret;
use stratum_models::time::SharedClock;
use stratum_state::PostgresState;

use super::kept;
use super::settings::Settings;
use super::system::{SystemClock, SystemEntropy};
use crate::auth::keys::new_private_key;
use crate::auth::reset_desk::{self, ResetClerk, ResetDesk};
use crate::auth::revocation::Revocations;
use crate::auth::token::Tokens;
use crate::auth::{AuthConfig, TokenAlgorithm};
use crate::live::UpdateSeal;
use crate::mail::folder::FolderPost;
use crate::mail::message::Sender;
use crate::mail::smtp::SmtpPost;
use crate::mail::{Courier, MailConfig, Mailer, Post, queue};

/// What the handlers of sign-in are given.
pub struct SignInDesk {
    /// Signs and verifies tokens.
    pub tokens: Tokens,
    /// Seals the ids of the live stream.
    pub live_ids: UpdateSeal,
    /// Sessions whose tokens count no more.
    pub revocations: Arc<Revocations>,
    /// Takes requests for new passwords.
    pub resets: ResetDesk,
    /// Takes letters.
    pub mailer: Mailer,
    /// Makes ids.
    pub ids: Ids,
}

/// What runs beside them.
pub struct SignInWork {
    /// Works on requests for new passwords.
    pub clerk: ResetClerk,
    /// Carries letters.
    pub courier: Courier,
}

impl SignInDesk {
    /// Both; `shared` tells that other processes work on the same state store.
    pub async fn open(
        settings: &Settings,
        state: &PostgresState,
        ids: &Ids,
        data: &Path,
        shared: bool,
    ) -> Result<(SignInDesk, SignInWork)> {
        let (auth, mail) = (&settings.auth, &settings.mail);
        let clock: SharedClock = Arc::new(SystemClock);
        let secret_key = signing_key(auth, &data.join("secrets"), shared)?;
        let live_ids = UpdateSeal::new(secret_key.expose().as_bytes())?;
        let installation = state.system().await?.installation().await;
        let installation = installation.context("reading the installation's id")?;
        let auth = AuthConfig { secret_key, ..auth.clone() };
        let tokens = Tokens::new(&auth, installation).context("[auth]")?;
        let revocations = Revocations::load(state, &auth, clock.clone()).await;
        let revocations = Arc::new(revocations.context("reading ended sessions")?);
        let sender = Sender::parse(&mail.from).context("[mail] from is no address")?;
        let post = post(mail, data, ids)?;
        let (mailer, courier) =
            queue::queue(post, sender, mail.clone(), ids.clone(), state.clone(), clock.clone());
        let (resets, clerk) =
            reset_desk::open(state.clone(), mailer.clone(), auth, mail.public_url.clone(), clock);
        let ids = ids.clone();
        let desk = SignInDesk { tokens, live_ids, revocations, resets, mailer, ids };
        Ok((desk, SignInWork { clerk, courier }))
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

fn post(mail: &MailConfig, data: &Path, ids: &Ids) -> Result<Arc<dyn Post>> {
    let Some(folder) = letter_folder(mail, data) else {
        return Ok(Arc::new(SmtpPost::new(mail)?));
    };
    tracing::info!("no mail server is configured: letters are written into a folder");
    let age_max = Duration::from_secs(u64::from(mail.folder_keep_hours) * 3_600);
    Ok(Arc::new(FolderPost::new(folder, mail.folder_letters_max, age_max, ids.clone())))
}
