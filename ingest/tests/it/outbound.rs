//! What is handed on is sealed at the door, in the append of its event, and only where it is wanted.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::delivery::{DataKey, DatasetKey, DatasetSeal, EventFilter, KeyHour};
use stratum_models::directory::DatasetConfig;
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::HOUR_MS;
use stratum_models::tracking::{EventIdSource, TrackingPolicy};
use stratum_testing::memory_directory::MemoryDirectory;
use stratum_testing::memory_log::AppendFault;
use stratum_wire::envelope::{ClearIdKind, OutboundEvent, open, read_header};

use crate::desk::{DATASET, Desk, KEY, NOW, purchase};
use crate::privacy::{assert_holds_no_contact, leaking};

const ALL: EventFilter = EventFilter { names: None, takes_tests: false };

fn sealing(hour: KeyHour, filters: Vec<EventFilter>) -> DatasetSeal {
    DatasetSeal {
        dataset: DatasetKey {
            tenant_id: TenantId(7),
            platform: Some(Platform::Meta),
            dataset_id: DATASET.into(),
        },
        hour,
        key: DataKey::new([3; 32]),
        filters,
    }
}

fn desk(sealing: Option<DatasetSeal>) -> Desk {
    desk_of(sealing, TrackingPolicy::default())
}

fn desk_of(sealing: Option<DatasetSeal>, policy: TrackingPolicy) -> Desk {
    let directory = MemoryDirectory::new()
        .with_tenant(TenantId(7), chrono_tz::UTC)
        .with_dataset(TenantId(7), Platform::Tiktok, DATASET)
        .with_key(KEY, TenantId(7));
    directory.put_dataset(DatasetConfig {
        tenant_id: TenantId(7),
        platform: Some(Platform::Meta),
        dataset_id: DATASET.into(),
        time_zone: chrono_tz::UTC,
        version: 4,
        default_calling_code: None,
        policy,
        event_name: None,
        delivery: sealing.map(Arc::new),
    });
    Desk::serving(Arc::new(directory), DoorConfig::default(), AppendConfig::default())
}

fn with_destinations(filters: Vec<EventFilter>) -> Desk {
    desk(Some(sealing(KeyHour::of(NOW), filters)))
}

/// Calls `look` with every row that is handed on, in the order of the log.
fn opened(desk: &Desk, mut look: impl FnMut(&OutboundEvent<'_>)) -> usize {
    let (mut rows, mut buffer) = (0, Vec::new());
    for record in desk.log.records(Topic::Deliveries) {
        let header = read_header(&record.bytes).unwrap();
        assert_eq!((header.tenant_id(), header.dataset_id), (TenantId(7), DATASET));
        for row in open(&record.bytes, &DataKey::new([3; 32]), &mut buffer).unwrap() {
            look(&row.unwrap());
            rows += 1;
        }
    }
    rows
}

fn hash(text: &str) -> [u8; 32] {
    stratum_wire::hash::sha256(text.as_bytes())
}

#[tokio::test]
async fn what_a_destination_wants_is_sealed_with_all_that_its_platform_takes() {
    let desk = with_destinations(vec![ALL]);
    let mut event = purchase("order-77");
    event["user_data"] = json!({
        "em": "Jane.Doe@Example.com", "ph": "+1 650 555 1212", "fn": "Jane", "ln": hex("doe"),
        "ct": "Menlo Park", "country": "us", "external_id": "customer-5",
        "client_ip_address": "81.2.69.142", "client_user_agent": "Mozilla/5.0 (X11) Firefox/140.0",
        "fbc": "fb.1.1789999990000.AbCdEf", "fbp": "fb.1.1789999990000.1234567890",
        "ctwa_clid": "chat-click", "anon_id": "XZ-installation",
    });
    event["event_source_url"] =
        json!("https://shop.example.com/thanks?fbclid=AbCdEf&mail=jane.doe%40example.com&step=3");
    event["custom_data"] = json!({
        "value": 10.5, "currency": "EUR", "order_id": "order-77",
        "content_name": "a present for Jane", "contents": [{"id": "sku-1", "quantity": 2}],
    });
    event["data_processing_options"] = json!(["LDU"]);
    event["data_processing_options_country"] = json!(1);
    event["data_processing_options_state"] = json!(1000);
    assert_eq!(desk.post_events(&[event]).await.status, 200);
    let rows = opened(&desk, |row| {
        assert_eq!((row.event_id, row.is_id_made, row.event_name), ("order-77", false, "Purchase"));
        assert_eq!((row.event_time_ms, row.received_at_ms), (1_790_000_000_000, NOW.0));
        assert_eq!((row.value_micros, row.order_id), (Some(10_500_000), Some("order-77")));
        assert_eq!(row.source_url, Some("https://shop.example.com/thanks?fbclid=AbCdEf&step=3"));
        let data: Value = serde_json::from_str(row.custom_data.unwrap()).unwrap();
        assert_eq!(data["contents"], json!([{"id": "sku-1", "quantity": 2}]));
        assert!(data.get("content_name").is_none() && row.is_custom_data_cut);
        assert!(row.limited_data_use && !row.opt_out && !row.is_test);
        assert_eq!((row.limited_data_use_codes, row.config_version), (Some((1, 1000)), 4));
        let id = |kind| row.ids.iter().find(|id| id.kind == kind).map(|id| id.value);
        assert_eq!(id(ClearIdKind::ClientIp), Some("81.2.69.142"));
        assert_eq!(id(ClearIdKind::UserAgent), Some("Mozilla/5.0 (X11) Firefox/140.0"));
        assert_eq!(id(ClearIdKind::ClickId), Some("fb.1.1789999990000.AbCdEf"));
        assert_eq!(id(ClearIdKind::BrowserId), Some("fb.1.1789999990000.1234567890"));
        assert_eq!(id(ClearIdKind::ChatClickId), Some("chat-click"));
        assert_eq!(id(ClearIdKind::InstallId), Some("XZ-installation"));
        for (key, text) in [
            (IdentifierKey::Email, "jane.doe@example.com"),
            (IdentifierKey::Phone, "16505551212"),
            (IdentifierKey::FirstName, "jane"),
            (IdentifierKey::LastName, "doe"),
            (IdentifierKey::City, "menlopark"),
            (IdentifierKey::Country, "us"),
            (IdentifierKey::ExternalId, "customer-5"),
        ] {
            let of_key = row.hashes.iter().find(|one| one.key == key);
            assert_eq!(of_key.map(|one| one.hash), Some(hash(text)), "{key}");
        }
        assert!(row.hashes.iter().all(|one| one.key != IdentifierKey::ClickId));
    });
    assert_eq!(rows, 1);
    // Beside it stands the event as ever: nothing that can be counted is in it.
    assert_eq!(desk.events().len(), 1);
}

fn hex(text: &str) -> String {
    stratum_wire::hash::to_hex(&hash(text)).iter().map(|byte| char::from(*byte)).collect()
}

#[tokio::test]
async fn an_envelope_holds_no_address_number_or_name_in_clear() {
    let desk = with_destinations(vec![ALL]);
    let events = leaking();
    assert_eq!(desk.post_events(&events).await.status, 200);
    let mut texts = Vec::new();
    let rows = opened(&desk, |row| texts.push(format!("{row:?}")));
    assert_eq!(rows, events.len());
    for text in &texts {
        assert_holds_no_contact(text);
        assert!(text.contains("Planted/1.0"), "{text}");
    }
    // What is sealed tells nothing.
    for record in desk.log.records(Topic::Deliveries) {
        for word in ["203.0.113.77", "Planted/1.0", "shop.example.com", "Purchase"] {
            let found = record.bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "a record holds {word}");
        }
    }
}

#[tokio::test]
async fn an_event_without_an_id_gets_one_and_keeps_it() {
    let desk = with_destinations(vec![ALL]);
    let mut event = purchase("x");
    event.as_object_mut().unwrap().remove("event_id");
    assert_eq!(desk.post_events(&[event.clone(), event]).await.status, 200);
    let mut ids = Vec::new();
    opened(&desk, |row| {
        assert!(row.is_id_made && row.event_id.len() == 32, "{}", row.event_id);
        ids.push(row.event_id.to_owned());
    });
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1], "two equal events may be two sales");
}

#[tokio::test]
async fn nothing_is_sealed_that_nobody_wants() {
    let nobody = desk(None);
    nobody.post_events(&[purchase("a")]).await;
    assert!(nobody.log.records(Topic::Deliveries).is_empty());

    let names = Some(["Lead".to_owned()].into());
    let leads = with_destinations(vec![EventFilter { names, takes_tests: false }]);
    let mut lead = purchase("b");
    lead["event_name"] = json!("Lead");
    assert_eq!(leads.post_events(&[purchase("a"), lead]).await.status, 200);
    let mut ids = Vec::new();
    opened(&leads, |row| ids.push(row.event_id.to_owned()));
    assert_eq!((ids, leads.events().len()), (vec!["b".to_owned()], 2));

    let body = json!({"data": [purchase("t")], "test_event_code": "TEST1"}).to_string();
    for (takes_tests, expected) in [(false, 0), (true, 1)] {
        let desk = with_destinations(vec![EventFilter { names: None, takes_tests }]);
        assert_eq!(desk.post(body.clone()).await.status, 200);
        assert_eq!(opened(&desk, |row| assert!(row.is_test)), expected);
    }
}

#[tokio::test]
async fn what_was_answered_is_in_both_topics_or_in_none() {
    let desk = with_destinations(vec![ALL]);
    desk.log.fail_append(AppendFault::Refuse(StoreErrorKind::Invalid));
    assert_eq!(desk.post_events(&[purchase("a")]).await.status.as_u16() / 100, 5);
    assert!(desk.events().is_empty() && desk.log.records(Topic::Deliveries).is_empty());
    assert_eq!(desk.post_events(&[purchase("a")]).await.status, 200);
    assert_eq!((desk.events().len(), opened(&desk, |_| ())), (1, 1));
    // A part that was kept of an append that failed is appended once more, as it was.
    desk.log.fail_append(AppendFault::KeepFirst(1));
    assert_eq!(desk.post_events(&[purchase("b")]).await.status, 200);
    let mut ids = Vec::new();
    opened(&desk, |row| ids.push(row.event_id.to_owned()));
    assert_eq!(ids.last().map(String::as_str), Some("b"));
}

#[tokio::test]
async fn without_a_key_that_counts_nothing_is_taken_and_the_sender_is_told_to_come_again() {
    let hour = |back: u32| KeyHour(KeyHour::of(NOW).0 - back);
    let fresh = desk(Some(sealing(hour(12), vec![ALL])));
    assert_eq!(fresh.post_events(&[purchase("a")]).await.status, 200);
    let stale = desk(Some(sealing(hour(13), vec![ALL])));
    let answer = stale.post_events(&[purchase("a")]).await;
    assert_eq!((answer.status.as_u16() / 100, stale.events().len()), (5, 0), "{:?}", answer.body);
    assert!(stale.log.records(Topic::Deliveries).is_empty());
    assert!(i64::from(hour(13).0) * HOUR_MS < NOW.0);
}

/// A purchase whose page names the click, with an address and a number that need repair.
fn repairable(id: &str) -> Value {
    let mut event = purchase(id);
    event["event_source_url"] = json!("https://shop.example.com/thanks?fbclid=IwAR0abc");
    event["user_data"]["em"] = json!("Jane Doe <Jane.Doe@Example.com>");
    event["user_data"]["ph"] = json!("030 90187654");
    event["user_data"]["country"] = json!("de");
    event["user_data"]["fbc"] = json!("IwAR0abc");
    event
}

const REPAIRED: IdentifierMask =
    IdentifierMask::of(&[IdentifierKey::Email, IdentifierKey::Phone, IdentifierKey::ClickId]);

/// The masks of the only event: usable, derived, derivable.
fn masks(desk: &Desk) -> [IdentifierMask; 3] {
    let rows = desk.events();
    assert_eq!(rows.len(), 1);
    ["valid_mask", "derived_mask", "derivable_mask"]
        .map(|name| IdentifierMask(rows[0].get(name).map_or(0, |mask| mask.parse().unwrap())))
}

#[tokio::test]
async fn a_repair_in_force_is_marked_and_reaches_the_platform() {
    let sealing = sealing(KeyHour::of(NOW), vec![ALL]);
    let desk = desk_of(Some(sealing), TrackingPolicy::RECOMMENDED);
    assert_eq!(desk.post_events(&[repairable("a")]).await.status, 200);
    let [valid, derived, derivable] = masks(&desk);
    assert!(valid.contains(REPAIRED), "{valid:?}");
    assert_eq!((derived, derivable), (REPAIRED, IdentifierMask::EMPTY));
    let rows = opened(&desk, |row| {
        let clicks = row.ids.iter().filter(|id| id.kind == ClearIdKind::ClickId);
        let clicks: Vec<_> = clicks.map(|id| id.value).collect();
        assert_eq!(clicks, ["fb.1.1790000000000.IwAR0abc"], "and not what was sent in its place");
        for (key, text) in
            [(IdentifierKey::Email, "jane.doe@example.com"), (IdentifierKey::Phone, "493090187654")]
        {
            let of_key = row.hashes.iter().find(|one| one.key == key);
            assert_eq!(of_key.map(|one| one.hash), Some(hash(text)), "{key}");
        }
    });
    assert_eq!(rows, 1);
    let clear = desk.unpacked();
    for text in ["IwAR0abc", "jane.doe", "90187654"] {
        assert!(!clear.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
    }
}

#[tokio::test]
async fn a_repair_that_is_not_in_force_changes_nothing_and_is_noted() {
    let desk = with_destinations(vec![ALL]);
    assert_eq!(desk.post_events(&[repairable("a")]).await.status, 200);
    let [valid, derived, derivable] = masks(&desk);
    assert_eq!((derived, derivable), (IdentifierMask::EMPTY, REPAIRED));
    assert_eq!(valid.intersection(REPAIRED), IdentifierMask::EMPTY);
    opened(&desk, |row| {
        assert!(row.ids.iter().all(|id| id.kind != ClearIdKind::ClickId));
        assert!(row.hashes.iter().all(|one| !REPAIRED.has(one.key)), "{:?}", row.hashes);
    });
}

#[tokio::test]
async fn what_is_usable_as_it_was_sent_is_not_touched() {
    for policy in [TrackingPolicy::default(), TrackingPolicy::RECOMMENDED] {
        let desk = desk_of(None, policy);
        let mut event = repairable("a");
        event["user_data"]["em"] = json!(["nobody", "jane@example.com"]);
        event["user_data"]["ph"] = json!("+49 30 90187654");
        event["user_data"]["fbc"] = json!("fb.1.1789999990000.Other");
        assert_eq!(desk.post_events(&[event]).await.status, 200);
        let [valid, derived, derivable] = masks(&desk);
        assert!(valid.contains(REPAIRED), "{valid:?}");
        assert_eq!((derived, derivable), (IdentifierMask::EMPTY, IdentifierMask::EMPTY));
    }
}

#[tokio::test]
async fn purchases_without_an_id_are_told_by_their_order_where_that_is_wanted() {
    let of = async |policy| {
        let desk = desk_of(Some(sealing(KeyHour::of(NOW), vec![ALL])), policy);
        let mut event = purchase("x");
        event.as_object_mut().unwrap().remove("event_id");
        event["custom_data"]["order_id"] = json!("order-7");
        let mut lead = event.clone();
        lead["event_name"] = json!("Lead");
        let copies = [event.clone(), event, lead];
        assert_eq!(desk.post_events(&copies).await.status, 200);
        let mut ids = Vec::new();
        opened(&desk, |row| ids.push((row.event_id.to_owned(), row.is_id_made)));
        (desk.events(), ids)
    };
    let by_order = TrackingPolicy { event_id: EventIdSource::FromOrder, ..Default::default() };
    let (rows, ids) = of(by_order).await;
    let order = ("order-7".to_owned(), false);
    assert_eq!(ids.iter().filter(|id| **id == order).count(), 2);
    let purchases: Vec<_> = rows.iter().filter(|row| row["event_name"] == "Purchase").collect();
    assert_eq!(purchases.len(), 2);
    assert_eq!(purchases[0]["dedup_key"], purchases[1]["dedup_key"]);
    let mark = TrackingPolicy::EVENT_ID.0.to_string();
    assert!(
        purchases.iter().all(|row| row["derived_mask"] == mark && row["event_id"] == "order-7")
    );
    let (rows, ids) = of(TrackingPolicy::default()).await;
    assert!(ids.iter().all(|(_, is_made)| *is_made));
    let noted = rows.iter().filter(|row| row.get("derivable_mask") == Some(&mark));
    assert_eq!(noted.map(|row| &row["event_name"]).collect::<Vec<_>>(), ["Purchase", "Purchase"]);
    assert!(rows.iter().all(|row| row.get("event_id").is_none_or(String::is_empty)));
}
