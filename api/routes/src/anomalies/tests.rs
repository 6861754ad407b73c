use super::*;
use stratum_models::identifier::IdentifierKey;
use stratum_models::metrics::MetricSums;

const PLATFORM: Platform = Platform::Meta;

fn day(after: i32) -> Day {
    Day::from_epoch_days(20_000 + after).unwrap()
}

/// A platform that has reported up to day 99, on day 100.
fn calendar() -> Calendar {
    let asked = DayRange::new(day(70), day(100)).unwrap();
    let freshness = Freshness {
        platform: Some(PLATFORM),
        events_received_at: None,
        reports_received_at: None,
        reports_until: Some(day(100)),
    };
    Calendar::of(day(100), asked, &[freshness])
}

fn group(after: i32, spend: i128, revenue: i128) -> KpiGroup {
    KpiGroup {
        currency: Some(Currency::EUR),
        platform: Some(PLATFORM),
        day: Some(day(after)),
        campaign_id: None,
        campaign_name: None,
        sums: MetricSums {
            spend_micros: spend * 1_000_000,
            revenue_micros: revenue * 1_000_000,
            ..MetricSums::default()
        },
    }
}

/// The days outside of their bands, as metric, day and side.
fn outside(days: &[WatchedDay]) -> Vec<(WatchedMetric, Day, BandSide)> {
    let outside = days.iter().filter(|day| day.side != BandSide::Within);
    outside.map(|one| (one.metric, Day(one.date), one.side)).collect()
}

#[test]
fn a_dear_day_and_a_day_that_is_absent_are_told() {
    let wobble = |after: i32| i128::from(after * 37 % 11);
    let ordinary = |after| group(after, 100 + wobble(after), 300 + 5 * wobble(after));
    let mut groups: Vec<KpiGroup> = (0..=100).map(ordinary).collect();
    assert!(outside(&amounts(&groups, &calendar())).is_empty());
    groups[80] = group(80, 900, 310);
    groups.remove(90);
    // Today is not whole yet: nothing is said of it.
    groups[99] = group(100, 1, 1);
    let days = amounts(&groups, &calendar());
    let (spend, revenue, roas) =
        (WatchedMetric::Spend, WatchedMetric::Revenue, WatchedMetric::Roas);
    let expected = [
        (spend, day(80), BandSide::Above),
        (spend, day(90), BandSide::Below),
        (revenue, day(90), BandSide::Below),
        (roas, day(80), BandSide::Below),
    ];
    assert_eq!(outside(&days), expected);
    let dear = days.iter().find(|one| one.date == day(80).0).unwrap();
    assert!(dear.value == 900.0 && (90.0..130.0).contains(&dear.expected), "{dear:?}");
    assert!(dear.may_still_move && !days.iter().any(|one| one.date >= day(100).0));
}

#[test]
fn a_fall_of_match_quality_is_told_and_few_events_say_nothing() {
    let count = |after: i32, keys: &[IdentifierKey], events: u64| MaskDay {
        platform: Some(PLATFORM),
        day: day(after),
        action_source: ActionSource::Website,
        valid: IdentifierMask::of(keys),
        events,
    };
    let good = [IdentifierKey::Email, IdentifierKey::ClientIp];
    let mut counts: Vec<MaskDay> = (0..100).map(|at| count(at, &good, 200)).collect();
    counts[85] = count(85, &[IdentifierKey::ClientIp], 200);
    counts[95] = count(95, &[IdentifierKey::ClientIp], 3);
    let days = scores(&counts, &calendar());
    let fallen = (WatchedMetric::MatchQuality, day(85), BandSide::Below);
    assert_eq!(outside(&days), [fallen]);
    assert!(days.iter().all(|one| one.date != day(95).0 && !one.may_still_move));
}
