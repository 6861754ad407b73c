//! Completeness of a range of days: what is known, and what is still to come.

use stratum_models::metrics::KpiQuery;
use stratum_models::platform::Platform;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::Freshness;

/// The days of a question that platforms have not reported, up to today, the longest first. A platform that
/// never reported has none.
pub fn unreported(
    freshness: &[Freshness],
    query: &KpiQuery,
    today: Day,
) -> Vec<(Platform, DayRange)> {
    let last = query.days.to.min(today);
    let of = |one: &Freshness| {
        let platform = one.platform.filter(|platform| query.is_of(*platform))?;
        let next = Day(one.reports_until?.0.succ_opt()?);
        Some((platform, DayRange::new(next.max(query.days.from), last)?))
    };
    let mut unreported: Vec<_> = freshness.iter().filter_map(of).collect();
    unreported.sort_by_key(|(platform, days)| (days.from, platform.as_str()));
    unreported
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i32) -> Day {
        Day::from_epoch_days(20_000 + number).unwrap()
    }

    #[test]
    fn days_after_the_newest_report_are_unreported_up_to_today() {
        let of = |platform, until: Option<i32>| Freshness {
            platform,
            events_received_at: None,
            reports_received_at: None,
            reports_until: until.map(day),
        };
        let (meta, google, tiktok) = (Platform::Meta, Platform::Google, Platform::Tiktok);
        let known = [
            of(Some(meta), Some(5)),
            of(Some(google), Some(-9)),
            of(Some(tiktok), None),
            of(Some(Platform::Pinterest), Some(7)),
            of(None, None),
        ];
        let range = |from, to| DayRange::new(day(from), day(to)).unwrap();
        let all = KpiQuery::of(range(0, 9));
        let expected = [(google, range(0, 7)), (meta, range(6, 7))];
        assert_eq!(unreported(&known, &all, day(7)), expected);
        let one = KpiQuery { platforms: vec![meta], ..KpiQuery::of(range(0, 5)) };
        assert_eq!(unreported(&known, &one, day(7)), []);
        assert_eq!(unreported(&known, &KpiQuery::of(range(8, 9)), day(7)), []);
    }
}
