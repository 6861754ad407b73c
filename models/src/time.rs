//! Instants, days and the zones a day belongs to. The current time is always an argument.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl UnixMillis {
    /// The start of the UTC hour this instant lies in.
    pub fn hour(self) -> UnixMillis {
        UnixMillis(self.0 - self.0.rem_euclid(HOUR_MS))
    }

    /// The same instant in calendar form; instants outside chrono's range become its epoch.
    pub fn to_utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0).single().unwrap_or_default()
    }

    /// The calendar day of this instant in `zone`.
    pub fn day_in(self, zone: Tz) -> Day {
        Day(self.to_utc().with_timezone(&zone).date_naive())
    }
}

/// A calendar day. Which zone it is a day of is known from where it stands: the ad account's for
/// ad reports, the tenant's for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

const EPOCH_DAYS_FROM_CE: i32 = 719_163;

impl Day {
    /// Days since 1970-01-01, Arrow's `Date32`.
    pub fn to_epoch_days(self) -> i32 {
        self.0.num_days_from_ce() - EPOCH_DAYS_FROM_CE
    }

    /// The inverse of [`Day::to_epoch_days`]; `None` outside the calendar.
    pub fn from_epoch_days(days: i32) -> Option<Day> {
        days.checked_add(EPOCH_DAYS_FROM_CE).and_then(NaiveDate::from_num_days_from_ce_opt).map(Day)
    }
}

/// A range of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayRange {
    /// The first day.
    pub from: Day,
    /// The last day, included; never before `from`.
    pub to: Day,
}

impl DayRange {
    /// `None` when `to` lies before `from`.
    pub fn new(from: Day, to: Day) -> Option<DayRange> {
        (from <= to).then_some(DayRange { from, to })
    }

    /// The number of days in the range, at least 1.
    pub fn days(self) -> i64 {
        (self.to.0 - self.from.0).num_days() + 1
    }

    /// The period of exactly the same length that ends the day before; `None` at the calendar's start.
    pub fn previous(self) -> Option<DayRange> {
        let length = chrono::Days::new(self.days().unsigned_abs());
        let from = self.from.0.checked_sub_days(length)?;
        DayRange::new(Day(from), Day(self.from.0.pred_opt()?))
    }
}

/// Where the time of day comes from; simulations bring their own.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> UnixMillis;
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    #[test]
    fn a_day_round_trips_through_arrow() {
        for text in ["1970-01-01", "1969-12-31", "2026-11-22", "2024-02-29"] {
            assert_eq!(Day::from_epoch_days(day(text).to_epoch_days()), Some(day(text)));
        }
        assert_eq!(day("1970-01-02").to_epoch_days(), 1);
    }

    #[test]
    fn the_previous_period_has_as_many_days() {
        let week = DayRange::new(day("2026-03-02"), day("2026-03-08")).unwrap();
        let before = week.previous().unwrap();
        assert_eq!((before.from, before.to), (day("2026-02-23"), day("2026-03-01")));
        assert_eq!(before.days(), week.days());
        assert_eq!(DayRange::new(day("2026-03-02"), day("2026-03-01")), None);
    }

    #[test]
    fn a_day_belongs_to_its_zone_across_dst() {
        let instant = UnixMillis(1_774_742_399_000); // 2026-03-28T23:59:59Z
        assert_eq!(instant.day_in(chrono_tz::UTC), day("2026-03-28"));
        assert_eq!(instant.day_in(chrono_tz::Europe::Berlin), day("2026-03-29"));
        assert_eq!(instant.day_in(chrono_tz::America::Los_Angeles), day("2026-03-28"));
    }
}
