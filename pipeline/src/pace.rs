//! The pace of batches. A commit costs about the same whatever it carries, so where little comes it is
//! waited until the cost is spread over more, or the first record has waited as long as it may.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::BatchConfig;

/// The cost of a topic's commits of late, and the rows they had to carry.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// The time a batch took, all its steps together.
    cost: Duration,
    /// Rows that came in a second.
    rows_per_s: f64,
    /// When the newest batch began.
    begun: Option<Instant>,
}

impl Pace {
    /// The wait of the next batch's first record.
    pub(crate) fn wait(&self, bounds: &BatchConfig) -> Duration {
        let longest = Duration::from_millis(bounds.wait_ms_max).saturating_sub(self.cost);
        let shortest = Duration::from_millis(bounds.wait_ms_min).min(longest);
        let rows = self.cost.as_secs_f64() * 1e6 / bounds.commit_us_per_row.max(1) as f64;
        let wait = rows / self.rows_per_s.max(1.0);
        Duration::from_secs_f64(wait.min(longest.as_secs_f64())).max(shortest)
    }

    /// Takes in that a batch which began at `begun` brought so many rows and ended now.
    pub(crate) fn observe(&mut self, begun: Instant, rows: usize, now: Instant) {
        let took = now - begun;
        let since = begun - self.begun.replace(begun).unwrap_or(begun - took);
        // A batch that did not wait at all tells little of how much comes.
        let span = since.max(took).max(Duration::from_millis(1)).as_secs_f64();
        let rows_per_s = rows as f64 / span;
        let is_first = self.cost.is_zero();
        self.cost = if is_first { took } else { (self.cost * 3 + took) / 4 };
        self.rows_per_s = if is_first { rows_per_s } else { (self.rows_per_s + rows_per_s) / 2.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: BatchConfig = BatchConfig {
        rows_max: 10,
        bytes_max: 100,
        wait_ms_min: 200,
        wait_ms_max: 1_000,
        commit_us_per_row: 250,
    };
    const COST: Duration = Duration::from_millis(100);

    /// The wait after steady batches of so many rows a second.
    fn wait(rows_per_s: usize) -> Duration {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for second in 0..60 {
            let begun = start + Duration::from_secs(second);
            pace.observe(begun, rows_per_s, begun + COST);
        }
        pace.wait(&BOUNDS)
    }

    #[test]
    fn where_little_comes_it_is_waited_as_long_as_a_record_may() {
        assert_eq!(wait(20), Duration::from_secs(1) - COST);
        assert_eq!(wait(0), Duration::from_secs(1) - COST);
    }

    #[test]
    fn where_much_comes_it_is_waited_no_longer_than_a_commit_pays() {
        let wait_of_800 = wait(800).as_secs_f64();
        assert!((0.45..0.55).contains(&wait_of_800), "{wait_of_800}");
        assert_eq!(wait(100_000), Duration::from_millis(200));
    }

    #[test]
    fn a_commit_that_takes_longer_than_a_record_may_wait_begins_at_once() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.wait(&BOUNDS), Duration::from_millis(200), "nothing is known yet");
        pace.observe(now, 10, now + Duration::from_secs(3));
        assert_eq!(pace.wait(&BOUNDS), Duration::ZERO);
    }
}
