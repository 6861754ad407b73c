//! Passwords: Argon2id in a pool of its own, so that sign-ins cannot starve anything else.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use stratum_models::entropy::SharedEntropy;
use stratum_state::user::NOBODY;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;

use super::{AuthConfig, strength};
use crate::answer::{Fault, Refusal};

/// 19 MiB and two passes, one lane: the OWASP minimum for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Longer input is refused before it is hashed.
pub const PASSWORD_BYTES_MAX: usize = 512;

/// The beginning of every hash of ours; another one is replaced at the next sign-in.
const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// A bcrypt hash of a higher cost is not checked: it would hold a core for a minute.
const BCRYPT_COST_MAX: u32 = 16;

/// A password was neither right nor wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many are being checked.
    #[error("too many sign-ins at once")]
    Busy,
    /// The hasher failed.
    #[error("the password could not be hashed")]
    Failed,
}

/// Whether a password is the right one.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not.
    Wrong,
    /// It is. Where the stored hash is of another kind than ours, one of ours to be stored instead.
    Right(Option<String>),
}

/// Checks and hashes passwords, a bounded number at a time.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    checks: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    wait_max: Duration,
    entropy: SharedEntropy,
}

/// A turn at the hasher; awaited first, so that what a sign-in costs besides is bounded, too.
pub struct Turn {
    passwords: Passwords,
    permits: Arc<[OwnedSemaphorePermit; 2]>,
}

impl Passwords {
    /// A pool with these bounds.
    pub fn new(config: &AuthConfig, entropy: SharedEntropy) -> Result<Passwords, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| PasswordError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let checks = config.password_checks_max.max(1);
        Ok(Passwords {
            argon2,
            checks: Arc::new(Semaphore::new(checks)),
            queue: Arc::new(Semaphore::new(checks + config.password_queue_max)),
            wait_max: Duration::from_millis(config.password_wait_ms_max),
            entropy,
        })
    }

    /// A turn; `Busy` at once where too many wait, and later where it takes too long.
    pub async fn admit(&self) -> Result<Turn, PasswordError> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let check = tokio::time::timeout(self.wait_max, self.checks.clone().acquire_owned());
        let check = check.await.map_err(|_| PasswordError::Busy)?;
        let check = check.map_err(|_| PasswordError::Failed)?;
        Ok(Turn { passwords: self.clone(), permits: Arc::new([place, check]) })
    }

    /// The PHC string to store for a password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.admit().await?.hash(password).await
    }
}

impl Turn {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        // The permits go with the work: a caller that leaves does not free a core that is busy.
        let permits = self.permits.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permits = permits;
            work()
        });
        task.await.map_err(|_| PasswordError::Failed)?
    }

    /// Whether `password` is the one behind `stored`; without a stored one it is wrong, and that
    /// takes as long.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let Passwords { argon2, entropy, .. } = self.passwords.clone();
        let check = move || {
            let normal = normalized(&password);
            let against = stored.as_deref().unwrap_or(NOBODY);
            let is_right = matches(&argon2, &normal, against)?;
            // As it was typed, too: so were hashes made before passwords were normalised.
            let is_older = !is_right && normal != password && matches(&argon2, &password, against)?;
            match stored {
                Some(stored) if is_right && stored.starts_with(OURS) => Ok(Verdict::Right(None)),
                Some(_) if is_right || is_older => {
                    hash(&argon2, &*entropy, &normal).map(|hash| Verdict::Right(Some(hash)))
                }
                _ => Ok(Verdict::Wrong),
            }
        };
        self.run(check).await
    }

    /// The PHC string to store for a password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let Passwords { argon2, entropy, .. } = self.passwords.clone();
        self.run(move || hash(&argon2, &*entropy, &normalized(&password))).await
    }

    /// The reason why a password may not be chosen for an account of which these texts are known; `None` when it may.
    pub async fn weakness(
        &self,
        password: &str,
        own: &[&str],
    ) -> Result<Option<Fault>, PasswordError> {
        let own: Vec<String> = own.iter().map(|text| (*text).to_owned()).collect();
        let password = password.to_owned();
        self.run(move || {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            Ok(strength::weakness(&password, &own))
        })
        .await
    }
}

/// A password as it is hashed: the same letters are the same however a keyboard composed them (NFC).
pub(super) fn normalized(password: &str) -> String {
    password.nfc().collect()
}

/// Whether a password is behind a hash of ours, or of bcrypt from an import.
fn matches(argon2: &Argon2<'_>, password: &str, stored: &str) -> Result<bool, PasswordError> {
    if stored.starts_with("$2") {
        let cost = stored.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
        cost.filter(|cost| *cost <= BCRYPT_COST_MAX).ok_or(PasswordError::Failed)?;
        return bcrypt::verify(password, stored).map_err(|_| PasswordError::Failed);
    }
    let parsed = PasswordHash::new(stored).map_err(|_| PasswordError::Failed)?;
    Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
}

fn hash(
    argon2: &Argon2<'_>,
    entropy: &dyn stratum_models::entropy::Entropy,
    password: &str,
) -> Result<String, PasswordError> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|phc| phc.to_string()).map_err(|_| PasswordError::Failed)
}

impl From<PasswordError> for Refusal {
    fn from(error: PasswordError) -> Refusal {
        match error {
            PasswordError::Busy => Refusal::busy("too many sign-ins at once; try again"),
            PasswordError::Failed => Refusal::internal(),
        }
    }
}

#[cfg(test)]
mod tests {
    use stratum_testing::entropy::CountingEntropy;

    use super::*;

    fn passwords(checks: usize, queue: usize) -> Passwords {
        let config = AuthConfig {
            password_checks_max: checks,
            password_queue_max: queue,
            ..AuthConfig::default()
        };
        Passwords::new(&config, Arc::new(CountingEntropy::default())).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_passes() {
        let passwords = passwords(2, 8);
        let stored = passwords.hash("Corr3ct-horse".into()).await.unwrap();
        assert!(stored.starts_with(OURS), "{stored}");
        let verify = async |text: &str, stored: Option<&String>| {
            passwords.admit().await.unwrap().verify(text.to_owned(), stored.cloned()).await
        };
        assert_eq!(verify("Corr3ct-horse", Some(&stored)).await, Ok(Verdict::Right(None)));
        assert_eq!(verify("corr3ct-horse", Some(&stored)).await, Ok(Verdict::Wrong));
        assert_eq!(verify("Corr3ct-horse", None).await, Ok(Verdict::Wrong));
        assert_eq!(NOBODY.split('$').nth(3), stored.split('$').nth(3), "it would take less long");
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[tokio::test]
    async fn a_hash_from_an_import_verifies_and_is_replaced() {
        let passwords = passwords(2, 8);
        let turn = passwords.admit().await.unwrap();
        let foreign = bcrypt::hash_with_salt("Corr3ct-horse", 4, *b"0123456789abcdef").unwrap();
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
            let stored = Some(foreign.format_for_version(version));
            let wrong = turn.verify("corr3ct-horse".into(), stored.clone()).await;
            assert_eq!(wrong, Ok(Verdict::Wrong));
            let verdict = turn.verify("Corr3ct-horse".into(), stored).await;
            let Ok(Verdict::Right(Some(ours))) = verdict else { panic!("{verdict:?}") };
            let again = turn.verify("Corr3ct-horse".into(), Some(ours)).await;
            assert_eq!(again, Ok(Verdict::Right(None)));
        }
        let dear = foreign.to_string().replacen("$04$", "$31$", 1);
        let refused = turn.verify("Corr3ct-horse".into(), Some(dear)).await;
        assert_eq!(refused, Err(PasswordError::Failed));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let passwords = passwords(1, 0);
        let turn = passwords.admit().await.unwrap();
        assert_eq!(passwords.hash("x".into()).await, Err(PasswordError::Busy));
        assert!(turn.hash("x".into()).await.is_ok());
        drop(turn);
        assert!(passwords.hash("x".into()).await.is_ok());
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_it_was_composed() {
        let passwords = passwords(2, 8);
        let turn = passwords.admit().await.unwrap();
        let (composed, decomposed) = ("Pässwörd-läng", "Pa\u{308}sswo\u{308}rd-la\u{308}ng");
        for (set, typed) in [(composed, decomposed), (decomposed, composed), (composed, composed)] {
            let stored = passwords.hash(set.into()).await.unwrap();
            assert_eq!(turn.verify(typed.into(), Some(stored)).await, Ok(Verdict::Right(None)));
        }
        // As it was hashed before: typed in the same way it is right, and hashed anew.
        let old = hash(&passwords.argon2, &*passwords.entropy, decomposed).unwrap();
        let verdict = turn.verify(decomposed.into(), Some(old)).await;
        let Ok(Verdict::Right(Some(anew))) = verdict else { panic!("{verdict:?}") };
        assert_eq!(turn.verify(composed.into(), Some(anew)).await, Ok(Verdict::Right(None)));
    }
}
