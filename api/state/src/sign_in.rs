//! Wrong passwords, and the locks they lead to. Counted for what was typed as e-mail address, so that an
//! account that does not exist is locked like one that does, by every process alike; or for a device that has
//! signed in with the address before, so that strangers cannot lock it out.

use serde::{Deserialize, Serialize};
use stratum_models::id::{TenantId, UserId};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::seal::Place;
use super::work::SystemWork;
use super::{damaged, millis, store_error, tenant_key};
use crate::device::Device;

/// When wrong passwords lock an account, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutConfig {
    /// So many wrong passwords …
    pub failures_max: u16,
    /// … within so many seconds …
    pub within_s: u32,
    /// … lock the account for so many seconds.
    pub lock_s: u32,
}

impl Default for LockoutConfig {
    fn default() -> Self {
        LockoutConfig { failures_max: 5, within_s: 300, lock_s: 900 }
    }
}

/// Somebody whose wrong passwords are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guesser([u8; 32]);

const DEVICE: &str = "sign_in_failures.device";
const SIGNED_IN: &str = "sign_in_failures.signed_in";
/// A device's token is kept by the device alone: no row, and it names its user itself.
const DEVICE_TOKEN: Place = Place { column: "devices.token", tenant: 0, row: Uuid::nil() };

impl SystemWork {
    /// Everybody who tries this address, but for devices that are known.
    pub fn strangers(&self, email: &str) -> Guesser {
        Guesser(self.email_lookup(email))
    }

    /// One device that has signed in before.
    pub fn guesser_at(&self, device: &Device) -> Guesser {
        Guesser(self.tools.seal.lookup(DEVICE, &device.id.to_string()))
    }

    /// Somebody who has signed in as a user and is asked for the password once more.
    pub fn signed_in(&self, user: UserId) -> Guesser {
        Guesser(self.tools.seal.lookup(SIGNED_IN, &user.to_string()))
    }

    /// The token that a device sends at its next sign-in.
    pub fn device_token(&self, device: &Device) -> Result<String, StoreError> {
        let text = serde_json::to_string(device).map_err(|_| damaged("device"))?;
        let sealed = self.tools.sealed(DEVICE_TOKEN, &text)?;
        Ok(sealed.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The device that says so; `None` where it is none of ours.
    pub fn device(&self, token: &str) -> Option<Device> {
        let bytes: Option<Vec<u8>> = (token.len().is_multiple_of(2) && token.is_ascii())
            .then(|| (0..token.len()).step_by(2))?
            .map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok())
            .collect();
        let text = self.tools.opened(DEVICE_TOKEN, &bytes?).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Until when this guesser is locked out; `None` when it is not.
    pub async fn locked_until(
        &mut self,
        guesser: &Guesser,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let row = sqlx::query_file!("sql/select_sign_in_lock.sql", &guesser.0[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| millis(row.locked_until)))
    }

    /// Forgets a guesser's failures, unless it was locked while the password was checked: then until
    /// when it is.
    pub async fn clear_failures(
        &mut self,
        guesser: &Guesser,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let lock = sqlx::query_file!("sql/lock_sign_in_failures.sql", &guesser.0[..]);
        let Some(row) = lock.fetch_optional(self.connection()).await.map_err(store_error)? else {
            return Ok(None);
        };
        if let Some(until) = row.locked_until.filter(|until| *until > self.now()) {
            return Ok(Some(millis(until)));
        }
        let delete = sqlx::query_file!("sql/delete_sign_in_failures.sql", &guesser.0[..]);
        delete.execute(self.connection()).await.map_err(store_error)?;
        Ok(None)
    }

    /// Forgets the failures and the lock of a user who has proved to own the address.
    pub async fn unlock(&mut self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        let key = tenant_key(tenant)?;
        let delete = sqlx::query_file!("sql/delete_sign_in_failures_of_user.sql", key, user.0);
        delete.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Counts a wrong password; until when the guesser is locked out where this one did it.
    pub async fn count_failure(
        &mut self,
        guesser: &Guesser,
        config: LockoutConfig,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let now = self.now();
        let until = now + chrono::TimeDelta::seconds(config.lock_s.into());
        let row = sqlx::query_file!(
            "sql/count_sign_in_failure.sql",
            &guesser.0[..],
            now,
            now - chrono::TimeDelta::seconds(config.within_s.into()),
            i32::from(config.failures_max),
            until
        );
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        let until = millis(until);
        Ok(row.locked_until.map(millis).filter(|locked| *locked == until))
    }
}
