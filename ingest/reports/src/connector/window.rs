//! Days of an account's zone as instants, and long ranges cut into windows.

use chrono::{DateTime, Days, Duration, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use stratum_models::time::{Day, DayRange};

/// The first instant of a day: midnight, or where the clocks skip it, when they go on.
pub fn day_start(zone: Tz, day: Day) -> Option<DateTime<Tz>> {
    let midnight = day.0.and_time(NaiveTime::MIN);
    // Nowhere do clocks skip more than a day; most skip an hour, some half of one.
    let later = (0..=48).map(|halves| midnight + Duration::minutes(30 * halves));
    later.filter_map(|time| zone.from_local_datetime(&time).earliest()).next()
}

/// The day after.
pub fn following(day: Day) -> Option<Day> {
    day.0.checked_add_days(Days::new(1)).map(Day)
}

/// The window of at most so many days that begins a range.
pub fn first_window(days: DayRange, days_max: u32) -> DayRange {
    let last = days.from.0.checked_add_days(Days::new(u64::from(days_max.max(1)) - 1));
    let to = last.map_or(days.to, |last| Day(last.min(days.to.0)));
    DayRange { from: days.from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    #[test]
    fn a_day_begins_when_the_clocks_say_so() {
        for (zone, text, start) in [
            (chrono_tz::Europe::Berlin, "2026-03-29", "2026-03-29T00:00:00+01:00"),
            (chrono_tz::Europe::Berlin, "2026-03-30", "2026-03-30T00:00:00+02:00"),
            // Cairo's clocks go from 23:59 to 01:00.
            (chrono_tz::Africa::Cairo, "2026-04-24", "2026-04-24T01:00:00+03:00"),
            (chrono_tz::America::Los_Angeles, "2026-11-01", "2026-11-01T00:00:00-07:00"),
            (chrono_tz::America::Los_Angeles, "2026-11-02", "2026-11-02T00:00:00-08:00"),
        ] {
            assert_eq!(day_start(zone, day(text)).unwrap().to_rfc3339(), start, "{zone} {text}");
        }
    }

    #[test]
    fn windows_cover_a_range_without_overlap() {
        let mut left = DayRange::new(day("2026-01-01"), day("2026-03-05")).unwrap();
        let mut covered = 0;
        loop {
            let window = first_window(left, 30);
            assert!(window.days() <= 30);
            covered += window.days();
            match DayRange::new(following(window.to).unwrap(), left.to) {
                Some(rest) => left = rest,
                None => break,
            }
        }
        assert_eq!(covered, 64);
    }
}
