//! Where randomness and new ids come from; simulations bring their own.

use std::sync::Arc;

use uuid::Uuid;

use crate::time::SharedClock;

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A shared source.
pub type SharedEntropy = Arc<dyn Entropy>;

/// Makes ids that sort by the time they were made (UUID version 7).
#[derive(Clone)]
pub struct Ids {
    clock: SharedClock,
    entropy: SharedEntropy,
}

impl Ids {
    /// Ids of this clock and this entropy.
    pub fn new(clock: SharedClock, entropy: SharedEntropy) -> Ids {
        Ids { clock, entropy }
    }

    /// The next id.
    pub fn next(&self) -> Uuid {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.clock.now().0).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// `length` characters of letters and digits, 5.95 bits each.
pub fn token(entropy: &dyn Entropy, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        entropy.fill(&mut bytes);
        // Bytes from 248 on would favour the first letters.
        let letters = bytes.iter().filter(|byte| **byte < 248);
        let wanted = length - text.len();
        text.extend(letters.take(wanted).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    text
}
