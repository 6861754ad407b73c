//! Who pays is known before a body is read, and everybody has a share of what can be held.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use tower::ServiceExt;

use crate::desk::{Desk, gzip, purchase};

const REPORTS: &str = "/api/v1/ad-reports";
const EVENTS: &str = "/v24.0/1234567890/events";
/// A megabyte of nothing.
static CHUNK: [u8; 1 << 20] = [b' '; 1 << 20];

/// A body of which so many bytes come, and then none for ever.
fn held(bytes: usize) -> Body {
    let whole = bytes / CHUNK.len();
    let pieces = std::iter::repeat_n(&CHUNK[..], whole).chain([&CHUNK[..bytes % CHUNK.len()]]);
    let pieces = pieces.map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
    Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()).chain(stream::pending()))
}

/// Sends from an address, in a task of its own.
fn send(desk: &Desk, address: &str, uri: &str, body: Body) -> tokio::task::JoinHandle<StatusCode> {
    let request = Request::post(uri).extension::<IpAddr>(address.parse().unwrap());
    let response = desk.router.clone().oneshot(request.body(body).unwrap());
    tokio::spawn(async move { response.await.unwrap().status() })
}

#[tokio::test(start_paused = true)]
async fn a_key_in_the_head_is_judged_before_anything_is_read() {
    let desk = Desk::new();
    let began = tokio::time::Instant::now();
    for (uri, headers, status) in [
        (REPORTS, vec![], 401),
        (REPORTS, vec![("x-api-key", "nobody")], 401),
        (REPORTS, vec![("authorization", "Bearer revoked")], 401),
        (REPORTS, vec![("x-api-key", "read-only")], 403),
        (EVENTS, vec![("x-api-key", "nobody")], 400),
        (EVENTS, vec![("authorization", "Bearer read-only")], 403),
        ("/v24.0/1/events?access_token=TOK%2Ben%7C1", vec![], 400),
    ] {
        for body in [held(0), held((8 << 20) - 1)] {
            let answer = desk.send(uri, &headers, body).await;
            assert_eq!(answer.status.as_u16(), status, "{uri} {headers:?}: {:?}", answer.body);
        }
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "no body was waited for");
    assert!(desk.rejections().is_empty());
}

#[tokio::test(start_paused = true)]
async fn bodies_that_a_stranger_holds_shut_nobody_out() {
    let desk = Desk::new();
    for uri in [REPORTS, EVENTS, "/v24.0/1234567890/events?access_token=nobody"] {
        let held: Vec<_> =
            (0..32).map(|_| send(&desk, "198.51.100.7", uri, held((8 << 20) - 1))).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        for _ in 0..5 {
            assert_eq!(desk.post_events(&[purchase("a")]).await.status, 200, "{uri}");
        }
        // Another one without a key has room as well.
        let body = json!({"data": [purchase("a")], "access_token": "TOK+en|1"}).to_string();
        assert_eq!(send(&desk, "203.0.113.9", EVENTS, body.into()).await.unwrap(), 200);
        for one in held {
            let status = one.await.unwrap().as_u16();
            assert!([400, 401, 408, 503].contains(&status), "{uri}: {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_a_tenant_holds_shut_no_other_out() {
    let desk = Desk::new();
    let held: Vec<_> = (0..32)
        .map(|_| {
            let uri = "/v24.0/88/events?access_token=other-tenant";
            send(&desk, "198.51.100.7", uri, held((8 << 20) - 1))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..5 {
        assert_eq!(desk.post_events(&[purchase("a")]).await.status, 200);
    }
    let mut statuses = Vec::new();
    for one in held {
        statuses.push(one.await.unwrap().as_u16());
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [408, 503], "some had a share and were too slow, the others had none");
}

#[tokio::test(start_paused = true)]
async fn waiting_bytes_of_a_stranger_are_the_first_to_go() {
    let config = DoorConfig { bytes_in_flight_max: 2 << 20, ..DoorConfig::default() };
    let desk = Desk::with(config, AppendConfig::default());
    let stranger = send(&desk, "198.51.100.7", EVENTS, held(2 << 20));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!stranger.is_finished());
    assert_eq!(desk.post_events(&[purchase("a")]).await.status, 200);
    assert_eq!(stranger.await.unwrap(), 503, "it made room");
}

#[tokio::test]
async fn a_key_in_the_body_may_stand_anywhere() {
    let (data, long) = (json!([purchase("a")]), json!(vec![purchase("x"); 900]));
    assert!(long.to_string().len() > 300_000);
    for body in [
        format!(r#"{{"access_token":"TOK+en|1","data":{data},"other":{long}}}"#),
        format!(r#"{{"other":{long},"data":{data},"access_token":"","accessKey":"TOK+en|1"}}"#),
    ] {
        let desk = Desk::new();
        let answer = desk.send(EVENTS, &[], body.clone()).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let wrong = body.replace("TOK+en|1", "nobody");
        assert_eq!(desk.send(EVENTS, &[], wrong).await.code(), (400, 190, 0));
        let none = body.replace("TOK+en|1", "");
        assert_eq!(desk.send(EVENTS, &[], none).await.code(), (400, 190, 0));
        assert_eq!(desk.events().len(), 1);
    }
    let form = format!("data={}&access_token=TOK%2Ben%7C1", "%20".repeat(200_000) + "%5B%5D");
    assert_eq!(Desk::new().send(EVENTS, &[], form).await.code(), (400, 100, 0));
}

#[tokio::test]
async fn of_a_packed_body_without_a_key_no_more_is_unpacked_than_may_hold_it() {
    let desk = Desk::new();
    let data = json!([purchase("a")]);
    let early = format!(r#"{{"data":{data},"access_token":"TOK+en|1"}}"#);
    assert_eq!(desk.send(EVENTS, &[], gzip(early.as_bytes())).await.status, 200);
    let padding = "x".repeat(70_000);
    let late = format!(r#"{{"other":"{padding}","data":{data},"access_token":"TOK+en|1"}}"#);
    assert_eq!(desk.send(EVENTS, &[], gzip(late.as_bytes())).await.code(), (400, 190, 0));
    assert_eq!(desk.send(EVENTS, &[], late).await.status, 200, "not packed it is found");
    let bomb = gzip(&vec![b' '; 15 << 20]);
    assert_eq!(desk.send(EVENTS, &[], bomb).await.code(), (400, 190, 0));
    assert!(desk.rejections().is_empty());
}

#[tokio::test]
async fn a_tenant_over_its_plan_is_told_before_its_body_is_read() {
    use stratum_models::id::TenantId;
    use stratum_models::platform::Platform;
    use stratum_testing::memory_directory::MemoryDirectory;

    let directory = MemoryDirectory::new()
        .with_tenant(TenantId(7), chrono_tz::UTC)
        .with_dataset(TenantId(7), Platform::Meta, "1234567890")
        .with_key("TOK+en|1", TenantId(7));
    directory.put_rows_per_second(TenantId(7), 1);
    let directory = std::sync::Arc::new(directory);
    let desk = Desk::serving(directory, DoorConfig::default(), AppendConfig::default());
    let five: Vec<Value> = (0..5).map(|n| purchase(&n.to_string())).collect();
    assert_eq!(desk.post_events(&five).await.status, 200);
    assert_eq!(desk.post(held(1000)).await.code(), (429, 4, 0));
}
