//! The ledger of a partition, in memory: where it starts and ends, and the segments that retention may drop.

use std::collections::VecDeque;

use stratum_models::time::UnixMillis;

/// A run of records that retention drops as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The offset of its first record.
    pub first: u64,
    /// The offset after its last record.
    pub end: u64,
    /// When its first record was appended.
    pub begun: UnixMillis,
    /// When its newest record was appended.
    pub newest: UnixMillis,
    /// Bytes of its records.
    pub bytes: u64,
}

impl Segment {
    pub(super) fn begin(first: u64) -> Segment {
        let never = UnixMillis(i64::MIN);
        Segment { first, end: first, begun: never, newest: never, bytes: 0 }
    }

    /// Takes the next record in.
    pub(super) fn add(&mut self, appended: UnixMillis, bytes: u64) {
        if self.first == self.end {
            self.begun = appended;
        }
        self.end += 1;
        self.newest = appended;
        self.bytes += bytes;
    }

    /// As kept under its first offset. The start in time is not needed once it is closed.
    pub(super) fn encode(&self) -> [u8; 24] {
        let mut row = [0; 24];
        row[..8].copy_from_slice(&self.end.to_be_bytes());
        row[8..16].copy_from_slice(&self.newest.0.to_be_bytes());
        row[16..].copy_from_slice(&self.bytes.to_be_bytes());
        row
    }

    pub(super) fn decode(first: u64, row: &[u8]) -> Option<Segment> {
        let (end, rest) = row.split_first_chunk::<8>()?;
        let (newest, rest) = rest.split_first_chunk::<8>()?;
        let newest = UnixMillis(i64::from_be_bytes(*newest));
        let bytes = u64::from_be_bytes(rest.try_into().ok()?);
        Some(Segment { first, end: u64::from_be_bytes(*end), begun: newest, newest, bytes })
    }
}

/// When a segment ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentBounds {
    pub bytes_max: u64,
    pub age_ms_max: i64,
}

/// The end of a partition, where records are added: the segment that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub open: Segment,
}

impl Head {
    /// Gives a record its offset and time of append, which never goes back; answers the segment that
    /// ended before it, if one did.
    pub(super) fn admit(
        &mut self,
        bytes: u64,
        now: UnixMillis,
        bounds: SegmentBounds,
    ) -> (u64, UnixMillis, Option<Segment>) {
        let appended = now.max(self.open.newest);
        let is_full = self.open.bytes + bytes > bounds.bytes_max
            || appended.0.saturating_sub(self.open.begun.0) >= bounds.age_ms_max;
        let closed = (is_full && self.open.first < self.open.end).then_some(self.open);
        if closed.is_some() {
            self.open = Segment::begin(self.open.end);
        }
        let offset = self.open.end;
        self.open.add(appended, bytes);
        (offset, appended, closed)
    }
}

/// A partition's bounds and segments.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// The offset of the oldest record kept.
    pub start: u64,
    /// Segments that take no more records, oldest first.
    pub closed: VecDeque<Segment>,
    pub head: Head,
}

impl Ledger {
    /// The offset the next record gets.
    pub(super) fn end(&self) -> u64 {
        self.head.open.end
    }

    /// Bytes of all records kept.
    pub(super) fn bytes(&self) -> u64 {
        self.closed.iter().map(|segment| segment.bytes).sum::<u64>() + self.head.open.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SegmentBounds = SegmentBounds { bytes_max: 100, age_ms_max: 1_000 };

    #[test]
    fn a_segment_ends_when_it_is_full_or_old() {
        let mut head = Head { open: Segment::begin(7) };
        assert_eq!(head.admit(60, UnixMillis(10), BOUNDS), (7, UnixMillis(10), None));
        assert_eq!(head.admit(40, UnixMillis(20), BOUNDS), (8, UnixMillis(20), None));
        let (offset, _, closed) = head.admit(1, UnixMillis(30), BOUNDS);
        let closed = closed.unwrap();
        assert_eq!((offset, closed.first, closed.end, closed.bytes), (9, 7, 9, 100));
        assert_eq!(closed.newest, UnixMillis(20));
        assert_eq!(head.admit(1, UnixMillis(1_029), BOUNDS).2, None);
        assert_eq!(head.admit(1, UnixMillis(1_030), BOUNDS).2.unwrap().end, 11);
    }

    #[test]
    fn a_record_over_a_segments_size_has_one_of_its_own() {
        let mut head = Head { open: Segment::begin(0) };
        assert_eq!(head.admit(500, UnixMillis(0), BOUNDS).2, None);
        assert_eq!(head.admit(500, UnixMillis(0), BOUNDS).2.unwrap().bytes, 500);
    }

    #[test]
    fn the_time_of_append_never_goes_back() {
        let mut head = Head { open: Segment::begin(0) };
        head.admit(1, UnixMillis(50), BOUNDS);
        assert_eq!(head.admit(1, UnixMillis(40), BOUNDS).1, UnixMillis(50));
        let rolled = SegmentBounds { bytes_max: 1, ..BOUNDS };
        let after = head.admit(1, UnixMillis(30), rolled);
        assert_eq!((after.1, after.2.is_some()), (UnixMillis(50), true));
    }

    #[test]
    fn a_closed_segment_is_read_back() {
        let newest = UnixMillis(1_774_742_399_000);
        let segment = Segment { first: 3, end: 9, begun: newest, newest, bytes: 77 };
        assert_eq!(Segment::decode(3, &segment.encode()), Some(segment));
        assert_eq!(Segment::decode(3, &segment.encode()[1..]), None);
    }
}
