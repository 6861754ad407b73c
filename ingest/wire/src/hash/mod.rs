//! SHA-256 of many short texts. Where the processor has SHA instructions, two messages are hashed at
//! once: one alone waits for the latency of each round, two fill each other's gaps.

mod kernel;

use sha2::{Digest, Sha256};

/// The longest message whose padding still fits into its only block.
const ONE_BLOCK_MAX: usize = 55;

/// The bytes of a block.
const BLOCK: usize = 64;
/// Ones, then zeros.
static KEEP: [u8; 2 * BLOCK] = window(0xff, 0);
/// The bit that ends a message, between zeros.
static END: [u8; 2 * BLOCK] = window(0, 0x80);

const fn window(before: u8, middle: u8) -> [u8; 2 * BLOCK] {
    let mut window = [0; 2 * BLOCK];
    let mut at = 0;
    while at < BLOCK {
        window[at] = before;
        at += 1;
    }
    window[BLOCK] = middle;
    window
}

/// The SHA-256 of `message`.
pub fn sha256(message: &[u8]) -> [u8; 32] {
    match padded(message, message.len()).and_then(|block| kernel::one(&block)) {
        Some(digest) => digest,
        None => Sha256::digest(message).into(),
    }
}

/// The SHA-256 of pieces of one text, the fastest way where there are several: each piece is a
/// `(start, end)` in `text`. `put` gets the number of the piece and its digest, each number once, in no
/// particular order. Faster still where 64 bytes of anything follow the last piece.
pub fn sha256_all(
    text: &[u8],
    pieces: impl Iterator<Item = (usize, usize)>,
    mut put: impl FnMut(usize, [u8; 32]),
) {
    let mut waiting: Option<(usize, [u8; BLOCK])> = None;
    for (at, (start, end)) in pieces.enumerate() {
        let tail = text.get(start..).unwrap_or_default();
        let length = end.saturating_sub(start).min(tail.len());
        let Some(block) = padded(tail, length) else {
            put(at, Sha256::digest(&tail[..length]).into());
            continue;
        };
        let Some((before, other)) = &waiting else {
            waiting = Some((at, block));
            continue;
        };
        let [first, second] = pair(other, &block);
        put(*before, first);
        put(at, second);
        waiting = None;
    }
    if let Some((at, block)) = waiting {
        put(at, kernel::one(&block).unwrap_or_else(|| portable(&block)));
    }
}

/// The 32 bytes behind 64 hexadecimal digits of any case.
pub fn from_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = digits.try_into().ok()?;
    let mut nibbles = [0u8; 64];
    let mut bad = 0;
    // Branch-free, so that the compiler makes vector code of it.
    for (nibble, digit) in nibbles.iter_mut().zip(digits) {
        let decimal = digit.wrapping_sub(b'0');
        let letter = (digit | 0x20).wrapping_sub(b'a');
        let value = if letter < 6 { letter + 10 } else { 0xff };
        *nibble = if decimal < 10 { decimal } else { value };
        bad |= *nibble;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(nibbles.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    (bad < 0x10).then_some(bytes)
}

/// The lower-case hexadecimal digits of a digest.
pub fn to_hex(digest: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [0; 64];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}

/// The first `length` bytes of `tail` with their padding, when one block holds both.
#[inline]
fn padded(tail: &[u8], length: usize) -> Option<[u8; BLOCK]> {
    if length > ONE_BLOCK_MAX {
        return None;
    }
    let mut block = [0; BLOCK];
    match tail.first_chunk::<BLOCK>() {
        // Copying all and clearing what is too much is a few vector instructions, a copy of varying
        // length is a call. The masks are windows that slide with the length.
        Some(whole) => {
            let keep = KEEP[BLOCK - length..].iter().zip(&END[BLOCK - length..]);
            for ((byte, given), (keep, end)) in block.iter_mut().zip(whole).zip(keep) {
                *byte = given & keep | end;
            }
        }
        None => {
            block[..length].copy_from_slice(&tail[..length]);
            block[length] = 0x80;
        }
    }
    block[BLOCK - 8..].copy_from_slice(&(length as u64 * 8).to_be_bytes());
    Some(block)
}

fn pair(first: &[u8; BLOCK], second: &[u8; BLOCK]) -> [[u8; 32]; 2] {
    kernel::two(first, second).unwrap_or_else(|| [portable(first), portable(second)])
}

/// The digest of a padded block, on processors without SHA instructions.
fn portable(block: &[u8; BLOCK]) -> [u8; 32] {
    let bits = block.last_chunk::<8>().map_or(0, |length| u64::from_be_bytes(*length));
    let message = usize::try_from(bits / 8).ok().and_then(|length| block.get(..length));
    Sha256::digest(message.unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reference(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    fn all(messages: &[Vec<u8>], slack: usize) -> Vec<[u8; 32]> {
        let mut digests = vec![None; messages.len()];
        let mut text = messages.concat();
        text.resize(text.len() + slack, 0xff);
        let mut start = 0;
        let pieces = messages.iter().map(|message| {
            start += message.len();
            (start - message.len(), start)
        });
        sha256_all(&text, pieces, |at, digest| {
            assert_eq!(digests[at].replace(digest), None, "place {at} twice");
        });
        digests.into_iter().map(|digest| digest.expect("every place")).collect()
    }

    #[test]
    fn every_length_gives_the_digest_of_the_reference() {
        let messages: Vec<Vec<u8>> =
            (0..=200).map(|length| (0..length).map(|i| (i * 7 + length) as u8).collect()).collect();
        for message in &messages {
            assert_eq!(sha256(message), reference(message), "length {}", message.len());
        }
        let expected: Vec<_> = messages.iter().map(|message| reference(message)).collect();
        assert_eq!(all(&messages, 0), expected);
        // Another start pairs every message with its other neighbour.
        assert_eq!(all(&messages[1..], 64), expected[1..]);
    }

    #[test]
    fn pieces_outside_the_text_are_cut_without_a_panic() {
        sha256_all(b"abc", [(1, 9), (7, 9), (2, 1)].into_iter(), |at, digest| {
            assert_eq!(digest, reference([&b"bc"[..], b"", b""][at]));
        });
    }

    #[test]
    fn the_portable_way_agrees() {
        for length in 0..=ONE_BLOCK_MAX {
            let message = vec![0x80; length];
            let block = padded(&message, length).unwrap();
            assert_eq!(portable(&block), reference(&message), "length {length}");
        }
        assert_eq!(padded(&[0; 56], 56), None);
    }

    proptest! {
        #[test]
        fn any_messages_give_the_digests_of_the_reference(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..9),
            slack in 0usize..70,
        ) {
            let expected: Vec<_> = messages.iter().map(|message| reference(message)).collect();
            prop_assert_eq!(all(&messages, slack), expected);
        }

        #[test]
        fn hex_round_trips(digest in any::<[u8; 32]>()) {
            let hex = to_hex(&digest);
            prop_assert_eq!(from_hex(&hex), Some(digest));
            prop_assert_eq!(from_hex(&hex.to_ascii_uppercase()), Some(digest));
        }

        #[test]
        fn only_hex_digits_are_hex(at in 0usize..64, byte in any::<u8>()) {
            let mut hex = to_hex(&[0xab; 32]);
            hex[at] = byte;
            prop_assert_eq!(from_hex(&hex).is_some(), byte.is_ascii_hexdigit());
        }
    }
}
