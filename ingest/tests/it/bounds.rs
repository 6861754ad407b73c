//! What is over a bound is refused in the sender's own shape, and costs no more than the bound.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::directory::{
    AccessRefusal, ApiKeyHash, DatasetConfig, TenantAccess, TenantDirectory,
};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;
use stratum_testing::memory_log::AppendFault;

use crate::desk::{Answer, DATASET, Desk, KEY, gzip, purchase};

fn with(config: DoorConfig) -> Desk {
    Desk::with(config, AppendConfig::default())
}

fn body() -> String {
    json!({ "data": [purchase("a")] }).to_string()
}

fn chunks(chunk: &'static [u8], count: usize) -> Body {
    let chunk = Bytes::from_static(chunk);
    Body::from_stream(stream::iter((0..count).map(move |_| Ok::<_, std::io::Error>(chunk.clone()))))
}

fn too_large(answer: &Answer) {
    assert_eq!(answer.code(), (413, 100, 0), "{answer:?}");
    assert_eq!(answer.text(), "The request body is too large.");
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_and_recorded() {
    let body = body();
    let desk = with(DoorConfig { body_bytes_max: body.len(), ..DoorConfig::default() });
    assert_eq!(desk.post(body.clone()).await.status, 200);
    too_large(&desk.post(body + " ").await);
    // Nobody said how long these are going to be.
    too_large(&desk.post(chunks(&[b' '; 100], 1000)).await);
    assert_eq!(desk.rejections().len(), 2);
    assert!(desk.rejections().iter().all(|(reason, _)| reason == "too_long"));
}

#[tokio::test]
async fn two_gigabytes_are_not_read() {
    let desk = Desk::new();
    static CHUNK: [u8; 1 << 20] = [b' '; 1 << 20];
    let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = read.clone();
    let stream = stream::iter(0..2048).map(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&CHUNK))
    });
    too_large(&desk.post(Body::from_stream(stream)).await);
    assert!(read.load(std::sync::atomic::Ordering::Relaxed) < 100);
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let desk = Desk::new();
    let bomb = gzip(&vec![b' '; 17 << 20]);
    assert!(bomb.len() < 200_000);
    too_large(&desk.post(bomb).await);
    assert_eq!(desk.rejections(), [("too_long".to_owned(), String::new())]);
    // A bomb within a bomb is text that is no JSON.
    let nested = gzip(&gzip(&vec![b' '; 17 << 20]));
    assert_eq!(desk.post(nested).await.code(), (400, 100, 0));
}

#[tokio::test]
async fn a_thousand_events_and_no_more() {
    let desk = Desk::new();
    let events: Vec<Value> = (0..1001).map(|n| purchase(&n.to_string())).collect();
    let answer = desk.post_events(&events[..1000]).await;
    assert_eq!(answer.body["events_received"], 1000);
    assert_eq!(desk.events().len(), 1000);
    let answer = desk.post_events(&events).await;
    assert_eq!(answer.code(), (400, 100, 0));
    assert!(answer.text().contains("more events"), "{}", answer.text());
    assert_eq!(desk.rejections().len(), 1001);
    assert!(desk.rejections().iter().all(|(reason, _)| reason == "too_many_rows"));
}

#[tokio::test]
async fn a_sender_who_names_himself_last_is_known_though_he_sends_too_much() {
    let desk = with(DoorConfig { events_max: 1, ..DoorConfig::default() });
    let body = json!({"data": vec![purchase("a"); 100], "z_access_token": ""}).to_string();
    let body = body.replace("\"z_access_token\":\"\"", "\"access_token\":\"TOK+en|1\"");
    let answer = desk.send("/v24.0/1234567890/events", &[], body).await;
    assert!(answer.text().contains("more events"), "{:?}", answer.body);
    // Ten times the bound is counted, not more.
    assert_eq!(desk.rejections().len(), 10);
}

#[tokio::test]
async fn large_bodies_are_taken_aside_and_taken() {
    let config = DoorConfig {
        inline_bytes_max: 10,
        inline_packed_bytes_max: 10,
        large_bodies_max: 1,
        ..DoorConfig::default()
    };
    let desk = with(config);
    let bodies = (0..20).map(|n| {
        let body = json!({ "data": [purchase(&format!("{n:02}"))] }).to_string();
        if n % 2 == 0 { Bytes::from(body) } else { gzip(body.as_bytes()) }
    });
    let answers = futures::future::join_all(bodies.map(|body| desk.post(body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(desk.events().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let desk = Desk::new();
    let start = Bytes::from("{\"data\":[");
    let stream = stream::once(async { Ok::<_, std::io::Error>(start) }).chain(stream::pending());
    let began = tokio::time::Instant::now();
    let answer = desk.post(Body::from_stream(stream)).await;
    assert_eq!(answer.code(), (408, 100, 0));
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(3) && waited < Duration::from_secs(4), "{waited:?}");
    assert_eq!(desk.rejections(), [("malformed_body".to_owned(), String::new())]);
}

/// A body that comes a piece a second.
fn trickle(piece: &'static [u8]) -> Body {
    let pieces = stream::repeat(Bytes::from_static(piece)).then(async |piece| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(piece)
    });
    Body::from_stream(pieces.boxed())
}

#[tokio::test(start_paused = true)]
async fn a_body_has_a_least_rate_and_an_end() {
    static PIECE: [u8; 7000] = [b' '; 7000];
    for (piece, seconds) in [(&PIECE[..1], 3), (&PIECE[..4000], 3), (&PIECE, 10)] {
        let desk = Desk::new();
        let began = tokio::time::Instant::now();
        assert_eq!(desk.post(trickle(piece)).await.code(), (408, 100, 0), "{}", piece.len());
        assert_eq!(began.elapsed().as_secs(), seconds, "{} bytes a second", piece.len());
        assert_eq!(desk.rejections().len(), 1);
    }
    // In time and fast enough.
    let body = body();
    let half = body.len() / 2;
    let pieces = [body[..half].to_owned(), body[half..].to_owned()];
    let pieces = stream::iter(pieces).then(async |piece| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(Bytes::from(piece))
    });
    assert_eq!(Desk::new().post(Body::from_stream(pieces.boxed())).await.status, 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_request() {
    let desk = Desk::new();
    let parts = [Ok(Bytes::from("{\"data\":[]")), Err(std::io::Error::other("gone"))];
    let answer = desk.post(Body::from_stream(stream::iter(parts))).await;
    assert_eq!(answer.code(), (400, 100, 0));
    assert_eq!(answer.text(), "The request body was cut short.");
}

fn overloaded(answer: &Answer) {
    assert_eq!(answer.code(), (503, 4, 0), "{answer:?}");
    assert_eq!(answer.body["error"]["is_transient"], true);
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_allowed_are_sent_away_and_may_come_back() {
    let desk = with(DoorConfig { requests_in_flight_max: 2, ..DoorConfig::default() });
    desk.log.fail_append(AppendFault::Delay(Duration::from_secs(1)));
    let answers = futures::future::join_all((0..5).map(|_| desk.post(body()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 2);
    answers.iter().filter(|answer| answer.status != 200).for_each(overloaded);
    assert_eq!(desk.post(body()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn more_bytes_than_allowed_are_sent_away_and_may_come_back() {
    let body = body();
    let config = DoorConfig { bytes_in_flight_max: body.len() * 3, ..DoorConfig::default() };
    let desk = with(config);
    desk.log.fail_append(AppendFault::Delay(Duration::from_secs(1)));
    let answers = futures::future::join_all((0..5).map(|_| desk.post(body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 3);
    answers.iter().filter(|answer| answer.status != 200).for_each(overloaded);
    assert_eq!(desk.post(body).await.status, 200);
    assert_eq!(desk.events().len(), 4);
}

#[tokio::test]
async fn a_full_appender_is_overload() {
    let append = AppendConfig { rows_pending_max: 1, ..AppendConfig::default() };
    let desk = Desk::with(DoorConfig::default(), append);
    overloaded(&desk.post_events(&[purchase("a"), purchase("b")]).await);
    assert!(desk.events().is_empty());
}

#[tokio::test]
async fn more_than_the_plan_takes_is_told_to_come_again() {
    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Meta, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 1);
    let desk = Desk::serving(Arc::new(directory), DoorConfig::default(), AppendConfig::default());
    let events: Vec<Value> = (0..5).map(|n| purchase(&n.to_string())).collect();
    assert_eq!(desk.post_events(&events).await.status, 200);
    let answer = desk.post(body()).await;
    assert_eq!((answer.code(), answer.retry_after.as_deref()), ((429, 4, 0), Some("1")));
    assert_eq!(answer.body["error"]["is_transient"], true);
    let report = "platform,account_id,campaign_id,date,currency,spend,impressions,clicks,conversions,revenue\n\
        meta,a,c,2026-09-01,EUR,1,1,1,1,1\n";
    let answer = desk.send("/api/v1/ad-reports?access_token=TOK%2Ben%7C1", &[], report).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("rate_limited")));
    assert_eq!((desk.events().len(), desk.rejections().len()), (5, 0), "nothing else was taken");
}

/// A directory with a fault of its own.
struct Broken;

impl TenantDirectory for Broken {
    fn dataset(
        &self,
        _: &ApiKeyHash,
        _: Option<Platform>,
        _: &str,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        panic!("on purpose")
    }

    fn own_dataset(&self, _: &ApiKeyHash) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        panic!("on purpose")
    }

    fn sender(&self, _: &ApiKeyHash) -> Result<TenantId, AccessRefusal> {
        panic!("on purpose")
    }

    fn rows_per_second(&self, _: TenantId) -> Option<u32> {
        None
    }

    fn tenant(&self, _: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_fault_of_ours_ends_one_request_and_tells_nothing() {
    for inline_bytes_max in [1 << 20, 0] {
        let config = DoorConfig { inline_bytes_max, ..DoorConfig::default() };
        let desk = Desk::serving(Arc::new(Broken), config, AppendConfig::default());
        for _ in 0..2 {
            let answer = desk.post(body()).await;
            assert_eq!(answer.code(), (500, 2, 0));
            assert_eq!(answer.body["error"]["is_transient"], true);
            assert!(!answer.body.to_string().contains("purpose"));
            let answer = desk.send("/api/v1/ad-reports?access_token=x", &[], "[]").await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body["error"]),
                (500, &json!("internal_error"))
            );
        }
    }
}
