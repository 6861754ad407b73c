//! What stands before the routes of the running program: limits, origins, headers, time, and one shape
//! of refusals.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use nix::sys::signal::{Signal, kill};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::fixture::Stratum;
use crate::operation::clickhouse_of;

const ORIGIN: &str = "https://app.example";
const ME: &str = "/api/v1/auth/me";
const KPIS: &str = "/api/v1/analytics/kpis";
const LOGIN: &str = "/api/v1/auth/login";
const SETTINGS: &[(&str, &str)] = &[
    ("STRATUM__http__trusted_proxies", "127.0.0.0/8"),
    ("STRATUM__http__cors_origins", ORIGIN),
    ("STRATUM__http__hsts_s", "600"),
    ("STRATUM__http__answer_ms_max", "5000"),
    ("STRATUM__http__limits__sign_in_per_min", "1"),
    ("STRATUM__http__limits__sign_in_burst", "5"),
    ("STRATUM__http__limits__caller_per_s", "1"),
    ("STRATUM__http__limits__caller_burst", "40"),
];

fn ask(stratum: &Stratum, method: Method, path: &str) -> RequestBuilder {
    stratum.client().request(method, format!("{}{path}", stratum.url()))
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_holds() {
    let stratum = Stratum::start(SETTINGS).await;
    let tenant = stratum.create_tenant("One", "UTC", "USD").await;
    let (token, other) = (tenant.sign_in().await, tenant.sign_in().await);
    origins_are_told(&stratum, &token).await;
    every_answer_has_its_headers(&stratum, &token).await;
    refusals_have_one_shape(&stratum).await;
    a_caller_has_an_allowance(&stratum, &token, &other).await;
    sign_in_has_an_allowance_by_address(&stratum).await;
    an_answer_that_takes_too_long_is_given_up(&stratum, &other).await;
}

async fn origins_are_told(stratum: &Stratum, token: &str) {
    let preflight = |origin: &'static str| {
        let request = ask(stratum, Method::OPTIONS, KPIS).header("origin", origin);
        let request = request.header("access-control-request-method", "GET");
        request.header("access-control-request-headers", "authorization")
    };
    let answer = send(preflight(ORIGIN)).await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "access-control-allow-origin")),
        (200, ORIGIN)
    );
    assert!(header(&answer, "access-control-allow-headers").contains("authorization"));
    assert_eq!(header(&answer, "access-control-allow-credentials"), "");
    let answer = send(preflight("https://evil.example")).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), "");
    // A page must be able to read a refusal too.
    for (bearer, status) in [(token, 200), ("nonsense", 401)] {
        let answer =
            send(ask(stratum, Method::GET, ME).bearer_auth(bearer).header("origin", ORIGIN)).await;
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "access-control-allow-origin")),
            (status, ORIGIN)
        );
    }
}

async fn every_answer_has_its_headers(stratum: &Stratum, token: &str) {
    for path in ["/", ME, "/nowhere", "/health", "/v24.0/1/events"] {
        let answer = send(ask(stratum, Method::GET, path).bearer_auth(token)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=600; includeSubDomains"),
        ] {
            assert_eq!(header(&answer, name), value, "{path} {name}");
        }
        assert!(header(&answer, "content-security-policy").contains("default-src 'none'"));
        assert!(!header(&answer, "x-request-id").is_empty(), "{path}");
    }
}

async fn refusals_have_one_shape(stratum: &Stratum) {
    let json_of = "application/json";
    let large = format!("\"{}\"", "x".repeat(70_000));
    // Each from another address, so that none meets the limit of sign-in.
    for (at, (method, path, content_type, body, status, code)) in [
        (Method::GET, "/api/v1/nowhere", json_of, "", 404, "not_found"),
        (Method::PUT, KPIS, json_of, "{}", 405, "method_not_allowed"),
        (Method::POST, LOGIN, "text/plain", "{}", 415, "unsupported_media_type"),
        (Method::POST, LOGIN, json_of, "{\"password\": \"hunter2", 400, "validation_error"),
        (Method::POST, LOGIN, json_of, "{\"email\": 5}", 422, "unprocessable_entity"),
        (Method::POST, LOGIN, json_of, &large, 413, "payload_too_large"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = ask(stratum, method.clone(), path).header("content-type", content_type);
        let request = request.header("x-forwarded-for", format!("198.51.100.{at}"));
        let answer = send(request.body(body.to_owned())).await;
        let allow = header(&answer, "allow").to_owned();
        let said = answer.status().as_u16();
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!((said, &body["error"]), (status, &json!(code)), "{method} {path}: {body}");
        assert_eq!(body["success"], false);
        assert!(body["message"].is_string() && body["details"].is_array(), "{body}");
        assert!(body["request_id"].is_string() && !body.to_string().contains("hunter2"), "{body}");
        assert_eq!(allow.is_empty(), status != 405, "{method} {path}: {allow}");
    }
}

async fn a_caller_has_an_allowance(stratum: &Stratum, token: &str, other: &str) {
    let mut refused = None;
    for _ in 0..60 {
        let answer = send(ask(stratum, Method::GET, ME).bearer_auth(token)).await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status(), 200);
    }
    let answer = refused.expect("sixty requests at once pass");
    assert!(header(&answer, "retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["error"], "rate_limited");
    assert_eq!(stratum.get(ME, other).await.0, 200, "another user has an allowance of their own");
}

async fn sign_in_has_an_allowance_by_address(stratum: &Stratum) {
    static ACCOUNT: AtomicU32 = AtomicU32::new(0);
    let login = async |address: &str| {
        let request = ask(stratum, Method::POST, LOGIN).header("x-forwarded-for", address);
        // Always another account: one of its own locks after five failures.
        let number = ACCOUNT.fetch_add(1, Ordering::Relaxed);
        let email = format!("nobody-{number}@example.com");
        send(request.json(&json!({"email": email, "password": "x"}))).await
    };
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(login("203.0.113.7").await.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    // What a client claims beyond our proxy does not give it another address.
    assert_eq!(login("6.6.6.6, 203.0.113.7").await.status(), 429);
    assert_eq!(login("203.0.113.8").await.status(), 401);
}

async fn an_answer_that_takes_too_long_is_given_up(stratum: &Stratum, token: &str) {
    let clickhouse = clickhouse_of(stratum);
    kill(clickhouse, Signal::SIGSTOP).unwrap();
    let asked = Instant::now();
    let (status, answer) = stratum.get(KPIS, token).await;
    kill(clickhouse, Signal::SIGCONT).unwrap();
    assert_eq!((status, &answer["error"]), (503, &json!("unavailable")), "{answer}");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

const CONNECTIONS: &[(&str, &str)] = &[
    ("STRATUM__server__connections_max", "40"),
    ("STRATUM__server__connections_per_address_max", "12"),
    ("STRATUM__server__head_ms_max", "1500"),
    ("STRATUM__server__pace__behind_ms_max", "2000"),
    ("STRATUM__http__limits__client_per_s", "0"),
];
/// A busy machine is slow.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// A connection from this address of the machine.
async fn connect(stratum: &Stratum, from: [u8; 4]) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(stratum.url().trim_start_matches("http://").parse().unwrap()).await
}

/// What comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(ENDED_WITHIN, stream.read_to_end(&mut text)).await;
    // It may end with a reset.
    read.expect("the connection stays").ok();
    String::from_utf8_lossy(&text).into_owned()
}

async fn is_served(stratum: &Stratum, from: [u8; 4]) {
    let mut stream = connect(stratum, from).await.unwrap();
    let request = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{from:?}: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_one_address_shut_nobody_out() {
    let mut stratum = Stratum::start(CONNECTIONS).await;
    let token = stratum.create_tenant("One", "UTC", "USD").await.sign_in().await;
    a_head_has_an_end(&stratum).await;
    heads_have_a_bound(&stratum).await;
    resting_connections_make_room(&stratum).await;
    busy_ones_do_not(&stratum, &token).await;
    a_body_has_a_least_rate(&stratum).await;
    stratum.stop().await;
}

/// A byte now and then keeps no connection.
async fn a_head_has_an_end(stratum: &Stratum) {
    let mut stream = connect(stratum, [127, 0, 0, 2]).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let began = Instant::now();
    while stream.write_all(b"y").await.is_ok() {
        assert!(began.elapsed() < ENDED_WITHIN, "a head without an end lives on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // A whole request does not end a connection: the next one's head has its own time.
    let mut stream = connect(stratum, [127, 0, 0, 2]).await.unwrap();
    for _ in 0..4 {
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

async fn heads_have_a_bound(stratum: &Stratum) {
    let mut stream = connect(stratum, [127, 0, 0, 2]).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    stream.write_all(head.as_bytes()).await.ok();
    // What it sent beyond the bound may reset the connection before the answer is read.
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

/// More than an address may have: those that rest go, and another address has its places.
async fn resting_connections_make_room(stratum: &Stratum) {
    let mut held = Vec::new();
    for _ in 0..30 {
        held.push(connect(stratum, [127, 0, 0, 3]).await.unwrap());
    }
    is_served(stratum, [127, 0, 0, 3]).await;
    is_served(stratum, [127, 0, 0, 4]).await;
    // All places, by several addresses.
    for last in 5..12 {
        for _ in 0..10 {
            held.push(connect(stratum, [127, 0, 0, last]).await.unwrap());
        }
    }
    for last in [5, 12, 13] {
        is_served(stratum, [127, 0, 0, last]).await;
    }
}

/// Live streams of one address fill its places, and no one else's; none of them is cut off.
async fn busy_ones_do_not(stratum: &Stratum, token: &str) {
    let request = format!(
        "GET /api/v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut held = Vec::new();
    for _ in 0..12 {
        let mut stream = connect(stratum, [127, 0, 0, 14]).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        held.push(stream);
    }
    let mut stream = connect(stratum, [127, 0, 0, 14]).await.unwrap();
    stream.write_all(request.as_bytes()).await.ok();
    assert_eq!(rest(&mut stream).await, "", "one more than an address may have");
    is_served(stratum, [127, 0, 0, 15]).await;
    for stream in &held {
        let mut byte = [0];
        let ended = stream.peek(&mut byte).now_or_never();
        assert!(!matches!(ended, Some(Ok(0) | Err(_))), "a stream was cut off");
    }
}

async fn a_body_has_a_least_rate(stratum: &Stratum) {
    let mut stream = connect(stratum, [127, 0, 0, 16]).await.unwrap();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = [0; 512];
    let read = loop {
        stream.write_all(b" ").await.ok();
        match tokio::time::timeout(Duration::from_millis(200), stream.read(&mut answer)).await {
            Ok(read) => break read.unwrap_or_default(),
            Err(_) => assert!(began.elapsed() < ENDED_WITHIN, "a body without an end lives on"),
        }
    };
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}
