use crate::splitmix::{SPLITMIX_STEP, splitmix};

/// Chance from a seed, for resampling: the SplitMix64 sequence.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let bits = splitmix(self.0);
        self.0 = self.0.wrapping_add(SPLITMIX_STEP);
        bits
    }

    /// An integer in `0..bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }
}
