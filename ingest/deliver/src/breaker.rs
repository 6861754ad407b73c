//! Keeps requests from a platform that fails: from one that is broken, one small probe at a time is all it gets.

use std::collections::VecDeque;

use stratum_models::time::UnixMillis;

/// Failures in a row that open it.
const IN_ROW: u32 = 5;
/// Requests that a share is told of.
const SHARE_OF: usize = 20;
/// The time that requests are remembered.
const WINDOW_MS: i64 = 60_000;
/// Requests that are remembered at most.
const REQUESTS_MAX: usize = 256;

/// What may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// As much as a request may hold.
    Batch,
    /// A few events, to find out whether the platform is back.
    Probe,
    /// Nothing before that time.
    NotBefore(UnixMillis),
}

/// The health of one destination, as its requests show it.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    in_row: u32,
    /// When the last requests ended, and whether they failed.
    recent: VecDeque<(UnixMillis, bool)>,
    /// While it is open, when the next probe may go.
    open_until: Option<UnixMillis>,
}

impl Breaker {
    /// What may be sent now.
    pub fn permit(&self, now: UnixMillis) -> Permit {
        match self.open_until {
            None => Permit::Batch,
            Some(until) if now < until => Permit::NotBefore(until),
            Some(_) => Permit::Probe,
        }
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.in_row
    }

    /// A request was answered, whatever the platform thinks of its events.
    pub fn succeeded(&mut self, now: UnixMillis) {
        // Whoever answers a probe is back: what was before tells nothing of it.
        if self.open_until.take().is_some() {
            self.recent.clear();
        }
        self.in_row = 0;
        self.remember(now, false);
    }

    /// A request failed, and the next one should not go before `again`.
    pub fn failed(&mut self, now: UnixMillis, again: UnixMillis) {
        self.in_row = self.in_row.saturating_add(1);
        self.remember(now, true);
        let failed = self.recent.iter().filter(|(_, failed)| *failed).count();
        let is_half = self.recent.len() >= SHARE_OF && failed * 2 >= self.recent.len();
        if self.open_until.is_some() || self.in_row >= IN_ROW || is_half {
            self.open_until = Some(again);
        }
    }

    fn remember(&mut self, now: UnixMillis, failed: bool) {
        self.recent.push_back((now, failed));
        let is_old = |(at, _): &(UnixMillis, bool)| now.0.saturating_sub(at.0) > WINDOW_MS;
        while self.recent.len() > REQUESTS_MAX || self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMillis = UnixMillis(1_000_000);

    fn later(ms: i64) -> UnixMillis {
        UnixMillis(AT.0 + ms)
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_probe_closes_it() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(AT, later(100));
        }
        breaker.succeeded(AT);
        (0..4).for_each(|_| breaker.failed(AT, later(100)));
        assert_eq!((breaker.permit(AT), breaker.failures()), (Permit::Batch, 4));
        breaker.failed(AT, later(100));
        assert_eq!(breaker.permit(later(99)), Permit::NotBefore(later(100)));
        assert_eq!(breaker.permit(later(100)), Permit::Probe);
        breaker.failed(later(100), later(300));
        assert_eq!(breaker.permit(later(200)), Permit::NotBefore(later(300)));
        breaker.succeeded(later(300));
        assert_eq!((breaker.permit(later(300)), breaker.failures()), (Permit::Batch, 0));
        breaker.failed(later(301), later(400));
        assert_eq!(breaker.permit(later(301)), Permit::Batch, "it begins anew");
    }

    #[test]
    fn half_of_many_within_a_minute_open_it() {
        let mut breaker = Breaker::default();
        for number in 0..19 {
            if number % 2 == 0 { breaker.failed(AT, later(9)) } else { breaker.succeeded(AT) }
        }
        assert_eq!(breaker.permit(AT), Permit::Batch);
        breaker.failed(AT, later(9));
        assert_eq!(breaker.permit(AT), Permit::NotBefore(later(9)));

        let mut slow = Breaker::default();
        for number in 0..60 {
            let at = later(number * 4_000);
            if number % 2 == 0 { slow.failed(at, at) } else { slow.succeeded(at) }
        }
        assert_eq!(slow.permit(later(240_000)), Permit::Batch, "those are too few a minute");
    }
}
