//! Made-up traffic through the front door, against the plain reference that knows what it sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::demo::{Expect, Traffic, TrafficConfig, World, WorldConfig, ad_reports};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::record::RecordKind;
use stratum_models::time::Day;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Desk, LogRow, NOW};

fn serving(world: &World) -> Desk {
    let mut directory = MemoryDirectory::new();
    for (index, tenant) in world.tenants.iter().enumerate() {
        let id = TenantId(index as u64 + 1);
        directory =
            directory.with_tenant(id, tenant.time_zone).with_key(&format!("key-{index}"), id);
        for dataset in &tenant.datasets {
            directory = directory.with_dataset(id, Platform::Meta, dataset);
        }
    }
    Desk::serving(Arc::new(directory), DoorConfig::default(), AppendConfig::default())
}

/// The columns that the generator knows, of an event it sent and of one that was kept.
type Known = [String; 11];

fn kept(row: &LogRow) -> Known {
    let text = |column: &str| row.get(column).cloned().unwrap_or_default();
    ["tenant_id", "dataset_id", "event_name", "event_time", "action_source", "event_id"]
        .into_iter()
        .chain(["campaign_id", "value_micros", "currency", "test", "limited_data_use"])
        .map(text)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

#[tokio::test]
async fn every_request_becomes_what_it_must() {
    let world = Arc::new(World::new(5, &WorldConfig::default(), NOW));
    let desk = serving(&world);
    let config =
        TrafficConfig { events_per_request: 20, refused_requests: 0.3, ..TrafficConfig::default() };
    let mut sent: BTreeMap<Known, u32> = BTreeMap::new();
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let mut refused = 0;
    for request in Traffic::new(world.clone(), config, 9, NOW).take(250) {
        let tenant = request.tenant_index;
        let uri = format!("/v24.0/{}/events?access_token=key-{tenant}", request.dataset_id);
        let answer = desk.send(&uri, &[], request.body).await;
        match request.expect {
            Expect::Accept => {
                assert_eq!(answer.body["events_received"], request.events, "{answer:?}")
            }
            Expect::Refuse(reason) => {
                assert_eq!(answer.status, 400, "{reason}: {answer:?}");
                *reasons.entry(reason.to_string()).or_default() += 1;
                refused += request.events;
            }
        }
        for row in request.rows {
            let time = row.event_time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            let known = [
                (tenant + 1).to_string(),
                request.dataset_id.clone(),
                row.event_name.to_owned(),
                time,
                row.action_source.code().to_string(),
                row.event_id.unwrap_or_default(),
                row.campaign_id,
                row.value_micros.map(|micros| micros.to_string()).unwrap_or_default(),
                row.currency.map(|code| code.to_string()).unwrap_or_default(),
                row.test.to_string(),
                row.limited_data_use.to_string(),
            ];
            *sent.entry(known).or_default() += 1;
        }
    }
    let mut found: BTreeMap<Known, u32> = BTreeMap::new();
    desk.events().iter().for_each(|row| *found.entry(kept(row)).or_default() += 1);
    for (known, count) in &sent {
        assert_eq!(found.get(known), Some(count), "{known:?}");
    }
    assert_eq!(found, sent);
    let mut kept_reasons: BTreeMap<String, u32> = BTreeMap::new();
    let rejections = desk.rejections();
    assert_eq!(rejections.len(), refused);
    rejections.into_iter().for_each(|(reason, _)| *kept_reasons.entry(reason).or_default() += 1);
    for reason in reasons.keys() {
        assert!(kept_reasons.contains_key(reason), "{reason} is not in {kept_reasons:?}");
    }
    assert!(reasons.len() > 6, "{reasons:?}");
}

#[tokio::test]
async fn masks_are_what_was_planted() {
    let world = Arc::new(World::new(6, &WorldConfig::default(), NOW));
    let desk = serving(&world);
    let config = TrafficConfig { duplicates: 0.0, ..TrafficConfig::plain(50) };
    let mut sent = BTreeMap::new();
    for request in Traffic::new(world.clone(), config, 3, NOW).take(20) {
        let uri = format!(
            "/v24.0/{}/events?access_token=key-{}",
            request.dataset_id, request.tenant_index
        );
        assert_eq!(desk.send(&uri, &[], request.body).await.status, 200);
        for row in request.rows {
            let key = (request.tenant_index + 1, request.dataset_id.clone(), row.event_id.unwrap());
            sent.insert(key, (row.valid, row.invalid));
        }
    }
    for row in desk.events() {
        let key =
            (row["tenant_id"].parse().unwrap(), row["dataset_id"].clone(), row["event_id"].clone());
        let (valid, invalid) = sent.remove(&key).unwrap();
        let planted = (valid.0.to_string(), invalid.0.to_string());
        assert_eq!((row["valid_mask"].clone(), row["invalid_mask"].clone()), planted, "{key:?}");
    }
    assert!(sent.is_empty());
}

#[tokio::test]
async fn planted_values_are_nowhere() {
    use stratum_models::demo::PlantedKind as Kind;
    let world = Arc::new(World::new(7, &WorldConfig { people: 50, ..WorldConfig::default() }, NOW));
    let desk = serving(&world);
    let config = TrafficConfig { leaking: 0.5, refused_requests: 0.1, ..TrafficConfig::default() };
    for request in Traffic::new(world.clone(), config, 3, NOW).take(40) {
        let uri = format!(
            "/v24.0/{}/events?access_token=key-{}",
            request.dataset_id, request.tenant_index
        );
        desk.send(&uri, &[], request.body).await;
    }
    assert!(desk.events().len() > 1000);
    let unpacked = desk.unpacked();
    for planted in world.planted() {
        let telling =
            matches!(planted.kind, Kind::Email | Kind::Phone | Kind::Ip | Kind::MobileAdId);
        let long_name = planted.kind == Kind::Name && planted.text.len() > 5;
        if telling || long_name {
            let word = planted.text.as_bytes();
            let found = unpacked.windows(word.len()).any(|part| part == word);
            assert!(!found, "{planted:?} is in the log");
        }
    }
}

#[tokio::test]
async fn ad_reports_are_kept_as_they_were_planted() {
    let world = World::new(5, &WorldConfig::default(), NOW);
    let desk = serving(&world);
    let last = Day(NOW.to_utc().date_naive());
    let mut rows = 0;
    let mut spend = 0;
    for request in ad_reports(&world, 5, last, 3) {
        let uri = format!("/api/v1/ad-reports?access_token=key-{}", request.tenant_index);
        let answer = desk.send(&uri, &[], request.body).await;
        assert_eq!(answer.body["data"]["received"], Value::from(request.rows.len()), "{answer:?}");
        rows += request.rows.len();
        spend += request.rows.iter().map(|row| row.spend_micros).sum::<i64>();
    }
    let kept = desk.rows(Topic::AdReports, RecordKind::AdReports);
    assert_eq!(kept.len(), rows);
    assert_eq!(
        kept.iter().map(|row| row["spend_micros"].parse::<i64>().unwrap()).sum::<i64>(),
        spend
    );
}
