//! Hours and what waits.

use super::*;

fn counts(hour: i64, outcome: DeliveryOutcome, events: u64) -> OutcomeCount {
    let mut latency = LatencyHistogram::default();
    latency.record(1_000, events);
    OutcomeCount {
        hour: UnixMillis(hour * HOUR_MS),
        event_name: "Purchase".into(),
        outcome,
        code: String::new(),
        events,
        tries: events,
        latency,
    }
}

#[test]
fn every_hour_is_told_also_without_events() {
    let known = [
        counts(11, DeliveryOutcome::Delivered, 7),
        counts(11, DeliveryOutcome::Rejected, 2),
        counts(11, DeliveryOutcome::Filtered, 9),
        counts(13, DeliveryOutcome::Expired, 1),
    ];
    let told = hours(&known, UnixMillis(10 * HOUR_MS), UnixMillis(14 * HOUR_MS));
    let sums = told.iter().map(|hour| (hour.attempted, hour.delivered, hour.failed));
    assert_eq!(sums.collect::<Vec<_>>(), [(0, 0, 0), (9, 7, 2), (0, 0, 0), (1, 0, 1)]);
    let known = told.iter().map(|hour| hour.latency.p50_ms.is_some());
    assert_eq!(known.collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(told[3].hour, UnixMillis(13 * HOUR_MS).to_utc());
}

#[test]
fn what_waits_is_counted_with_its_age() {
    let now = UnixMillis(100 * DAY_MS);
    let week = (now, 7 * DAY_MS);
    let mut waiting = WaitingItem::default();
    waiting.count(3, UnixMillis(94 * DAY_MS), week);
    waiting.count(2, UnixMillis(94 * DAY_MS - 1), week);
    waiting.count(1, now, week);
    assert_eq!((waiting.events, waiting.expiring), (6, 2));
    assert_eq!(waiting.oldest_received_at, Some(UnixMillis(94 * DAY_MS - 1).to_utc()));
    assert_eq!(waiting.lag_s, 518_400.001);
}
