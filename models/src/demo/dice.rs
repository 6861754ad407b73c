//! Chance from a seed. Integer arithmetic and plain float products only, so that every machine
//! throws the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded source of chance.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Dice of their own for a part of the work, so that a change there leaves other parts as they are.
    #[must_use]
    pub fn split(&mut self) -> Dice {
        Dice::new(self.bits())
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// An integer in `0..bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// An integer in `from..=to`; `from` when the range is empty.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u128::try_from(i128::from(to) - i128::from(from) + 1).unwrap_or(0);
        from.wrapping_add(((u128::from(self.bits()) * width) >> 64) as i64)
    }

    /// A fraction in `[0, 1)`.
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True in this share of throws.
    pub fn chance(&mut self, share: f64) -> bool {
        self.fraction() < share
    }

    /// Any of these. The slice must not be empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The index of one of these weights, the heavier the likelier.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u64 = weights.clone().map(u64::from).sum();
        let mut left = ((u128::from(self.bits()) * u128::from(total)) >> 64) as u64;
        for (at, weight) in weights.enumerate() {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }

    /// About 1, seldom beyond `1 ± spread`, never below 0: the mean of four throws.
    pub fn about_one(&mut self, spread: f64) -> f64 {
        let mean = (0..4).map(|_| self.fraction()).sum::<f64>() / 4.0;
        (1.0 + (mean - 0.5) * 2.0 * spread).max(0.0)
    }
}
