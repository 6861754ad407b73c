//! The live stream of the running program: what is sent is announced, to its tenant alone, and one who
//! comes back misses nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fixture::Stratum;
use crate::load::now;

/// A batch gathers for less than half a second; a machine full of tests is slow.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(10);
const DATASET: &str = "777";

#[derive(Debug)]
struct Said {
    id: String,
    event: String,
    data: Value,
}

/// A stream as a client reads it.
struct Stream {
    answer: reqwest::Response,
    rest: String,
    heartbeats: usize,
}

impl Stream {
    async fn open(stratum: &Stratum, token: &str, last_event_id: Option<&str>) -> Stream {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/api/v1/events/stream", stratum.url());
        let mut request = client.get(url).bearer_auth(token);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Stream { answer, rest: String::new(), heartbeats: 0 }
    }

    /// The next event; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Said> {
        let deadline = Instant::now() + ANNOUNCED_WITHIN;
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.rest = rest;
                self.heartbeats += usize::from(block.contains(": heartbeat"));
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                if block.lines().any(|line| line.starts_with("data:")) {
                    let data = serde_json::from_str(&field("data:")).expect("JSON");
                    return Some(Said { id: field("id:"), event: field("event:"), data });
                }
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let chunk = tokio::time::timeout(left, self.answer.chunk()).await;
            let chunk = chunk.expect("nothing was announced in time").expect("a stream")?;
            self.rest.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The next event of this type.
    async fn next_of(&mut self, event: &str) -> Said {
        loop {
            let said = self.next().await.expect("the stream goes on");
            if said.event == event {
                return said;
            }
        }
    }
}

async fn send(stratum: &Stratum, key: &str, id: &str) {
    let purchase = json!({"data": [{
        "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": id,
        "action_source": "website", "event_source_url": "https://shop.example/thanks",
        "user_data": {
            "em": "ana@example.com", "client_ip_address": "8.8.8.8",
            "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
        },
        "custom_data": {"value": 59.9, "currency": "USD"},
    }]});
    let path = format!("/v24.0/{DATASET}/events");
    let (status, answer) = stratum.post(&path, key, &purchase).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_announced_to_its_tenant_alone() {
    let mut stratum = Stratum::start(&[("STRATUM__live__heartbeat_ms", "200")]).await;
    let (mut tokens, mut keys) = (Vec::new(), Vec::new());
    for name in ["One", "Other"] {
        let tenant = stratum.create_tenant(name, "UTC", "USD").await;
        tenant.create_dataset("meta", DATASET).await;
        keys.push(tenant.create_ingest_key().await);
        tokens.push(tenant.sign_in().await);
    }
    let mut own = Stream::open(&stratum, &tokens[0], None).await;
    let mut foreign = Stream::open(&stratum, &tokens[1], None).await;
    let sent = Instant::now();
    send(&stratum, &keys[0], "order-1").await;
    let first = own.next_of("metric_update").await;
    println!("announced {:?} after it was sent", sent.elapsed());
    assert_eq!(first.data["platform"], "meta", "{first:?}");
    let today = now().day_in(chrono_tz::UTC).0.to_string();
    assert_eq!((&first.data["date_from"], &first.data["date_to"]), (&json!(today), &json!(today)));
    let quality = own.next_of("emq_update").await;
    assert_eq!(quality.data, json!({"platform": "meta", "dataset_id": DATASET}));
    refused_rows_are_announced(&stratum, &keys[0], &mut own).await;
    let note = json!({"date_from": today, "text": "New prices"});
    let (status, answer) = stratum.post("/api/v1/notes", &tokens[0], &note).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(own.next_of("resource_update").await.data, json!({"resource": "notes"}));
    // What the other tenant hears of first is its own.
    let (_, answer) =
        stratum.post(&format!("/v24.0/{DATASET}/events"), &keys[1], &json!({"data": [{}]})).await;
    assert!(answer["error"]["code"].is_i64(), "{answer}");
    let said = foreign.next().await.expect("an event");
    assert_eq!(said.event, "ingest_rejects", "{said:?}");
    one_who_comes_back_misses_nothing(&stratum, &tokens[0], &keys[0], &first).await;
    strangers_are_refused(&stratum).await;
    a_session_takes_its_stream_along(&stratum, &tokens[1]).await;
    assert!(foreign.heartbeats + own.heartbeats > 0, "a silent stream says that it lives");
    // A stop does not wait for those who watch.
    let stopping = Instant::now();
    stratum.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(25), "{:?}", stopping.elapsed());
    while own.next().await.is_some() {}
}

async fn refused_rows_are_announced(stratum: &Stratum, key: &str, own: &mut Stream) {
    let nameless = json!({"data": [{"event_time": now().0 / 1000, "user_data": {}}]});
    stratum.post(&format!("/v24.0/{DATASET}/events"), key, &nameless).await;
    let said = own.next_of("ingest_rejects").await;
    assert_eq!((&said.data["rows"], &said.data["dataset_id"]), (&json!(1), &json!(DATASET)));
    assert!(said.data["reason"].is_string(), "{said:?}");
}

async fn one_who_comes_back_misses_nothing(stratum: &Stratum, token: &str, key: &str, seen: &Said) {
    let mut back = Stream::open(stratum, token, Some(&seen.id)).await;
    back.next_of("emq_update").await;
    back.next_of("ingest_rejects").await;
    send(stratum, key, "order-2").await;
    back.next_of("metric_update").await;
    for id in ["999999-0", "nonsense"] {
        let mut lost = Stream::open(stratum, token, Some(id)).await;
        assert_eq!(lost.next().await.expect("an event").event, "resync", "{id}");
    }
}

async fn a_session_takes_its_stream_along(stratum: &Stratum, token: &str) {
    let mut stream = Stream::open(stratum, token, None).await;
    let (status, answer) = stratum.post("/api/v1/auth/logout", token, &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let ended = Instant::now();
    while stream.next().await.is_some() {}
    assert!(ended.elapsed() < Duration::from_secs(3), "watched on for {:?}", ended.elapsed());
}

async fn strangers_are_refused(stratum: &Stratum) {
    for token in ["", "nonsense"] {
        let (status, answer) = stratum.get("/api/v1/events/stream", token).await;
        assert_eq!((status, &answer["error"]), (401, &json!("unauthorized")), "{answer}");
    }
}
