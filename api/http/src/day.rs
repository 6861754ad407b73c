//! Days of the calendar as parameters name them, and where they begin.

use chrono::{Datelike as _, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use stratum_models::time::UnixMillis;

/// A day as it is written in a parameter.
pub struct Date(pub NaiveDate);

impl std::str::FromStr for Date {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Date, Self::Err> {
        let years = 1970..=2100;
        let date = text.parse().ok().filter(|date: &NaiveDate| years.contains(&date.year()));
        date.map(Date).ok_or("is a date such as 2026-01-31, from 1970 to 2100")
    }
}

/// The first instant of a day. Where clocks skip midnight, the day begins at the first hour after.
pub fn midnight(day: NaiveDate, zone: Tz) -> UnixMillis {
    let first = (0..24).find_map(|hour| {
        let local = day.and_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&local).earliest()
    });
    UnixMillis(first.map_or(0, |instant| instant.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use stratum_models::time::Day;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// However long a day is, every instant of it counts for it and for no other.
    #[test]
    fn a_day_of_any_length_is_one_day() {
        let mut lengths = std::collections::BTreeSet::new();
        for (zone, skips_midnight) in [
            (chrono_tz::Europe::Berlin, false),
            (chrono_tz::America::St_Johns, false),
            (chrono_tz::Australia::Lord_Howe, false),
            (chrono_tz::Africa::Cairo, true),
            (chrono_tz::Asia::Beirut, true),
        ] {
            let mut day = date("2026-01-01");
            let mut late = false;
            while day < date("2027-01-01") {
                let next = day.succ_opt().unwrap();
                let (from, until) = (midnight(day, zone), midnight(next, zone));
                let minutes = (until.0 - from.0) / 60_000;
                lengths.insert(minutes);
                for minute in (0..minutes).step_by(30).chain([minutes - 1]) {
                    let instant = UnixMillis(from.0 + minute * 60_000);
                    assert_eq!(instant.day_in(zone), Day(day), "{zone} minute {minute}");
                }
                let first = from.to_utc().with_timezone(&zone);
                late |= chrono::Timelike::hour(&first) == 1;
                day = next;
            }
            assert_eq!(late, skips_midnight, "{zone}");
        }
        assert_eq!(lengths, [23 * 60, 23 * 60 + 30, 24 * 60, 24 * 60 + 30, 25 * 60].into());
    }
}
