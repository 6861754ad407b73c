//! SplitMix64: a sequence of well-mixed numbers from a seed. Not for secrets.

/// The step between the inputs of two numbers of a sequence.
pub const SPLITMIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number of a sequence that follows `state`. A bijection: different inputs give different numbers.
pub const fn splitmix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(SPLITMIX_STEP);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let states = (0u64..3).map(|at| at.wrapping_mul(SPLITMIX_STEP));
        let numbers: Vec<u64> = states.map(splitmix).collect();
        assert_eq!(numbers, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }
}
