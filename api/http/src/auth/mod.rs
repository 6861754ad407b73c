//! Who is asking: passwords, tokens and the keys that sign them, sessions that were ended, and the
//! extractor that makes a scope of a token.

pub mod password;
pub mod strength;
pub mod registration;
pub mod keys;
pub mod token;
pub mod revocation;
pub mod sessions;
pub mod refusals;
pub mod authenticated;
pub mod messages;
pub mod operator;
pub mod password_reset;

use serde::{Deserialize, Serialize};

pub use authenticated::{AuthServices, Authenticated, Gate, authorize};
pub use keys::TokenAlgorithm;
pub use registration::Registration;
use stratum_models::secret::Secret;
use stratum_state::sign_in::LockoutConfig;

/// Keys of sign-in, and its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Signs tokens: at least 32 characters, or for EdDSA a private key in PEM.
    pub secret_key: Secret,
    /// Keys that signed earlier tokens; EdDSA ones as public keys in PEM.
    pub previous_keys: Vec<Secret>,
    /// The algorithm that signs tokens.
    pub token_algorithm: TokenAlgorithm,
    /// Seals e-mail addresses and names of users; at least 32 characters.
    pub pii_encryption_key: Secret,
    /// Older keys: what they sealed still opens, until `stratum admin rotate-pii` has run.
    pub pii_encryption_keys_older: Vec<Secret>,
    /// The way in which anybody may register, and so make a tenant.
    pub registration: Registration,
    /// Hours that a registration waits for its letter's link to be opened.
    pub registration_hours: u32,
    /// The life of an access token, in minutes.
    pub access_token_minutes: u32,
    /// The life of a refresh token, in days.
    pub refresh_token_days: u32,
    /// Days that a sign-in lasts, however often it is renewed.
    pub session_days_max: u32,
    /// A refresh token that was spent no longer ago than this is answered once more with its successor, to the
    /// client that spent it.
    pub refresh_repeat_s: u32,
    /// Verified access tokens that are remembered.
    pub verified_tokens_max: usize,
    /// The time between two questions for ended sessions, in milliseconds.
    pub revocation_poll_ms: u64,
    /// Access tokens are refused once ended sessions could not be asked for this long.
    pub revocation_stale_ms_max: u64,
    /// Passwords checked at the same time; each takes 19 MiB and a core for about 30 ms.
    pub password_checks_max: usize,
    /// Sign-ins that may wait for their check; more are refused with 429.
    pub password_queue_max: usize,
    /// Longest such wait.
    pub password_wait_ms_max: u64,
    /// Failed sign-ins and registrations are answered no sooner than this.
    pub answer_ms_min: u64,
    /// Wrong passwords that lock an account.
    pub lockout: LockoutConfig,
    /// The life of a token to reset a password, in minutes.
    pub reset_token_minutes: u32,
    /// An account gets such a token at most once in this time.
    pub reset_every_s: u32,
    /// An owner is told of registrations with their address at most once in this time.
    pub notice_every_s: u32,
    /// Requests to reset a password that may wait; more are refused with 429.
    pub reset_queue_max: usize,
    /// Sign-ins are remembered this long after they ended.
    pub session_keep_days: u64,
}

impl AuthConfig {
    /// The same, with what is meant by `auto` where there is a mail server, or none.
    pub fn settled(&self, has_mail: bool) -> AuthConfig {
        AuthConfig { registration: self.registration.settled(has_mail), ..self.clone() }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        AuthConfig {
            secret_key: Secret::default(),
            previous_keys: Vec::new(),
            token_algorithm: TokenAlgorithm::Hs256,
            pii_encryption_key: Secret::default(),
            pii_encryption_keys_older: Vec::new(),
            registration: Registration::Auto,
            registration_hours: 24,
            access_token_minutes: 30,
            refresh_token_days: 7,
            session_days_max: 30,
            refresh_repeat_s: 10,
            verified_tokens_max: 10_000,
            revocation_poll_ms: 200,
            revocation_stale_ms_max: 5_000,
            password_checks_max: 2,
            password_queue_max: 64,
            password_wait_ms_max: 5_000,
            answer_ms_min: 500,
            lockout: LockoutConfig::default(),
            reset_token_minutes: 60,
            reset_every_s: 60,
            notice_every_s: 3_600,
            reset_queue_max: 256,
            session_keep_days: 30,
        }
    }
}
