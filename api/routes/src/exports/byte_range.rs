//! `Range`: which bytes of a file are asked for (RFC 9110, 14).

/// The bytes to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// All of them: no range, several, or one that cannot be read.
    Whole,
    /// From the first to the last, both included.
    Part {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// None of the file's.
    Beyond,
}

impl ByteRange {
    /// The range that a header asks for of a file of this length.
    pub fn read(header: Option<&str>, length: u64) -> ByteRange {
        let range = header.and_then(|text| text.trim().strip_prefix("bytes="));
        let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
            return ByteRange::Whole;
        };
        match (number(first), number(last)) {
            (Some(first), _) if first >= length => ByteRange::Beyond,
            (Some(first), Some(last)) if last < first => ByteRange::Whole,
            (Some(first), Some(last)) => ByteRange::Part { first, last: last.min(length - 1) },
            (Some(first), None) if last.trim().is_empty() => {
                ByteRange::Part { first, last: length - 1 }
            }
            (None, Some(count)) if first.trim().is_empty() => match count.min(length) {
                0 => ByteRange::Beyond,
                count => ByteRange::Part { first: length - count, last: length - 1 },
            },
            _ => ByteRange::Whole,
        }
    }

    /// The number of bytes of a file of this length that are sent.
    pub fn count(self, length: u64) -> u64 {
        match self {
            ByteRange::Part { first, last } => last - first + 1,
            ByteRange::Whole => length,
            ByteRange::Beyond => 0,
        }
    }
}

/// Digits alone; a number beyond all files is one as well.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        let part = |first, last| ByteRange::Part { first, last };
        for (header, wanted) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-", part(2, 9)),
            ("bytes=2-100", part(2, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-100", part(0, 9)),
            ("bytes=9-9", part(9, 9)),
            ("bytes=10-", ByteRange::Beyond),
            ("bytes=99999999999999999999999-", ByteRange::Beyond),
            ("bytes=-0", ByteRange::Beyond),
            ("bytes=3-2", ByteRange::Whole),
            ("bytes=0-1,3-4", ByteRange::Whole),
            ("bytes=-", ByteRange::Whole),
            ("bytes=a-b", ByteRange::Whole),
            ("lines=0-1", ByteRange::Whole),
        ] {
            assert_eq!(ByteRange::read(Some(header), 10), wanted, "{header}");
        }
        assert_eq!(ByteRange::read(None, 10), ByteRange::Whole);
        assert_eq!(ByteRange::read(Some("bytes=0-"), 0), ByteRange::Beyond);
        assert_eq!(ByteRange::read(Some("bytes=-1"), 0), ByteRange::Beyond);
    }
}
