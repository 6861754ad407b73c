//! A small Meta that takes events: by script it answers well, refuses, wants to be left alone, fails, hangs or
//! breaks off. It remembers what it took, and how often.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const TOKEN: &str = "EAAB-hunter2-delivery";

/// How one request is answered instead of well.
#[derive(Clone, Debug)]
pub enum Trick {
    /// 429, with how many seconds to wait where that is said.
    Throttle(Option<u32>),
    /// Meta's words for having had too many.
    Busy,
    /// 500 in Meta's words.
    Fail,
    /// A page of some proxy's.
    Html,
    /// No answer.
    Hang,
    /// Half of an answer. What was sent is taken all the same.
    Cut,
}

#[derive(Default)]
struct Desk {
    tricks: VecDeque<Trick>,
    /// Events that are refused, and whether it is said which.
    bad: BTreeSet<String>,
    names_bad: bool,
    token: Option<String>,
    /// How often each event was taken, by its id.
    taken: BTreeMap<String, u32>,
    /// The last whole bodies with their paths and headers.
    requests: Vec<(String, HeaderMap, Value)>,
}

/// It ends with the test.
pub struct Vendor {
    desk: Arc<Mutex<Desk>>,
    url: String,
    serving: JoinHandle<()>,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Vendor {
    pub async fn start() -> Vendor {
        let desk = Arc::new(Mutex::new(Desk { token: Some(TOKEN.into()), ..Desk::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v25.0", listener.local_addr().unwrap());
        let route = axum::routing::post(answer);
        let router = axum::Router::new().route("/v25.0/{pixel}/events", route);
        let router = router.with_state(desk.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Vendor { desk, url, serving }
    }

    /// The environment of a process that delivers here, without taking its time.
    pub fn env(&self) -> [(&str, &str); 6] {
        [
            ("STRATUM__deliver__urls__meta", &self.url),
            ("STRATUM__deliver__refresh_ms", "100"),
            ("STRATUM__deliver__linger_ms", "50"),
            ("STRATUM__deliver__answer_ms_max", "1500"),
            ("STRATUM__deliver__pause__first_ms_max", "50"),
            ("STRATUM__deliver__pause__ms_max", "400"),
        ]
    }

    pub fn play(&self, trick: Trick) {
        self.desk.lock().tricks.push_back(trick);
    }

    /// Whether every trick was played.
    pub fn is_done(&self) -> bool {
        self.desk.lock().tricks.is_empty()
    }

    /// Refuses events of these ids, and with them their requests.
    pub fn refuse(&self, ids: &[&str], names_them: bool) {
        let mut desk = self.desk.lock();
        desk.bad = ids.iter().map(|id| (*id).to_owned()).collect();
        desk.names_bad = names_them;
    }

    /// Accepts no other token.
    pub fn accept(&self, token: &str) {
        self.desk.lock().token = Some(token.to_owned());
    }

    pub fn taken(&self) -> BTreeMap<String, u32> {
        self.desk.lock().taken.clone()
    }

    pub fn has(&self, id: &str) -> bool {
        self.desk.lock().taken.contains_key(id)
    }

    /// Path, headers and body of the last request that was taken.
    pub fn last(&self) -> (String, HeaderMap, Value) {
        self.desk.lock().requests.last().cloned().expect("a request")
    }
}

fn error(status: u16, error: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, Json(json!({"error": error}))).into_response()
}

async fn answer(
    State(desk): State<Arc<Mutex<Desk>>>,
    Path(pixel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let trick = desk.lock().tricks.pop_front();
    match trick {
        None | Some(Trick::Cut) => {}
        Some(Trick::Throttle(seconds)) => {
            let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
            if let Some(seconds) = seconds {
                response.headers_mut().insert("retry-after", seconds.into());
            }
            return response;
        }
        Some(Trick::Busy) => {
            return error(400, json!({"code": 17, "message": "User request limit reached"}));
        }
        Some(Trick::Fail) => {
            return error(500, json!({"code": 2, "message": "An unexpected error has occurred"}));
        }
        Some(Trick::Html) => {
            return (StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>").into_response();
        }
        Some(Trick::Hang) => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            return StatusCode::OK.into_response();
        }
    }
    let taken = take(&mut desk.lock(), pixel, headers, &body);
    if !matches!(trick, Some(Trick::Cut)) {
        return taken;
    }
    let half = Bytes::from_static(br#"{"events_rec"#);
    let broken = std::io::Error::other("cut");
    Body::from_stream(stream::iter([Ok(half), Err(broken)])).into_response().into_response()
}

fn take(desk: &mut Desk, pixel: String, headers: HeaderMap, body: &[u8]) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    if token != desk.token.as_deref() {
        let message = format!("Malformed access token {}", token.unwrap_or_default());
        return error(400, json!({"code": 190, "message": message, "fbtrace_id": "AbC-190"}));
    }
    let body: Value = serde_json::from_slice(body).unwrap();
    let events = body["data"].as_array().unwrap().clone();
    assert!((1..=1000).contains(&events.len()), "{} events", events.len());
    let ids: Vec<_> = events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    if let Some(at) = ids.iter().position(|id| desk.bad.contains(*id)) {
        let mut refusal = json!({
            "code": 100, "error_subcode": 2804003, "error_user_title": "Event Timestamp Too Old",
            "message": "Invalid parameter", "fbtrace_id": "AbC-100",
        });
        if desk.names_bad {
            refusal["error_data"] =
                json!({"blame_field_specs": [[format!("data[{at}].event_time")]]});
        }
        return error(400, refusal);
    }
    for id in &ids {
        *desk.taken.entry((*id).to_owned()).or_default() += 1;
    }
    let taken = json!({"events_received": ids.len(), "messages": [], "fbtrace_id": "AbC-1"});
    desk.requests.push((pixel, headers, body.clone()));
    Json(taken).into_response()
}
