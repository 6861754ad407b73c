//! Packed bodies. What a body unpacks to is bounded while it is unpacked, so a bomb costs no more
//! than the bound.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::Malformed;

/// Why a packed body was not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpackable {
    /// It unpacks to more than the bound.
    TooLarge,
    /// Damaged or cut short.
    Damaged(Malformed),
}

/// Whether this body is packed, by its magic number.
pub fn is_packed(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

/// Unpacks `body` into `into`, which is emptied first, up to `bytes_max`.
pub fn unpack(body: &[u8], bytes_max: usize, into: &mut Vec<u8>) -> Result<(), Unpackable> {
    into.clear();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    match MultiGzDecoder::new(body).take(limit).read_to_end(into) {
        Ok(_) if into.len() > bytes_max => Err(Unpackable::TooLarge),
        Ok(_) => Ok(()),
        Err(_) => Err(Unpackable::Damaged(Malformed { what: "damaged gzip", at: into.len() })),
    }
}

/// The first bytes that `body` unpacks to, `bytes_max` at most; all there are where it is cut short or
/// damaged.
pub fn unpack_start(body: &[u8], bytes_max: usize) -> Vec<u8> {
    let mut start = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    // What was read before an error is there.
    let _ = MultiGzDecoder::new(body).take(limit).read_to_end(&mut start);
    start
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_unpacks_up_to_the_bound_and_no_further() {
        let body = packed(&[b'x'; 1000]);
        let mut into = b"left over".to_vec();
        assert_eq!(unpack(&body, 1000, &mut into), Ok(()));
        assert_eq!(into, [b'x'; 1000]);
        assert_eq!(unpack(&body, 999, &mut into), Err(Unpackable::TooLarge));
    }

    #[test]
    fn a_bomb_costs_the_bound() {
        let bomb = packed(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        let mut into = Vec::new();
        assert_eq!(unpack(&bomb, 10_000, &mut into), Err(Unpackable::TooLarge));
        assert!(into.capacity() < 100_000);
    }

    #[test]
    fn the_start_of_a_body_is_no_longer_than_asked_for() {
        let body = packed(&[b'x'; 100_000]);
        assert_eq!(unpack_start(&body, 1000), [b'x'; 1000]);
        assert_eq!(unpack_start(&body[..body.len() / 2], 100).len(), 100);
        assert!(
            unpack_start(&packed(b"abc"), 1000) == b"abc"
                && unpack_start(b"\x1f\x8b", 9).is_empty()
        );
    }

    #[test]
    fn a_cut_or_damaged_body_is_told_from_a_whole_one() {
        let body = packed(b"some text that is long enough to be packed");
        for cut in 2..body.len() {
            let result = unpack(&body[..cut], 1000, &mut Vec::new());
            assert!(matches!(result, Err(Unpackable::Damaged(_))), "cut at {cut}");
        }
        let mut flipped = body.clone();
        flipped[15] ^= 0x55;
        assert!(unpack(&flipped, 1000, &mut Vec::new()).is_err());
    }
}
