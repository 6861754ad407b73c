use futures::FutureExt as _;
use stratum_models::announce::announce;
use stratum_models::log::{EventLog, Topic};
use stratum_models::platform::Platform;
use stratum_testing::memory_log::MemoryLog;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::follow;
use super::*;

const ONE: TenantId = TenantId(1);
const OTHER: TenantId = TenantId(2);

fn of(tenant: TenantId) -> TenantScope {
    TenantScope::from_operator(tenant)
}

fn update(tenant: TenantId, dataset: &str) -> Update {
    Update::match_quality(tenant, Some(Platform::Meta), dataset)
}

fn small() -> LiveConfig {
    LiveConfig { history_max: 8, behind_max: 4, streams_max: 3, ..LiveConfig::default() }
}

fn hub() -> Arc<Hub> {
    Arc::new(Hub::new(small(), seal()))
}

fn seal() -> UpdateSeal {
    UpdateSeal::new(b"a secret").unwrap()
}

/// The dataset of an update, or `resync`.
fn said(signal: &Signal) -> String {
    match signal {
        Signal::Update(update) => {
            let data: serde_json::Value = serde_json::from_str(&update.data).unwrap();
            data["dataset_id"].as_str().unwrap().to_owned()
        }
        Signal::Resync(_) => "resync".to_owned(),
    }
}

/// Everything that a watcher can be told now.
fn drain(watch: &mut Watch) -> Vec<String> {
    std::iter::from_fn(|| watch.next().now_or_never().map(|signal| said(&signal))).collect()
}

#[tokio::test]
async fn watchers_see_their_own_tenant_and_no_other() {
    let hub = hub();
    let mut own = hub.watch(of(ONE), Since::Now).unwrap();
    let mut also = hub.watch(of(ONE), Since::Now).unwrap();
    let mut foreign = hub.watch(of(OTHER), Since::Now).unwrap();
    hub.publish(0, &[update(ONE, "a"), update(OTHER, "x"), update(ONE, "b")]);
    assert_eq!(drain(&mut own), ["a", "b"]);
    assert_eq!(drain(&mut also), ["a", "b"]);
    assert_eq!(drain(&mut foreign), ["x"]);
    let after = Since::After(UpdateId { offset: 0, row: 0 });
    drop(own);
    assert_eq!(drain(&mut hub.watch(of(ONE), after).unwrap()), ["b"]);
}

#[tokio::test]
async fn one_who_comes_back_misses_nothing_that_is_kept_and_is_told_when_more_is_gone() {
    let hub = hub();
    for offset in 0..6 {
        hub.publish(
            offset,
            &[update(ONE, &format!("{offset}.0")), update(ONE, &format!("{offset}.1"))],
        );
    }
    let back = |offset, row| {
        drain(&mut hub.watch(of(ONE), Since::After(UpdateId { offset, row })).unwrap())
    };
    // Eight are kept: those of records 2 to 5.
    assert_eq!(back(2, 0).len(), 7);
    assert_eq!(back(5, 0), ["5.1"]);
    assert_eq!(back(5, 1), [""; 0]);
    assert_eq!(back(1, 1), ["resync"]);
    assert_eq!(back(6, 0), ["resync"], "an update of another log");
    assert_eq!(drain(&mut hub.watch(of(ONE), Since::Unknown).unwrap()), ["resync"]);
    // A record that is read twice is handed on once.
    hub.publish(5, &[update(ONE, "again")]);
    assert_eq!(back(5, 1), [""; 0]);
}

#[tokio::test]
async fn a_slow_watcher_is_told_to_look_again_and_holds_nobody_up() {
    let hub = hub();
    let mut slow = hub.watch(of(ONE), Since::Now).unwrap();
    let mut quick = hub.watch(of(ONE), Since::Now).unwrap();
    for offset in 0..20 {
        hub.publish(offset, &[update(ONE, "a")]);
        assert_eq!(drain(&mut quick), ["a"]);
    }
    let Some(Signal::Resync(newest)) = slow.next().now_or_never() else { panic!() };
    assert_eq!(newest, Some(UpdateId { offset: 19, row: 0 }));
    hub.publish(20, &[update(ONE, "b")]);
    assert_eq!(drain(&mut slow), ["b"]);
}

#[tokio::test]
async fn missing_records_are_told_to_everybody() {
    let hub = hub();
    let mut watch = hub.watch(of(ONE), Since::Now).unwrap();
    hub.publish(3, &[update(ONE, "a")]);
    assert_eq!(drain(&mut watch), ["a"], "what was before the first is nobody's loss");
    hub.publish(7, &[update(ONE, "b")]);
    assert_eq!(drain(&mut watch), ["resync", "b"]);
    let from =
        |offset| drain(&mut hub.watch(of(ONE), Since::After(UpdateId { offset, row: 0 })).unwrap());
    assert_eq!((from(3), from(7)), (vec!["resync".to_owned()], Vec::new()));
    hub.forget();
    assert_eq!(drain(&mut watch), ["resync"]);
}

#[tokio::test]
async fn streams_are_bounded_and_leave_nothing_behind() {
    let hub = hub();
    let watches: Vec<Watch> =
        [ONE, ONE, OTHER].map(|tenant| hub.watch(of(tenant), Since::Now).unwrap()).into();
    assert_eq!(hub.watch(of(OTHER), Since::Now).err(), Some(TooManyStreams));
    drop(watches);
    assert!(hub.state.lock().channels.is_empty());
    let config = LiveConfig { streams_per_tenant_max: 1, ..small() };
    let hub = Arc::new(Hub::new(config, seal()));
    let _one = hub.watch(of(ONE), Since::Now).unwrap();
    assert!(hub.watch(of(ONE), Since::Now).is_err());
    assert!(hub.watch(of(OTHER), Since::Now).is_ok());
}

#[tokio::test]
async fn every_process_hands_on_what_the_log_holds() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(1, 1));
    announce(&*log, &[update(ONE, "before")]).await.unwrap();
    let stop = CancellationToken::new();
    let mut processes = Vec::new();
    for number in 0..2 {
        let hub = hub();
        let reader = Uuid::from_u128(number);
        tokio::spawn(follow(hub.clone(), log.clone(), reader, stop.clone()));
        hub.wait_until_caught_up().await;
        processes.push(hub);
    }
    let watch = |hub: &Arc<Hub>| hub.watch(of(ONE), Since::Now).unwrap();
    let mut watches: Vec<Watch> = processes.iter().map(watch).collect();
    announce(&*log, &[update(ONE, "after"), update(OTHER, "foreign")]).await.unwrap();
    for watch in &mut watches {
        assert_eq!(said(&watch.next().await), "after");
        assert!(watch.next().now_or_never().is_none());
    }
    // One who comes back to the other process, with an id of the first.
    let after = Since::After(UpdateId { offset: 0, row: 0 });
    assert_eq!(drain(&mut processes[1].watch(of(ONE), after).unwrap()), ["after"]);
    assert_eq!(log.end(Topic::Updates, stratum_models::log::PartitionId(0)).await.unwrap().0, 2);
    stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_away_is_read_on_from_where_it_was() {
    let log = MemoryLog::new(1, 1);
    let (hub, stop) = (hub(), CancellationToken::new());
    let shared: Arc<dyn EventLog> = Arc::new(log.clone());
    tokio::spawn(follow(hub.clone(), shared, Uuid::nil(), stop.clone()));
    hub.wait_until_caught_up().await;
    let mut watch = hub.watch(of(ONE), Since::Now).unwrap();
    announce(&log, &[update(ONE, "a")]).await.unwrap();
    assert_eq!(said(&watch.next().await), "a");
    log.set_away(true);
    tokio::time::sleep(Duration::from_secs(5)).await;
    log.set_away(false);
    announce(&log, &[update(ONE, "b")]).await.unwrap();
    assert_eq!(said(&watch.next().await), "b");
    stop.cancel();
}
