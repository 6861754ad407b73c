//! A token that a client gets at sign-in and sends at the next one, so that it is known as a device that has signed
//! in before: its wrong passwords are counted apart from those of strangers, who therefore cannot lock it out.
//! It opens nothing.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stratum_models::id::UserId;
use stratum_models::time::{DAY_MS, UnixMillis};
use uuid::Uuid;

/// Days that a device is known after its last sign-in.
const KNOWN_DAYS: i64 = 180;
/// Longest text that may be a device's token.
pub const TOKEN_BYTES_MAX: usize = 1024;

/// A device that has signed in as a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The device's id, the same from sign-in to sign-in.
    pub id: Uuid,
    user: UserId,
    /// The beginning of the SHA-256 of the password's hash: another password forgets every device.
    password: u64,
    /// When it last signed in, in milliseconds.
    at: i64,
}

impl Device {
    /// The device `id` that signs in as a user now.
    pub fn new(id: Uuid, user: UserId, password_hash: &str, now: UnixMillis) -> Device {
        Device { id, user, password: fingerprint(password_hash), at: now.0 }
    }

    /// True where it has signed in as this user with this password, not too long ago.
    pub fn is_of(&self, user: UserId, password_hash: &str, now: UnixMillis) -> bool {
        let age_ms = now.0 - self.at;
        self.user == user
            && self.password == fingerprint(password_hash)
            && age_ms <= KNOWN_DAYS * DAY_MS
    }
}

fn fingerprint(password_hash: &str) -> u64 {
    let digest = Sha256::digest(password_hash.as_bytes());
    digest.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_one_users_with_one_password_for_a_time() {
        let (ana, bea) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let now = UnixMillis(1_700_000_000_000);
        let later = |days: i64| UnixMillis(now.0 + days * DAY_MS);
        let device = Device::new(Uuid::from_u128(7), ana, "hash", now);
        assert!(device.is_of(ana, "hash", now) && device.is_of(ana, "hash", later(180)));
        assert!(!device.is_of(bea, "hash", now) && !device.is_of(ana, "another", now));
        assert!(!device.is_of(ana, "hash", later(181)));
    }
}
