//! The bounds of pulls: how often, how far back, and how much at once.

use serde::{Deserialize, Serialize};
use stratum_models::time::{Day, DayRange, UnixMillis};
use stratum_reports::connector::{CallConfig, PullUrls};

/// Pulling from ad platforms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullConfig {
    /// The time between two looks for connectors that are due, in milliseconds.
    pub every_ms: u64,
    /// Runs that one process works at.
    pub runs_max: usize,
    /// Runs of one tenant that all processes together work at.
    pub runs_per_tenant_max: usize,
    /// A run whose process says nothing for this long is taken over by another one.
    pub lease_ms: u64,
    /// Every pull asks for so many days again: platforms restate them.
    pub restate_days: u32,
    /// Days missed since the last pull that went well are asked for too, up to so many days back.
    pub missed_days_max: u32,
    /// Days of one back-fill.
    pub backfill_days_max: u32,
    /// Days of one question; a platform may allow fewer.
    pub window_days_max: u32,
    /// Rows of a question that must be read whole before they can be added up.
    pub window_rows_max: usize,
    /// Failures in a row before a run is given up.
    pub failures_max: u32,
    /// The pause after the first failure; it doubles with each …
    pub retry_ms_min: u64,
    /// … up to this.
    pub retry_ms_max: u64,
    /// Runs of a connector that are remembered.
    pub runs_kept: u32,
    /// Runs of a connector that may be open at the same time.
    pub runs_open_max: u32,
    /// Longest time that trying a connector out may take.
    pub trial_ms_max: u64,
    /// Where platforms are reached.
    pub urls: PullUrls,
    /// The bounds of one question.
    pub call: CallConfig,
}

impl Default for PullConfig {
    fn default() -> Self {
        PullConfig {
            every_ms: 5_000,
            runs_max: 4,
            runs_per_tenant_max: 2,
            lease_ms: 60_000,
            restate_days: 28,
            missed_days_max: 90,
            backfill_days_max: 1_100,
            window_days_max: 30,
            window_rows_max: 200_000,
            failures_max: 8,
            retry_ms_min: 60_000,
            retry_ms_max: 3_600_000,
            runs_kept: 200,
            runs_open_max: 5,
            trial_ms_max: 20_000,
            urls: PullUrls::default(),
            call: CallConfig::default(),
        }
    }
}

impl PullConfig {
    /// The days that a pull asks for: those that are restated, those that were missed, and today wherever
    /// it has begun.
    pub fn days(&self, now: UnixMillis, pulled_to: Option<Day>) -> DayRange {
        let today = now.to_utc().date_naive();
        let back = |days: u32| {
            let days = chrono::Days::new(u64::from(days.max(1)) - 1);
            today.checked_sub_days(days).unwrap_or(today)
        };
        let from = pulled_to.map_or(today, |day| day.0).min(back(self.restate_days));
        let from = from.max(back(self.missed_days_max.max(self.restate_days)));
        let to = today.succ_opt().unwrap_or(today);
        DayRange { from: Day(from), to: Day(to) }
    }

    /// The bounds of a question that somebody waits for: asked once.
    pub fn trial(&self) -> CallConfig {
        let answer_ms_max = self.call.answer_ms_max.min(self.trial_ms_max);
        CallConfig { attempts_max: 1, throttle_ms_max: 0, answer_ms_max, ..self.call.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_goes_back_over_what_is_restated_and_what_was_missed() {
        let now = UnixMillis(1_774_742_399_000); // 2026-03-28T23:59:59Z
        let config = PullConfig::default();
        let asked = |pulled_to: Option<&str>| {
            let days = config.days(now, pulled_to.map(|day| Day(day.parse().unwrap())));
            (days.from.0.to_string(), days.to.0.to_string())
        };
        let range = |from: &str| (from.to_owned(), "2026-03-29".to_owned());
        assert_eq!(asked(None), range("2026-03-01"));
        assert_eq!(asked(Some("2026-03-28")), range("2026-03-01"));
        assert_eq!(asked(Some("2026-02-10")), range("2026-02-10"));
        assert_eq!(asked(Some("2020-01-01")), range("2025-12-29"));
    }
}
