//! How much is in memory at once: requests, and the bytes of their bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Too much is being worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// Counts what is being worked on.
#[derive(Debug)]
pub(crate) struct InFlight {
    counts: Arc<Counts>,
    requests_max: usize,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

impl InFlight {
    pub(crate) fn new(requests_max: usize, bytes_max: usize) -> InFlight {
        InFlight { counts: Arc::default(), requests_max, bytes_max }
    }

    /// Lets one more request in.
    pub(crate) fn enter(&self) -> Result<Hold, Busy> {
        let hold = Hold { counts: self.counts.clone(), bytes: 0, bytes_max: self.bytes_max };
        // The hold gives back what is taken here, also on refusal.
        if self.counts.requests.fetch_add(1, Relaxed) >= self.requests_max {
            return Err(Busy);
        }
        Ok(hold)
    }
}

/// What one request holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    counts: Arc<Counts>,
    bytes: usize,
    bytes_max: usize,
}

impl Hold {
    /// Takes room for so many bytes more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Busy> {
        self.bytes += bytes;
        let before = self.counts.bytes.fetch_add(bytes, Relaxed);
        if before.saturating_add(bytes) > self.bytes_max { Err(Busy) } else { Ok(()) }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.counts.bytes.fetch_sub(self.bytes, Relaxed);
        self.counts.requests.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_bounded_and_given_back() {
        let bound = InFlight::new(2, 100);
        let first = bound.enter().unwrap();
        let second = bound.enter().unwrap();
        assert_eq!(bound.enter().unwrap_err(), Busy);
        drop(first);
        assert!(bound.enter().is_ok());
        drop(second);
        assert_eq!(bound.counts.requests.load(Relaxed), 0);
    }

    #[test]
    fn bytes_are_bounded_and_given_back_also_by_the_refused() {
        let bound = InFlight::new(9, 100);
        let mut first = bound.enter().unwrap();
        let mut second = bound.enter().unwrap();
        assert_eq!(first.grow(60), Ok(()));
        assert_eq!(second.grow(41), Err(Busy));
        drop(second);
        assert_eq!(first.grow(40), Ok(()));
        drop(first);
        assert_eq!(bound.counts.bytes.load(Relaxed), 0);
    }
}
