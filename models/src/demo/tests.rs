//! The generator's own promises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::platform::ActionSource;
use crate::rejection::RejectReason;
use crate::time::{DAY_MS, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_795_341_335_844);

fn world() -> Arc<World> {
    Arc::new(World::new(7, &WorldConfig { people: 200, ..WorldConfig::default() }, NOW))
}

fn requests(events_per_request: usize, seed: u64, count: usize) -> Vec<Request> {
    let config =
        TrafficConfig { events_per_request, refused_requests: 0.1, ..TrafficConfig::default() };
    Traffic::new(world(), config, seed, NOW).take(count).collect()
}

fn events(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    body["data"].as_array().expect("a list of events").clone()
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    assert_eq!(requests(20, 1, 50), requests(20, 1, 50));
    assert_ne!(requests(20, 1, 50), requests(20, 2, 50));
    let day = NOW.day_in(chrono_tz::UTC);
    assert_eq!(ad_reports(&world(), 5, day, 3), ad_reports(&world(), 5, day, 3));
    assert_eq!(world().planted(), world().planted());
}

#[test]
fn bodies_say_what_was_planted() {
    for request in requests(20, 1, 200).iter().filter(|r| r.expect == Expect::Accept) {
        let events = events(request);
        assert_eq!((events.len(), request.rows.len()), (request.events, request.events));
        for (event, row) in events.iter().zip(&request.rows) {
            assert_eq!(event["event_name"], row.event_name);
            assert_eq!(event["event_time"].as_i64(), Some(row.event_time.0 / 1_000));
            assert_eq!(event["event_id"].as_str(), row.event_id.as_deref());
            assert_eq!(event["action_source"], row.action_source.as_str());
            let sent = event["user_data"].as_object().expect("user data").len();
            assert_eq!(sent as u32, (row.valid.0 | row.invalid.0).count_ones());
            assert_eq!(row.valid.intersection(row.invalid).0, 0);
            let value = match &event["custom_data"]["value"] {
                Value::String(text) => crate::money::parse_micros(text),
                Value::Number(number) => crate::money::parse_micros(&number.to_string()),
                _ => None,
            };
            assert_eq!(value, row.value_micros, "{event}");
            let url = event["event_source_url"].as_str().unwrap_or_default();
            assert!(
                row.campaign_id.is_empty() || url.contains(&format!("utm_id={}", row.campaign_id))
            );
        }
    }
}

#[test]
fn every_kind_of_traffic_is_there() {
    let requests = requests(20, 5, 3_000);
    let refused: BTreeSet<_> = requests
        .iter()
        .filter_map(|r| if let Expect::Refuse(reason) = r.expect { Some(reason) } else { None })
        .collect();
    use RejectReason as Reason;
    for reason in [
        Reason::MalformedBody,
        Reason::EmptyBatch,
        Reason::TooManyRows,
        Reason::TooOld,
        Reason::InFuture,
        Reason::MissingField,
        Reason::WrongType,
        Reason::InvalidValue,
        Reason::MissingPurchaseValue,
        Reason::InvalidCurrency,
        Reason::MissingCurrency,
        Reason::InsufficientIdentifiers,
        Reason::TooLong,
    ] {
        assert!(refused.contains(&reason), "{reason} never occurs");
    }
    let rows: Vec<_> = requests.iter().flat_map(|r| &r.rows).collect();
    let some = |what: &str, test: &dyn Fn(&PlantedEvent) -> bool| {
        assert!(rows.iter().any(|row| test(row)), "{what} never occurs");
    };
    some("a late event", &|row| row.event_time.0 < NOW.0 - 2 * DAY_MS);
    some("an early event", &|row| row.event_time.0 > NOW.0);
    some("no event id", &|row| row.event_id.is_none());
    some("a test", &|row| row.test);
    some("limited data use", &|row| row.limited_data_use);
    some("a campaign", &|row| !row.campaign_id.is_empty());
    some("an unusable identifier", &|row| row.invalid.0 != 0);
    for source in [ActionSource::App, ActionSource::PhysicalStore, ActionSource::SystemGenerated] {
        some(source.as_str(), &|row| row.action_source == source);
    }
    let names: BTreeSet<_> = rows.iter().map(|row| row.event_name).collect();
    assert!(names.len() >= 19, "{names:?}");
    let currencies: BTreeSet<_> = rows.iter().filter_map(|row| row.currency).collect();
    assert!(currencies.len() >= 5, "{currencies:?}");
    let text: Vec<_> = requests.iter().map(|r| String::from_utf8_lossy(&r.body)).collect();
    for part in ["\\u06", ".AQICAQMC", "e3b0c44298fc1c149", "السيد", "서연", "\"LDU\"", "email="]
    {
        assert!(text.iter().any(|body| body.contains(part)), "{part} never occurs");
    }
}

#[test]
fn pairs_are_one_event_seen_from_two_sides() {
    let mut sides: BTreeMap<(usize, &str, &str), Vec<&PlantedEvent>> = BTreeMap::new();
    let requests = requests(20, 9, 500);
    for request in &requests {
        for row in &request.rows {
            if let Some(event_id) = &row.event_id {
                let key = (request.tenant_index, &*request.dataset_id, event_id.as_str());
                sides.entry(key).or_default().push(row);
            }
        }
    }
    let differing = sides.values().filter(|rows| rows.iter().any(|r| r.valid != rows[0].valid));
    assert!(differing.clone().count() > 100, "{} pairs", differing.clone().count());
    for rows in differing {
        for row in rows {
            let twin =
                PlantedEvent { valid: rows[0].valid, invalid: rows[0].invalid, ..(*row).clone() };
            assert_eq!(&twin, rows[0]);
        }
    }
}

#[test]
fn two_tenants_share_every_id_and_differ_in_all_else() {
    let world = world();
    let [a, b] = [&world.tenants[0], &world.tenants[1]];
    let ids = |t: &Tenant| t.campaigns.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    assert_eq!((&a.datasets, ids(a)), (&b.datasets, ids(b)));
    assert_ne!((&a.name, a.time_zone, a.currency), (&b.name, b.time_zone, b.currency));
    assert_ne!(a.datasets, world.tenants[2].datasets);
    let requests = requests(20, 1, 400);
    let of = |tenant| -> BTreeSet<String> {
        let mine = requests.iter().filter(|r| r.tenant_index == tenant);
        mine.flat_map(|r| r.rows.iter().filter_map(|row| row.event_id.clone())).collect()
    };
    assert!(of(0).intersection(&of(1)).count() > 100, "event ids meet in the shared dataset");
}

#[test]
fn the_reference_adds_up_and_counts_a_repeated_run_once() {
    let (world, requests) = (world(), requests(20, 1, 300));
    let mut once = Reference::new(world.clone());
    let mut twice = Reference::new(world.clone());
    for request in &requests {
        once.receive(request, NOW);
        twice.receive(request, NOW);
    }
    requests.iter().for_each(|request| twice.receive(request, NOW));
    for index in 0..world.tenants.len() {
        let (one, two) = (once.tenant(index), twice.tenant(index));
        for sums in [one.ingest, two.ingest] {
            assert_eq!(sums.received, sums.landed + sums.duplicate + sums.rejected);
        }
        assert_eq!(one.masks.values().sum::<u64>(), one.ingest.landed);
        assert_eq!(one.metrics.values().map(|m| m.events).sum::<u64>(), one.ingest.landed);
        assert_eq!(two.ingest.received, 2 * one.ingest.received);
        let mine = requests.iter().filter(|r| r.tenant_index == index);
        let no_id = mine.flat_map(|r| &r.rows).filter(|row| row.event_id.is_none()).count() as u64;
        assert!(no_id > 0 && one.ingest.duplicate > 0 && one.ingest.rejected > 0);
        assert_eq!(two.ingest.landed, one.ingest.landed + no_id);
    }
}

#[test]
fn reports_are_restated_and_the_newest_version_stands() {
    let world = world();
    let last = NOW.day_in(chrono_tz::UTC);
    let requests = ad_reports(&world, 10, last, 3);
    let mut reference = Reference::new(world.clone());
    let mut older_after_newer = 0;
    for request in &requests {
        let parsed: Vec<Value> = serde_json::from_slice(&request.body).expect("a JSON array");
        assert_eq!(parsed.len(), request.rows.len());
        for pair in request.rows.windows(2) {
            older_after_newer += usize::from(
                pair[0].campaign_id == pair[1].campaign_id
                    && pair[0].date == pair[1].date
                    && pair[0].version > pair[1].version,
            );
        }
        reference.receive_reports(request);
    }
    assert!(older_after_newer > 0);
    for (index, tenant) in world.tenants.iter().enumerate() {
        let mine = reference.tenant(index);
        assert_eq!(mine.reports.len(), tenant.campaigns.len() * 10);
        assert!(mine.report_rows > mine.reports.len() as u64);
        for (key, row) in &mine.reports {
            let all = requests.iter().filter(|r| r.tenant_index == index).flat_map(|r| &r.rows);
            let same = all.filter(|r| r.campaign_id == key.campaign_id && r.date == key.date);
            assert_eq!(same.map(|r| r.version).max(), Some(row.version));
            assert!(row.spend_micros > 0 && row.impressions > row.clicks);
        }
        assert_eq!(mine.campaign_metrics().len(), mine.reports.len());
    }
}

#[test]
fn amounts_and_texts_are_written_as_json() {
    let mut json = json::Json::with_capacity(0, true);
    json.raw("[").element().decimal(129_900_000).element().decimal(-1).element().decimal(5_000_000);
    json.element().text("a\"\\\u{1}é정😀").raw("]");
    let text = String::from_utf8(json.finish()).expect("UTF-8");
    assert!(text.is_ascii() && text.starts_with("[129.9,-0.000001,5,"), "{text}");
    let parsed: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(parsed[3], "a\"\\\u{1}é정😀");
}
