//! Ranges of days: both ends count, the last 30 days where none is given.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::day::{Date, midnight};
use stratum_http::fields::Fields;
use stratum_models::name_set;
use stratum_models::scope::TenantScope;
use stratum_models::time::{Day, DayRange, UnixMillis};

use super::Services;

const DEFAULT_DAYS: u64 = 30;

/// The days that are asked for, in the tenant's zone.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The days.
    pub days: DayRange,
    /// The zone they are days of.
    pub zone: Tz,
}

name_set! {
    /// The days that a range is compared with, by name.
    ComparePeriod {
        /// As many days, ending the day before.
        PreviousPeriod = "previous_period",
        /// As many days, beginning a year earlier.
        PreviousYear = "previous_year",
        /// As many days, whole weeks earlier, the nearest that do not meet the range.
        SameWeekdays = "same_weekdays",
        /// As many days, 52 weeks earlier.
        SameWeekdaysPreviousYear = "same_weekdays_previous_year",
    }
}

/// The days that a range is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Comparison {
    /// Days that have a name.
    Period(ComparePeriod),
    /// As many days from this one on.
    From(NaiveDate),
}

/// Days of 52 weeks.
const YEAR_OF_WEEKS: u64 = 364;

impl Comparison {
    /// The days that a range is compared with, exactly as many; `None` at the calendar's start.
    pub fn before(self, days: DayRange) -> Option<DayRange> {
        let length = u64::try_from(days.days()).ok()?;
        let first = match self {
            Comparison::Period(ComparePeriod::PreviousPeriod) => return days.previous(),
            Comparison::Period(ComparePeriod::PreviousYear) => {
                days.from.0.checked_sub_months(chrono::Months::new(12))?
            }
            Comparison::Period(ComparePeriod::SameWeekdays) => {
                days.from.0.checked_sub_days(Days::new(length.div_ceil(7) * 7))?
            }
            Comparison::Period(ComparePeriod::SameWeekdaysPreviousYear) => {
                let weeks = YEAR_OF_WEEKS.max(length.div_ceil(7) * 7);
                days.from.0.checked_sub_days(Days::new(weeks))?
            }
            Comparison::From(day) => day,
        };
        DayRange::new(Day(first), Day(first.checked_add_days(Days::new(length - 1))?))
    }
}

/// The two parameters of a range, with the names they have on the route.
pub struct RangeFields<'a> {
    /// Name and text of the first day.
    pub from: (&'static str, Option<&'a str>),
    /// Name and text of the last day.
    pub to: (&'static str, Option<&'a str>),
}

impl RangeFields<'_> {
    /// The range these ask for.
    pub fn read(
        &self,
        app: &Services,
        scope: TenantScope,
        mut fields: Fields,
    ) -> Result<Range, Refusal> {
        let zone = app.auth.directory.time_zone(scope.tenant_id()).unwrap_or(Tz::UTC);
        let from = fields.optional(self.from.0, self.from.1).map(|Date(date)| date);
        let to = fields.optional(self.to.0, self.to.1).map(|Date(date)| date);
        fields.finish()?;
        let days = self.days(from, to, app.clock.now().day_in(zone).0)?;
        if days.days() > i64::from(app.range_days_max) {
            let most = app.range_days_max;
            return Err(Refusal::unprocessable(
                self.to.0,
                Fault::above(FaultCode::TooManyDays, most, format!("at most {most} days at once")),
            ));
        }
        Ok(Range { days, zone })
    }

    fn days(
        &self,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Result<DayRange, Refusal> {
        let to = to.unwrap_or_else(|| from.map_or(today, |from| from.max(today)));
        let from = from.or_else(|| to.checked_sub_days(Days::new(DEFAULT_DAYS - 1)));
        let range = from.and_then(|from| DayRange::new(Day(from), Day(to)));
        range.ok_or_else(|| {
            let message = format!("{} lies before {}", self.to.0, self.from.0);
            let fault = Fault::new(FaultCode::BeforeOther, message).with("other", self.from.0);
            Refusal::unprocessable(self.to.0, fault)
        })
    }
}

impl Range {
    /// The instants `[from, until)` of the range, on whole UTC hours: in zones off by a fraction
    /// of an hour a day begins with the hour that midnight lies in.
    pub fn hours(&self) -> (UnixMillis, UnixMillis) {
        let after = self.days.to.0.succ_opt().unwrap_or(NaiveDate::MAX);
        (midnight(self.days.from.0, self.zone).hour(), midnight(after, self.zone).hour())
    }

    /// The days it is compared with, exactly as many; `None` at the calendar's start.
    pub fn before(&self, period: Comparison) -> Option<DayRange> {
        period.before(self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(from: Option<&str>, to: Option<&str>) -> Result<(NaiveDate, NaiveDate), Refusal> {
        let fields = RangeFields { from: ("date_from", from), to: ("date_to", to) };
        let range = fields.days(from.map(date), to.map(date), date("2026-03-31"))?;
        Ok((range.from.0, range.to.0))
    }

    #[test]
    fn the_last_thirty_days_where_nothing_is_said() {
        assert_eq!(days(None, None).unwrap(), (date("2026-03-02"), date("2026-03-31")));
        let until = days(None, Some("2026-01-30")).unwrap();
        assert_eq!(until, (date("2026-01-01"), date("2026-01-30")));
        let since = days(Some("2026-03-30"), None).unwrap();
        assert_eq!(since, (date("2026-03-30"), date("2026-03-31")));
        assert_eq!(days(Some("2026-04-05"), None).unwrap().1, date("2026-04-05"));
        assert_eq!(days(Some("2026-03-02"), Some("2026-03-01")).unwrap_err().status(), 422);
    }

    fn range(from: &str, to: &str, zone: Tz) -> Range {
        Range { days: DayRange::new(Day(date(from)), Day(date(to))).unwrap(), zone }
    }

    #[test]
    fn hours_cover_both_days_in_the_tenants_zone_across_dst() {
        let berlin = chrono_tz::Europe::Berlin;
        let (from, until) = range("2026-03-29", "2026-03-29", berlin).hours();
        assert_eq!((until.0 - from.0) / 3_600_000, 23);
        assert_eq!(from.to_utc().to_rfc3339(), "2026-03-28T23:00:00+00:00");
        // Midnight does not exist on this day in Beirut.
        let (from, _) = range("2026-03-29", "2026-03-29", chrono_tz::Asia::Beirut).hours();
        assert_eq!(from.to_utc().to_rfc3339(), "2026-03-28T22:00:00+00:00");
    }

    #[test]
    fn a_year_earlier_has_as_many_days() {
        let year_before = |from, to| {
            range(from, to, Tz::UTC)
                .before(Comparison::Period(ComparePeriod::PreviousYear))
                .unwrap()
        };
        let leap = year_before("2024-02-01", "2024-02-29");
        assert_eq!((leap.from.0, leap.to.0), (date("2023-02-01"), date("2023-03-01")));
        let day = year_before("2024-02-29", "2024-02-29");
        assert_eq!((day.from.0, day.days()), (date("2023-02-28"), 1));
    }

    #[test]
    fn the_same_weekdays_are_whole_weeks_earlier_and_never_meet_the_range() {
        let before = |from, to, period: Comparison| {
            let days = range(from, to, Tz::UTC).before(period).unwrap();
            (days.from.0, days.to.0)
        };
        let weekdays = Comparison::Period(ComparePeriod::SameWeekdays);
        let three = before("2026-03-10", "2026-03-12", weekdays);
        assert_eq!(three, (date("2026-03-03"), date("2026-03-05")));
        let nine = before("2026-03-10", "2026-03-18", weekdays);
        assert_eq!(nine, (date("2026-02-24"), date("2026-03-04")));
        let year = Comparison::Period(ComparePeriod::SameWeekdaysPreviousYear);
        let day = before("2026-03-10", "2026-03-10", year);
        assert_eq!(day, (date("2025-03-11"), date("2025-03-11")));
        let free = before("2026-03-10", "2026-03-12", Comparison::From(date("2025-11-28")));
        assert_eq!(free, (date("2025-11-28"), date("2025-11-30")));
    }
}
