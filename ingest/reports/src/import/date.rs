//! Days as export screens write them.

use chrono::NaiveDate;

/// The order of day, month and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 2026-09-20.
    YearMonthDay,
    /// 20.09.2026.
    DayMonthYear,
    /// 09/20/2026.
    MonthDayYear,
}

impl DateOrder {
    /// By the name a user gives: `ymd`, `dmy`, `mdy`, or the same in letters for digits.
    pub fn parse(text: &str) -> Option<DateOrder> {
        let mut letters: Vec<char> =
            text.to_ascii_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        letters.dedup();
        match letters.as_slice() {
            ['y', 'm', 'd'] => Some(DateOrder::YearMonthDay),
            ['d', 'm', 'y'] => Some(DateOrder::DayMonthYear),
            ['m', 'd', 'y'] => Some(DateOrder::MonthDayYear),
            _ => None,
        }
    }

    /// The order's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            DateOrder::YearMonthDay => "YYYY-MM-DD",
            DateOrder::DayMonthYear => "DD.MM.YYYY",
            DateOrder::MonthDayYear => "MM/DD/YYYY",
        }
    }
}

/// The orders that the days of a file leave possible.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DateOrders {
    /// A day whose first number can only be the day.
    day_first: bool,
    /// A day whose second number can only be the day.
    month_first: bool,
    /// A day that can be read in two ways.
    open: bool,
    year_first: bool,
}

impl DateOrders {
    pub(super) fn learn(&mut self, text: &str) {
        match numbers(text) {
            Some(([first, ..], 4)) if first > 31 => self.year_first = true,
            Some(([first, second, _], _)) if first > 12 && second <= 12 => self.day_first = true,
            Some(([first, second, _], _)) if second > 12 && first <= 12 => self.month_first = true,
            // Points are only ever between day and month.
            Some(_) if text.contains('.') => self.day_first = true,
            Some(([first, second, _], _)) if first == second => {}
            Some(_) => self.open = true,
            None => {}
        }
    }

    /// The order; `None` where the days can be read in two ways and none of them tells.
    pub(super) fn order(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(DateOrder::DayMonthYear),
            (false, true) => Some(DateOrder::MonthDayYear),
            (true, true) => None,
            (false, false) if self.open => None,
            (false, false) if self.year_first => Some(DateOrder::YearMonthDay),
            (false, false) => Some(DateOrder::DayMonthYear),
        }
    }
}

/// The three numbers of a day and how many digits the first has.
fn numbers(text: &str) -> Option<([u32; 3], usize)> {
    let mut parts = day_part(text).split(['-', '/', '.', ' ']).map(str::trim);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && (1..=4).contains(&part.len())
    };
    if parts.next().is_some() || ![first, second, third].into_iter().all(digits) {
        return None;
    }
    Some(([first.parse().ok()?, second.parse().ok()?, third.parse().ok()?], first.len()))
}

/// Without a time of day.
fn day_part(text: &str) -> &str {
    let text = text.trim().trim_end_matches('.');
    let time = text.find('T').filter(|at| *at == 10).or_else(|| {
        let space = text.find(' ')?;
        text[space..].contains(':').then_some(space)
    });
    time.map_or(text, |at| &text[..at])
}

/// The day, `None` when it is none.
pub(super) fn day(text: &str, order: DateOrder) -> Option<NaiveDate> {
    const WRITTEN: [&str; 8] = [
        "%b %d, %Y",
        "%B %d, %Y",
        "%d %b %Y",
        "%d %B %Y",
        "%b %d %Y",
        "%a, %b %d, %Y",
        // What Excel makes of the others; of two digits before four, which take any number of digits.
        "%d-%b-%y",
        "%d-%b-%Y",
    ];
    let text = text.trim();
    if let Some(([first, second, third], digits)) = numbers(text) {
        let year = |number: u32| if number < 100 { 2000 + number as i32 } else { number as i32 };
        return match order {
            _ if digits == 4 => NaiveDate::from_ymd_opt(first as i32, second, third),
            DateOrder::DayMonthYear | DateOrder::YearMonthDay => {
                NaiveDate::from_ymd_opt(year(third), second, first)
            }
            DateOrder::MonthDayYear => NaiveDate::from_ymd_opt(year(third), first, second),
        };
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    if text.len() > 40 {
        return None;
    }
    WRITTEN.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Option<Vec<String>> {
        let mut orders = DateOrders::default();
        texts.iter().for_each(|text| orders.learn(text));
        let order = orders.order()?;
        Some(
            texts
                .iter()
                .map(|text| day(text, order).map_or("-".into(), |day| day.to_string()))
                .collect(),
        )
    }

    #[test]
    fn days_are_read_in_the_order_of_the_file() {
        let expected = Some(vec!["2026-09-20".to_owned(), "2026-09-03".to_owned()]);
        for days in [
            ["2026-09-20", "2026-09-03"],
            ["2026/09/20", "2026/9/3"],
            ["20.09.2026", "03.09.2026"],
            ["20.9.26", "3.9.26"],
            ["09/20/2026", "09/03/2026"],
            ["20/09/2026", "03/09/2026"],
            ["20260920", "20260903"],
            ["Sep 20, 2026", "September 3, 2026"],
            ["20 Sep 2026", "3 September 2026"],
            ["20-Sep-26", "3-Sep-26"],
            ["20-Sep-2026", "03-Sep-2026"],
            ["2026-09-20 00:00:00", "2026-09-03T00:00:00Z"],
            ["9/20/26 0:00", "9/3/26 0:00"],
        ] {
            assert_eq!(read(&days), expected, "{days:?}");
        }
        assert_eq!(read(&["03.09.2026"]), Some(vec!["2026-09-03".to_owned()]));
        assert_eq!(read(&["2026-02-30", "x"]), Some(vec!["-".to_owned(), "-".to_owned()]));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_asked_for() {
        assert_eq!(read(&["03/09/2026", "04/09/2026"]), None);
        assert_eq!(read(&["13/09/2026", "09/13/2026"]), None, "both cannot be");
        assert_eq!(read(&["09/09/2026", "2026-09-01"]).map(|days| days.len()), Some(2));
        for (text, order) in
            [("DD/MM/YYYY", "DD.MM.YYYY"), ("mdy", "MM/DD/YYYY"), ("yyyy-mm-dd", "YYYY-MM-DD")]
        {
            assert_eq!(DateOrder::parse(text).map(DateOrder::as_str), Some(order));
        }
        assert_eq!(DateOrder::parse("md"), None);
    }
}
