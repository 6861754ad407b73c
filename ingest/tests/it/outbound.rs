//! What is handed on is sealed at the door, in the append of its event, and only where it is wanted.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::delivery::{DataKey, DatasetKey, DatasetSeal, EventFilter, KeyHour};
use stratum_models::directory::DatasetConfig;
use stratum_models::id::TenantId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::HOUR_MS;
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
