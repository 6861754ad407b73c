//! Match quality, ingest counts, rejections, freshness.

use stratum_models::dialect::Dialect;
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, InvalidReason};
use stratum_models::log::Topic;
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::time::{HOUR_MS, UnixMillis};
use stratum_models::warehouse::{
    Freshness, IngestCount, MaskCount, MatchQualityQuery, RejectionCount,
};

use super::Warehouse;
use super::rows::{
    Count, Metric, Quality, Rows, TENANT, at, count, day, days, events, ingest_counts,
    invalid_identifiers, land, match_quality, metrics, midnight, purchase, quality, range,
    rejection, rejections, report, reports, scope,
};

fn window(from: i64, until: i64) -> MatchQualityQuery {
    MatchQualityQuery {
        from: at(from),
        until: at(until),
        platform: None,
        dataset_id: None,
        event_name: None,
    }
}

async fn masks(warehouse: &dyn Warehouse, query: &MatchQualityQuery) -> Vec<MaskCount> {
    warehouse.mask_counts(scope(TENANT), query).await.expect("an answer")
}

async fn counted(warehouse: &dyn Warehouse, query: &MatchQualityQuery) -> u64 {
    masks(warehouse, query).await.iter().map(|mask| mask.events).sum()
}

async fn next(warehouse: &dyn Warehouse, record: u64, rows: Rows) {
    land(warehouse, events(0, record, record + 1), rows).await;
}

pub async fn masks_add_up_and_stay_apart(warehouse: &dyn Warehouse) {
    for record in 0..3 {
        let rows = [quality(at(0), 3, 2), quality(at(HOUR_MS), 3, 1), quality(at(0), 5, 10)];
        next(warehouse, record, vec![match_quality(&rows)]).await;
    }
    let mut seen = masks(warehouse, &window(0, 2 * HOUR_MS)).await;
    seen.sort_by_key(|mask| mask.valid);
    let short: Vec<_> = seen.iter().map(|m| (m.valid.0, m.invalid.0, m.events)).collect();
    assert_eq!(short, [(3, 12, 9), (5, 10, 30)]);
    let MaskCount { platform, action_source, channel, .. } = seen[0];
    assert_eq!(
        (platform, action_source, channel),
        (Some(Platform::Meta), ActionSource::Website, Channel::Browser)
    );
    assert_eq!((seen[0].dataset_id.as_str(), seen[0].event_name.as_str()), ("123", "Purchase"));
}

pub async fn hours_count_from_the_first_to_before_the_last(warehouse: &dyn Warehouse) {
    let rows: Vec<Quality> = (0..5).map(|hour| quality(at(hour * HOUR_MS), 1, 1 << hour)).collect();
    let invalid: Vec<_> = rows.iter().map(|row| (row.clone(), InvalidReason::Bot)).collect();
    next(warehouse, 0, vec![match_quality(&rows), invalid_identifiers(&invalid)]).await;
    for (from, until) in [(1, 3), (0, 5), (2, 3), (4, 4), (5, 9)] {
        let query = window(from * HOUR_MS, until * HOUR_MS);
        let expected: u64 = (0..5).filter(|h| (from..until).contains(h)).map(|h| 1 << h).sum();
        assert_eq!(counted(warehouse, &query).await, expected, "{from}..{until}");
        let invalid = warehouse.invalid_counts(scope(TENANT), &query).await.expect("an answer");
        assert_eq!(invalid.iter().map(|count| count.events).sum::<u64>(), expected);
    }
}

pub async fn quality_filters_narrow_the_counts(warehouse: &dyn Warehouse) {
    let base = quality(at(0), 1, 1);
    let rows = [
        base.clone(),
        Quality { platform: Some(Platform::Snapchat), events: 2, ..base.clone() },
        Quality { dataset: "456", events: 4, ..base.clone() },
        Quality { event_name: "Lead", events: 8, ..base },
    ];
    let invalid: Vec<_> = rows.iter().map(|row| (row.clone(), InvalidReason::Bot)).collect();
    next(warehouse, 0, vec![match_quality(&rows), invalid_identifiers(&invalid)]).await;
    let query = window(0, HOUR_MS);
    for (query, expected) in [
        (query.clone(), 15),
        (MatchQualityQuery { platform: Some(Platform::Snapchat), ..query.clone() }, 2),
        (MatchQualityQuery { dataset_id: Some("456".into()), ..query.clone() }, 4),
        (MatchQualityQuery { event_name: Some("Lead".into()), ..query.clone() }, 8),
        (MatchQualityQuery { event_name: Some("Other".into()), ..query }, 0),
    ] {
        assert_eq!(counted(warehouse, &query).await, expected, "{query:?}");
        let invalid = warehouse.invalid_counts(scope(TENANT), &query).await.expect("an answer");
        assert_eq!(invalid.iter().map(|count| count.events).sum::<u64>(), expected, "{query:?}");
    }
}

pub async fn events_of_no_platform_count_as_such(warehouse: &dyn Warehouse) {
    let metric = |platform, events| Metric { platform, events, ..purchase(day(0)) };
    let meta = Some(Platform::Meta);
    let bot = InvalidReason::Bot;
    let none = Quality { platform: None, ..quality(at(0), 1, 4) };
    let rows = vec![
        match_quality(&[quality(at(0), 1, 2), none.clone()]),
        invalid_identifiers(&[(none, bot)]),
        metrics(&[metric(meta, 2), metric(None, 4)]),
        ingest_counts(&[Count { platform: None, ..count(at(5), [4, 0, 0]) }]),
    ];
    next(warehouse, 0, rows).await;
    let seen = masks(warehouse, &window(0, HOUR_MS)).await;
    let seen: Vec<_> = seen.iter().map(|mask| (mask.platform, mask.events)).collect();
    assert_eq!(seen, [(None, 4), (meta, 2)]);
    let query = KpiQuery::of(days(0, 0));
    let sums = async |query: &KpiQuery, by| {
        let groups = warehouse.kpi_groups(scope(TENANT), query, by).await.expect("an answer");
        let of = groups.iter().map(|group| (group.platform, group.sums.tracked_conversions));
        of.collect::<Vec<_>>()
    };
    assert_eq!(sums(&query, KpiGrouping::Platform).await, [(None, 4), (meta, 2)]);
    let of_meta = KpiQuery { platforms: meta.into_iter().collect(), ..query };
    assert_eq!(sums(&of_meta, KpiGrouping::Platform).await, [(meta, 2)]);
    let invalid = warehouse.invalid_counts(scope(TENANT), &window(0, HOUR_MS)).await;
    let invalid = invalid.expect("an answer");
    assert_eq!((invalid.len(), invalid[0].platform, invalid[0].events), (1, None, 4));
    let fresh = warehouse.freshness(scope(TENANT)).await.expect("an answer");
    assert_eq!((fresh.len(), fresh[0].platform), (1, None));
}

pub async fn texts_are_only_texts(warehouse: &dyn Warehouse) {
    const TEXTS: [&str; 6] = ["' OR 1=1 --", "a\\'b", "tab\there", "line\nbreak", "\\N", "ключ ✓"];
    let rows: Vec<Quality> =
        TEXTS.iter().map(|text| Quality { dataset: text, ..quality(at(0), 1, 1) }).collect();
    next(warehouse, 0, vec![match_quality(&rows)]).await;
    for text in TEXTS {
        let query = MatchQualityQuery { dataset_id: Some(text.into()), ..window(0, HOUR_MS) };
        let seen = masks(warehouse, &query).await;
        let datasets: Vec<_> = seen.iter().map(|mask| mask.dataset_id.as_str()).collect();
        assert_eq!(datasets, [text]);
    }
}

pub async fn invalid_identifiers_count_by_key_and_reason(warehouse: &dyn Warehouse) {
    let row = |key: IdentifierKey, events| quality(at(0), key.code().unsigned_abs().into(), events);
    for record in 0..2 {
        let rows = [
            (row(IdentifierKey::Email, 3), InvalidReason::JunkHash),
            (row(IdentifierKey::Email, 4), InvalidReason::NotHashed),
            (row(IdentifierKey::Phone, 5), InvalidReason::JunkHash),
        ];
        next(warehouse, record, vec![invalid_identifiers(&rows)]).await;
    }
    let query = window(0, HOUR_MS);
    let mut seen = warehouse.invalid_counts(scope(TENANT), &query).await.expect("an answer");
    seen.sort_by_key(|count| (count.key, count.reason));
    let seen: Vec<_> = seen.iter().map(|count| (count.key, count.reason, count.events)).collect();
    let expected = [
        (IdentifierKey::Email, InvalidReason::JunkHash, 6),
        (IdentifierKey::Email, InvalidReason::NotHashed, 8),
        (IdentifierKey::Phone, InvalidReason::JunkHash, 10),
    ];
    assert_eq!(seen, expected);
}

pub async fn ingest_counts_add_up_by_dataset_and_kind(warehouse: &dyn Warehouse) {
    let report = Count { kind: RowKind::AdReport, ..count(at(9), [1, 0, 0]) };
    next(warehouse, 0, vec![ingest_counts(&[count(at(50), [5, 2, 1]), report])]).await;
    next(warehouse, 1, vec![ingest_counts(&[count(at(40), [1, 0, 3])])]).await;
    next(warehouse, 2, vec![ingest_counts(&[count(at(HOUR_MS), [100, 0, 0])])]).await;
    let ask = async |from: i64, until: i64| -> Vec<IngestCount> {
        warehouse.ingest_counts(scope(TENANT), at(from), at(until)).await.expect("an answer")
    };
    let mut seen = ask(0, HOUR_MS).await;
    seen.sort_by_key(|count| count.kind);
    let expected = IngestCount {
        platform: Some(Platform::Meta),
        dataset_id: "123".into(),
        kind: RowKind::Event,
        received: 12,
        landed: 6,
        duplicate: 2,
        rejected: 4,
        newest_received_at: at(50),
    };
    assert_eq!(seen[0], expected);
    assert_eq!((seen[1].kind, seen[1].received, seen.len()), (RowKind::AdReport, 1, 2));
    assert_eq!(ask(0, 2 * HOUR_MS).await.iter().map(|count| count.landed).sum::<u64>(), 107);
    assert!(ask(2 * HOUR_MS, 3 * HOUR_MS).await.is_empty());
}

pub async fn rejections_come_most_first_and_at_most_a_hundred(warehouse: &dyn Warehouse) {
    let rare = rejection(RejectReason::TooOld, "event_time", at(0));
    let often = rejection(RejectReason::MissingField, "event_id", at(10));
    let after = rejection(RejectReason::TooLong, "event_name", at(20));
    let place = events(0, 0, 1);
    let rows = [rare, often.clone(), often, after];
    land(warehouse, place, vec![rejections(place, &rows)]).await;
    let ask = async |from: i64, until: i64| {
        warehouse.rejection_counts(scope(TENANT), at(from), at(until)).await.expect("an answer")
    };
    let seen = ask(0, 20).await;
    let short: Vec<_> = seen.iter().map(|c| (c.reason, c.field.as_str(), c.rows)).collect();
    let expected =
        [(RejectReason::MissingField, "event_id", 2), (RejectReason::TooOld, "event_time", 1)];
    assert_eq!(short, expected);
    assert_eq!((seen[0].platform, seen[0].dataset_id.as_str()), (Some(Platform::Meta), "123"));
    let place = range(Topic::AdReports, 0, 0, 1);
    let many: Vec<Rejection> = (0..130)
        .map(|field| rejection(RejectReason::InvalidValue, &format!("field {field}"), at(1000)))
        .collect();
    land(warehouse, place, vec![rejections(place, &many)]).await;
    assert_eq!(ask(1000, 1001).await.len(), 100);
}

pub async fn a_rejection_counts_for_all_its_rows_and_names_no_platform_it_does_not_know(
    warehouse: &dyn Warehouse,
) {
    let known = Rejection { rows: 40, ..rejection(RejectReason::TooOld, "event_time", at(0)) };
    let alike = Rejection { rows: 2, ..known.clone() };
    let unknown = Rejection {
        dialect: None,
        platform: None,
        dataset_id: String::new(),
        kind: RowKind::AdReport,
        rows: 99_000,
        ..rejection(RejectReason::MissingField, "platform", at(0))
    };
    let field = Rejection {
        kind: RowKind::Field,
        rows: 3,
        ..rejection(RejectReason::MissingCurrency, "custom_data.currency", at(0))
    };
    let uncounted =
        Count { platform: None, kind: RowKind::AdReport, ..count(at(0), [0, 0, 99_000]) };
    let place = events(0, 0, 1);
    let rows =
        vec![rejections(place, &[known, alike, unknown, field]), ingest_counts(&[uncounted])];
    land(warehouse, place, rows).await;
    let seen = warehouse.rejection_counts(scope(TENANT), at(0), at(20)).await.expect("an answer");
    let of = |one: &RejectionCount| (one.dialect, one.platform);
    let seen: Vec<_> = seen.iter().map(|one| (of(one), one.kind, one.rows)).collect();
    let meta = (Some(Dialect::Meta), Some(Platform::Meta));
    let none = (None, None);
    let expected =
        [(none, RowKind::AdReport, 99_000), (meta, RowKind::Event, 42), (meta, RowKind::Field, 3)];
    assert_eq!(seen, expected);
    let seen = warehouse.ingest_counts(scope(TENANT), at(0), at(HOUR_MS)).await.expect("an answer");
    assert_eq!((seen.len(), seen[0].platform, seen[0].rejected), (1, None, 99_000));
    assert!(warehouse.freshness(scope(TENANT)).await.expect("an answer").is_empty());
}

pub async fn freshness_is_that_of_what_landed(warehouse: &dyn Warehouse) {
    let ask = async || warehouse.freshness(scope(TENANT)).await.expect("an answer");
    assert!(ask().await.is_empty());
    next(warehouse, 0, vec![ingest_counts(&[count(at(70), [1, 0, 0])])]).await;
    next(warehouse, 1, vec![ingest_counts(&[count(at(90), [0, 3, 4])])]).await;
    let seen = ask().await;
    let expected = Freshness {
        platform: Some(Platform::Meta),
        events_received_at: Some(at(70)),
        reports_received_at: None,
        reports_until: None,
    };
    assert_eq!(seen, std::slice::from_ref(&expected));
    let place = range(Topic::AdReports, 0, 0, 1);
    let landed = Count { kind: RowKind::AdReport, ..count(at(80), [2, 0, 0]) };
    let rows = vec![
        reports(place, &[report(day(2), 1, 1), report(day(1), 1, 1)]),
        ingest_counts(&[landed]),
    ];
    land(warehouse, place, rows).await;
    let expected =
        Freshness { reports_received_at: Some(at(80)), reports_until: Some(day(2)), ..expected };
    assert_eq!(ask().await, [expected]);
}

pub async fn counts_of_tenants_never_mix(warehouse: &dyn Warehouse) {
    let other = TenantId(8);
    let mine = quality(at(0), 1, 1);
    let theirs = Quality { tenant: other, events: 40, ..mine.clone() };
    let place = events(0, 0, 1);
    let refused = rejection(RejectReason::TooOld, "", at(0));
    let foreign = Rejection { tenant_id: other, ..refused.clone() };
    let rows = vec![
        match_quality(&[mine.clone(), theirs.clone()]),
        invalid_identifiers(&[(mine, InvalidReason::Bot), (theirs, InvalidReason::Bot)]),
        ingest_counts(&[
            count(at(0), [1, 0, 0]),
            Count { tenant: other, ..count(at(5), [40, 0, 0]) },
        ]),
        rejections(place, &[refused, foreign.clone(), foreign]),
    ];
    land(warehouse, place, rows).await;
    let (from, until): (UnixMillis, UnixMillis) = (midnight(), at(HOUR_MS));
    let query = window(0, HOUR_MS);
    for (tenant, events, refused) in
        [(TENANT, 1, 1), (other, 40, 2), (TenantId(0), 0, 0), (TenantId(9), 0, 0)]
    {
        let scope = scope(tenant);
        let masks = warehouse.mask_counts(scope, &query).await.expect("an answer");
        assert_eq!(masks.iter().map(|count| count.events).sum::<u64>(), events, "{tenant}");
        let invalid = warehouse.invalid_counts(scope, &query).await.expect("an answer");
        assert_eq!(invalid.iter().map(|count| count.events).sum::<u64>(), events, "{tenant}");
        let counts = warehouse.ingest_counts(scope, from, until).await.expect("an answer");
        assert_eq!(counts.iter().map(|count| count.landed).sum::<u64>(), events, "{tenant}");
        let rejected = warehouse.rejection_counts(scope, from, until).await.expect("an answer");
        assert_eq!(rejected.iter().map(|count| count.rows).sum::<u64>(), refused, "{tenant}");
        let fresh = warehouse.freshness(scope).await.expect("an answer");
        assert_eq!(fresh.len(), usize::from(events > 0), "{tenant}");
    }
}
