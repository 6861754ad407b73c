//! Bytes that count instead of being random.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::entropy::Entropy;

/// Counts instead of being random.
#[derive(Default)]
pub struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
