//! How long events took from receipt to the platform's answer, countable and addable.

use std::collections::BTreeMap;

/// Buckets of a histogram: the last takes in all that took longer.
const BUCKETS: u8 = 120;
/// Buckets to a doubling.
const BUCKETS_PER_DOUBLING: f64 = 4.0;

/// Counts of times by their size: buckets of milliseconds, each a fourth of a doubling wide, from 1 ms to
/// over 7 days, so that a percentile is off by a tenth at most. Histograms of parts add up to that of the
/// whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyHistogram {
    /// The count of each bucket that has any.
    counts: BTreeMap<u8, u64>,
}

impl LatencyHistogram {
    /// A histogram of counts by bucket, as [`LatencyHistogram::counts`] gives them; `None` where there is no
    /// such bucket.
    pub fn from_counts(counts: impl IntoIterator<Item = (u8, u64)>) -> Option<LatencyHistogram> {
        let mut histogram = LatencyHistogram::default();
        for (bucket, count) in counts {
            if bucket >= BUCKETS {
                return None;
            }
            histogram.add_to(bucket, count);
        }
        Some(histogram)
    }

    /// Counts `events` that took so long.
    pub fn record(&mut self, ms: u64, events: u64) {
        let bucket = (ms.max(1) as f64).log2() * BUCKETS_PER_DOUBLING;
        self.add_to((bucket as u8).min(BUCKETS - 1), events);
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &LatencyHistogram) {
        other.counts.iter().for_each(|(bucket, count)| self.add_to(*bucket, *count));
    }

    fn add_to(&mut self, bucket: u8, count: u64) {
        if count > 0 {
            let sum = self.counts.entry(bucket).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// The buckets that have any, with their counts, the fastest first.
    pub fn counts(&self) -> impl Iterator<Item = (u8, u64)> + '_ {
        self.counts.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The time within which a share of them (0 to 1) was done, in milliseconds; `None` without any.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let rank = (share.clamp(0.0, 1.0) * self.total() as f64).ceil().max(1.0);
        let mut sum = 0.0;
        let mut buckets = self.counts.iter();
        let bucket = buckets.find(|(_, count)| {
            sum += **count as f64;
            sum >= rank
        });
        // The middle of the bucket, by which the error is the same either way.
        bucket.map(|(bucket, _)| ((f64::from(*bucket) + 0.5) / BUCKETS_PER_DOUBLING).exp2())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_percentile_is_within_a_tenth_and_parts_add_up(
            times in prop::collection::vec(1_u64..700_000_000, 1..200),
            share in 0.0_f64..1.0,
            cut in 0_usize..200,
        ) {
            let mut whole = LatencyHistogram::default();
            times.iter().for_each(|ms| whole.record(*ms, 1));
            let (mut one, mut other) = (LatencyHistogram::default(), LatencyHistogram::default());
            let (left, right) = times.split_at(cut.min(times.len()));
            left.iter().for_each(|ms| one.record(*ms, 1));
            right.iter().for_each(|ms| other.record(*ms, 1));
            one.add(&other);
            prop_assert_eq!(&one, &whole);
            prop_assert_eq!(LatencyHistogram::from_counts(whole.counts()), Some(whole.clone()));

            let mut sorted = times.clone();
            sorted.sort_unstable();
            let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
            let exact = sorted[rank - 1] as f64;
            let found = whole.percentile(share).unwrap();
            prop_assert!((found / exact - 1.0).abs() <= 0.1, "{} for {}", found, exact);
        }
    }

    #[test]
    fn what_lies_outside_is_counted_at_the_ends() {
        let mut histogram = LatencyHistogram::default();
        assert_eq!(histogram.percentile(0.5), None);
        histogram.record(0, 3);
        histogram.record(u64::MAX, 2);
        assert_eq!(histogram.counts().collect::<Vec<_>>(), [(0, 3), (BUCKETS - 1, 2)]);
        assert_eq!(histogram.total(), 5);
        assert_eq!(LatencyHistogram::from_counts([(BUCKETS, 1)]), None);
    }
}
