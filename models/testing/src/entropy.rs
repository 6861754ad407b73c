//! Bytes that count instead of being random.

use std::sync::atomic::{AtomicU8, Ordering};

use stratum_models::entropy::Entropy;

/// Counts instead of being random.
#[derive(Default)]
pub struct CountingEntropy(AtomicU8);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use stratum_models::entropy::token;

    use super::*;

    #[test]
    fn a_token_has_its_length_and_uses_the_whole_alphabet() {
        let text = token(&CountingEntropy::default(), 400);
        assert_eq!(text.len(), 400);
        let distinct: HashSet<char> = text.chars().collect();
        assert_eq!(distinct.len(), 62);
    }
}
