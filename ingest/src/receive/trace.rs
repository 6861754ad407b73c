//! Trace ids: what an answer is known by in a support case. They tell nothing of the request.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use stratum_models::chance::mix;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 23;

/// `A` and 22 letters or digits, as Meta writes its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; LENGTH]);

impl TraceId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A sequence of trace ids. The same seed gives the same sequence.
#[derive(Debug)]
pub(crate) struct Traces {
    seed: u64,
    next: AtomicU64,
}

impl Traces {
    pub(crate) fn new(seed: u64) -> Traces {
        Traces { seed, next: AtomicU64::new(0) }
    }

    /// The next one; no two of a sequence are equal.
    pub(crate) fn next(&self) -> TraceId {
        let count = self.next.fetch_add(1, Relaxed);
        // The mix is a bijection, so ids of one seed differ in the half that mixes the count.
        let mut number = u128::from(mix(self.seed ^ count.rotate_left(32))) << 64
            | u128::from(mix(count.wrapping_add(self.seed)));
        let mut text = [b'A'; LENGTH];
        for digit in text[1..].iter_mut().rev() {
            *digit = DIGITS[(number % 62) as usize];
            number /= 62;
        }
        TraceId(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_and_follow_from_the_seed() {
        let (traces, again, other) = (Traces::new(7), Traces::new(7), Traces::new(8));
        let ids: Vec<TraceId> = (0..1000).map(|_| traces.next()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1000);
        assert!(ids.iter().all(|id| *id == again.next()));
        assert!(ids.iter().all(|id| *id != other.next()));
        assert!(ids[0].as_str().starts_with('A') && ids[0].as_str().len() == 23);
    }
}
