//! Arrivals by time: match quality by day, arrivals by minute, the newest events.

use chrono_tz::Tz;
use stratum_models::rejection::RejectReason;
use stratum_models::time::HOUR_MS;
use stratum_models::warehouse::{
    ArrivalCount, ArrivalStep, MarkCount, MatchQualityQuery, RecentFate, RecentQuery,
};

use super::Warehouse;
use super::rows::{
    Quality, TENANT, at, events, land, match_quality, quality, rejection, rejections, scope,
};

pub async fn masks_are_told_by_the_days_of_a_zone(warehouse: &dyn Warehouse) {
    // Two hours before a midnight in UTC are two days in a zone that is an hour ahead.
    let hour = |hours: i64| at(hours * HOUR_MS);
    let rows = [quality(hour(-2), 3, 1), quality(hour(-1), 3, 2), quality(hour(0), 5, 4)];
    land(warehouse, events(0, 0, 1), vec![match_quality(&rows)]).await;
    let query = MatchQualityQuery {
        from: hour(-48),
        until: hour(48),
        platform: None,
        dataset_id: None,
        event_name: None,
    };
    let ask = async |zone: Tz| -> Vec<_> {
        let days = warehouse.mask_days(scope(TENANT), &query, zone).await.expect("an answer");
        days.iter().map(|one| (one.day, one.valid.0, one.events)).collect()
    };
    let (before, after) = (hour(-1).day_in(Tz::UTC), hour(0).day_in(Tz::UTC));
    assert_eq!(ask(Tz::UTC).await, [(before, 3, 3), (after, 5, 4)]);
    let ahead = Tz::Etc__GMTMinus1;
    assert_eq!(ask(ahead).await, [(before, 3, 1), (after, 3, 2), (after, 5, 4)]);
}

pub async fn repairs_are_told_by_version_and_hour(warehouse: &dyn Warehouse) {
    let hour = |hours: i64| at(hours * HOUR_MS);
    let repaired = |hours, version, derived, events| Quality {
        config_version: version,
        derived,
        ..quality(hour(hours), 7, events)
    };
    let shadow = Quality { derivable: 8, ..quality(hour(0), 1, 16) };
    // Equal events in two commits, and two that differ in their marks alone.
    let rows = [repaired(0, 2, 4, 1), repaired(1, 2, 4, 2), repaired(1, 3, 4, 4), shadow];
    land(warehouse, events(0, 0, 1), vec![match_quality(&rows)]).await;
    land(warehouse, events(0, 1, 2), vec![match_quality(&[repaired(1, 2, 4, 8)])]).await;
    let query = MatchQualityQuery {
        from: hour(-1),
        until: hour(48),
        platform: None,
        dataset_id: None,
        event_name: None,
    };
    let ask = async |by_hour| -> Vec<_> {
        let counts = warehouse.mark_counts(scope(TENANT), &query, by_hour).await;
        let counts = counts.expect("an answer").into_iter();
        let row = |one: MarkCount| {
            let hour = one.hour.map(|hour| (hour.0 - at(0).hour().0) / HOUR_MS);
            (hour, one.config_version, one.derived.0, one.derivable.0, one.events)
        };
        counts.map(row).collect()
    };
    let (first, second) = (Some(0), Some(1));
    let hourly =
        [(first, 1, 0, 8, 16), (first, 2, 4, 0, 1), (second, 2, 4, 0, 10), (second, 3, 4, 0, 4)];
    assert_eq!(ask(true).await, hourly);
    assert_eq!(ask(false).await, [(None, 1, 0, 8, 16), (None, 2, 4, 0, 11), (None, 3, 4, 0, 4)]);
}

pub async fn refused_events_are_counted_by_minute_and_told(warehouse: &dyn Warehouse) {
    let refused = [
        rejection(RejectReason::MissingField, "event_time", at(0)),
        rejection(RejectReason::TooOld, "event_time", at(59_999)),
        rejection(RejectReason::TooOld, "event_time", at(HOUR_MS)),
    ];
    let place = events(0, 0, 1);
    land(warehouse, place, vec![rejections(place, &refused)]).await;
    let minute = |ms| at(ms).0.div_euclid(60_000) * 60_000;
    let counts = warehouse
        .arrival_counts(scope(TENANT), at(-HOUR_MS), at(2 * HOUR_MS), ArrivalStep::Minute)
        .await
        .expect("an answer");
    let total: u64 = counts.iter().map(|one| one.rejected).sum();
    assert_eq!((total, counts.last().map(|one| one.at.0)), (3, Some(minute(HOUR_MS))));
    let short = async |after, limit| -> Vec<_> {
        let query = RecentQuery { after, dataset_id: None, limit };
        let rows = warehouse.recent_rows(scope(TENANT), &query).await.expect("an answer");
        rows.into_iter().map(|row| (row.received_at, row.fate)).collect()
    };
    let told = |reason| RecentFate::Refused { reason, field: "event_time".into(), rows: 1 };
    let newest = (at(HOUR_MS), told(RejectReason::TooOld));
    assert_eq!(short(at(-1), 1).await, std::slice::from_ref(&newest));
    assert_eq!(short(at(59_999), 9).await, [newest]);
    assert_eq!(short(at(-1), 9).await.len(), 3);
    let hours =
        warehouse.arrival_counts(scope(TENANT), at(HOUR_MS), at(2 * HOUR_MS), ArrivalStep::Hour);
    let hour = at(HOUR_MS).hour();
    assert_eq!(
        hours.await.expect("an answer"),
        [ArrivalCount { at: hour, landed: 0, rejected: 1 }]
    );
}
