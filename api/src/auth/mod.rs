//! Who is asking: passwords, access tokens, and the extractor that makes a scope of a token.

pub mod password;
pub mod token;
pub mod authenticated;

use serde::{Deserialize, Serialize};

use crate::config::Secret;
pub use authenticated::{Authenticated, authorize};

/// Keys of sign-in, and its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Signs access tokens; at least 32 characters.
    pub secret_key: Secret,
    /// Seals e-mail addresses and names of users; at least 32 characters.
    pub pii_encryption_key: Secret,
    /// Older keys: what they sealed still opens, until `stratum admin rotate-pii` has run.
    pub pii_encryption_keys_older: Vec<Secret>,
    /// How long an access token lives.
    pub access_token_minutes: u32,
    /// Passwords checked at the same time; each takes 19 MiB and a core for about 30 ms.
    pub password_checks_max: usize,
    /// Sign-ins that may wait for their check; more are refused with 429.
    pub password_queue_max: usize,
    /// Longest such wait.
    pub password_wait_ms_max: u64,
    /// Sign-ins are remembered this long after they ended.
    pub session_keep_days: u64,
}

impl Default for AuthConfig {
    fn default() -> Self {
        AuthConfig {
            secret_key: Secret::default(),
            pii_encryption_key: Secret::default(),
            pii_encryption_keys_older: Vec::new(),
            access_token_minutes: 30,
            password_checks_max: 2,
            password_queue_max: 64,
            password_wait_ms_max: 5_000,
            session_keep_days: 30,
        }
    }
}
