//! Memory used for the length of one request and kept for the next on the same thread.

use std::cell::RefCell;

use bumpalo::Bump;

use stratum_wire::redact::Person;

/// The most bytes that a thread keeps from request to request.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Memory of a request.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Texts that could not be borrowed from the body.
    pub(crate) arena: Bump,
    /// An unpacked body.
    pub(crate) unpacked: Vec<u8>,
    /// The person of the event at hand.
    pub(crate) person: Person,
}

impl Scratch {
    /// Forgets the request.
    fn settle(&mut self) {
        self.person.clear();
        self.unpacked.clear();
        if self.unpacked.capacity() > KEPT_BYTES_MAX {
            self.unpacked = Vec::new();
        }
        if self.arena.allocated_bytes() > KEPT_BYTES_MAX {
            self.arena = Bump::new();
        } else {
            self.arena.reset();
        }
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Runs `job` with this thread's scratch, empty at the start. `job` must not ask for it again.
pub(crate) fn with_scratch<T>(job: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| {
        // A request that panicked has left its own behind.
        scratch.settle();
        let result = job(scratch);
        scratch.settle();
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_for_the_next_request_and_little_memory_does() {
        with_scratch(|scratch| {
            scratch.arena.alloc_slice_fill_copy(KEPT_BYTES_MAX * 2, 1_u8);
            scratch.unpacked.resize(KEPT_BYTES_MAX * 2, 1);
        });
        with_scratch(|scratch| {
            assert!(scratch.unpacked.is_empty());
            assert!(scratch.arena.allocated_bytes() + scratch.unpacked.capacity() < KEPT_BYTES_MAX);
        });
    }

    #[test]
    fn a_panic_leaves_it_usable() {
        let panicked = std::panic::catch_unwind(|| {
            with_scratch(|scratch| {
                scratch.unpacked.push(1);
                panic!("on purpose")
            })
        });
        assert!(panicked.is_err());
        with_scratch(|scratch| assert!(scratch.unpacked.is_empty()));
    }
}
