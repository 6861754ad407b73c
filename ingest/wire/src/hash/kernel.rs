//! SHA-256 of single padded blocks with the SHA instructions of x86-64; `None` on other processors.
//! All unsafe code of this crate is here.

/// The digest of one padded block.
pub fn one(block: &[u8; 64]) -> Option<[u8; 32]> {
    x86::digest([block]).map(|[digest]| digest)
}

/// The digests of two padded blocks.
pub fn two(first: &[u8; 64], second: &[u8; 64]) -> Option<[[u8; 32]; 2]> {
    x86::digest([first, second])
}

#[cfg(not(target_arch = "x86_64"))]
mod x86 {
    pub fn digest<const N: usize>(_blocks: [&[u8; 64]; N]) -> Option<[[u8; 32]; N]> {
        None
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// The fractional parts of the cube roots of the first 64 primes.
    static K: [u32; 64] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
    ];
    /// The initial state: the fractional parts of the square roots of the first 8 primes, a to h.
    const IV: [i32; 8] = words([
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ]);

    const fn words(bits: [u32; 8]) -> [i32; 8] {
        let mut words = [0; 8];
        let mut at = 0;
        while at < 8 {
            words[at] = bits[at].cast_signed();
            at += 1;
        }
        words
    }

    pub fn digest<const N: usize>(blocks: [&[u8; 64]; N]) -> Option<[[u8; 32]; N]> {
        let able = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        // SAFETY: the processor has the features that `compress` is compiled for.
        able.then(|| unsafe { compress(blocks) })
    }

    /// `N` independent digests whose rounds are interleaved.
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn compress<const N: usize>(blocks: [&[u8; 64]; N]) -> [[u8; 32]; N] {
        // The instructions keep the state as the two halves a b e f and c d g h, the first highest.
        let [a, b, c, d, e, f, g, h] = IV;
        let abef = _mm_set_epi32(a, b, e, f);
        let cdgh = _mm_set_epi32(c, d, g, h);
        let mut state = [(abef, cdgh); N];
        // Loops, not `map`: a closure is not inlined into a function without these features.
        let mut schedule = [[abef; 4]; N];
        for lane in 0..N {
            schedule[lane] = load(blocks[lane]);
        }
        macro_rules! four_rounds {
            ($group:expr, $slot:literal) => {
                for lane in 0..N {
                    rounds(&mut state[lane], schedule[lane][$slot], $group);
                }
            };
        }
        macro_rules! next_four_rounds {
            ($group:expr, $slot:literal) => {
                for lane in 0..N {
                    schedule[lane][$slot] = expand(&schedule[lane], $slot);
                    rounds(&mut state[lane], schedule[lane][$slot], $group);
                }
            };
        }
        four_rounds!(0, 0);
        four_rounds!(1, 1);
        four_rounds!(2, 2);
        four_rounds!(3, 3);
        for group in [4, 8, 12] {
            next_four_rounds!(group, 0);
            next_four_rounds!(group + 1, 1);
            next_four_rounds!(group + 2, 2);
            next_four_rounds!(group + 3, 3);
        }
        let mut digests = [[0; 32]; N];
        for lane in 0..N {
            let (x, y) = state[lane];
            store(_mm_add_epi32(x, abef), _mm_add_epi32(y, cdgh), &mut digests[lane]);
        }
        digests
    }

    /// The 16 big-endian words of a block.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn load(block: &[u8; 64]) -> [__m128i; 4] {
        let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        let mut words = [swap; 4];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<16>().0) {
            // SAFETY: reads the 16 bytes of the chunk; no alignment is needed.
            let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
            *word = _mm_shuffle_epi8(bytes, swap);
        }
        words
    }

    /// Four rounds with the words of `group`.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn rounds((abef, cdgh): &mut (__m128i, __m128i), words: __m128i, group: usize) {
        // SAFETY: `group` is below 16, so the four constants lie inside the table.
        let constants = unsafe { _mm_loadu_si128(K.as_ptr().add(group * 4).cast()) };
        let sum = _mm_add_epi32(words, constants);
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }

    /// The next four words; `slot` holds the oldest four.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn expand(words: &[__m128i; 4], slot: usize) -> __m128i {
        let [first, second] = [words[slot % 4], words[(slot + 1) % 4]];
        let [third, last] = [words[(slot + 2) % 4], words[(slot + 3) % 4]];
        let sum =
            _mm_add_epi32(_mm_sha256msg1_epu32(first, second), _mm_alignr_epi8(last, third, 4));
        _mm_sha256msg2_epu32(sum, last)
    }

    /// The digest a state stands for.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn store(abef: __m128i, cdgh: __m128i, digest: &mut [u8; 32]) {
        let swap = _mm_set_epi64x(0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607);
        // Lowest first these are b a d c and f e h g in words; the byte swap orders them.
        let abcd = _mm_shuffle_epi8(_mm_unpackhi_epi64(abef, cdgh), swap);
        let efgh = _mm_shuffle_epi8(_mm_unpacklo_epi64(abef, cdgh), swap);
        // SAFETY: both halves of 16 bytes lie inside the digest; no alignment is needed.
        unsafe {
            _mm_storeu_si128(digest.as_mut_ptr().cast(), abcd);
            _mm_storeu_si128(digest.as_mut_ptr().add(16).cast(), efgh);
        }
    }
}
