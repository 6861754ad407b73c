//! Puts together what sign-in needs: keys, ended sessions, and where letters go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use stratum_models::time::SharedClock;

use super::kept;
use super::settings::Settings;
use super::system::{SystemClock, SystemEntropy};
use crate::auth::keys::new_private_key;
use crate::auth::reset_desk::{self, ResetClerk, ResetDesk};
use crate::auth::revocation::Revocations;
use crate::auth::token::Tokens;
use crate::auth::{AuthConfig, TokenAlgorithm};
use crate::config::Secret;
use crate::entropy::Ids;
use crate::mail::folder::FolderPost;
use crate::mail::message::Sender;
use crate::mail::smtp::SmtpPost;
use crate::mail::{Courier, MailConfig, Mailer, Post, queue};
use crate::state::PostgresState;

/// What the handlers of sign-in are given.
pub struct SignInDesk {
    /// Signs and verifies tokens.
    pub tokens: Tokens,
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
        let tokens = Tokens::new(&AuthConfig { secret_key, ..auth.clone() }).context("[auth]")?;
        let revocations = Revocations::load(state, auth, clock.clone()).await;
        let revocations = Arc::new(revocations.context("reading ended sessions")?);
        let sender = Sender::parse(&mail.from).context("[mail] from is no address")?;
        let post = post(mail, data, ids)?;
        let (mailer, courier) =
            queue::queue(post, sender, mail.clone(), ids.clone(), clock.clone());
        let (resets, clerk) = reset_desk::open(
            state.clone(),
            mailer.clone(),
            auth.clone(),
            mail.public_url.clone(),
            clock,
        );
        let desk = SignInDesk { tokens, revocations, resets, mailer, ids: ids.clone() };
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
    Ok(Arc::new(FolderPost::new(folder, mail.folder_letters_max, ids.clone())))
}
