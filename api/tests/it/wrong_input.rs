//! Wrong input against the running program: whatever is sent, the answer is a clear error in Meta's
//! shape or the end of the connection, memory stays bounded, and the program goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stratum_models::demo::{Traffic, TrafficConfig};

use crate::fixture::Stratum;
use crate::load::{Load, now};

/// What the program may grow by while it is attacked.
const GROWTH_BYTES_MAX: u64 = 300 * 1024 * 1024;
const HUGE: u64 = 2 * 1024 * 1024 * 1024;
/// Longer than any bound the door may have.
const ANSWER_WAIT: Duration = Duration::from_secs(90);

/// What came back: the status and the JSON, or nothing when the connection was ended.
#[derive(Debug)]
struct Said {
    status: u16,
    body: Value,
}

struct Door {
    address: String,
    path: String,
}

impl Door {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(ANSWER_WAIT)).expect("a timeout");
        stream.set_write_timeout(Some(ANSWER_WAIT)).expect("a timeout");
        stream
    }

    fn head(&self, headers: &str) -> String {
        let Door { address, path } = self;
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n")
    }

    /// Sends a whole body.
    fn post(&self, headers: &str, body: &[u8]) -> Said {
        let mut stream = self.connect();
        let head = self.head(&format!("content-length: {}\r\n{headers}", body.len()));
        stream.write_all(head.as_bytes()).expect("a head");
        // The server may have heard enough before the end.
        let _ = stream.write_all(body);
        read(stream).expect("an answer")
    }
}

fn read(mut stream: TcpStream) -> Option<Said> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("an answer in UTF-8");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    // A body may come in chunks; what is ours begins and ends with a brace.
    let body = &body[body.find('{')?..=body.rfind('}')?];
    Some(Said { status, body: serde_json::from_str(body).expect("JSON") })
}

fn assert_refused(what: &str, said: &Said, statuses: &[u16]) {
    let Said { status, body } = said;
    assert!(statuses.contains(status), "{what}: {status} {body}");
    let error = &body["error"];
    let whole = error["message"].is_string() && error["type"].is_string() && error["code"].is_i64();
    assert!(whole, "{what}: not Meta's shape: {body}");
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a living process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("resident memory");
    let kilobytes: u64 =
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes * 1024
}

struct Siege {
    stratum: Stratum,
    load: Load,
    door: Door,
    calm_bytes: u64,
}

impl Siege {
    async fn begin() -> Siege {
        let stratum = Stratum::start(&[]).await;
        let load = Load::create(&stratum, 5).await;
        let dataset = &load.world.tenants[0].datasets[0];
        let key = &load.tenants[0].ingest_key;
        let path = format!("/v24.0/{dataset}/events?access_token={key}");
        let address = stratum.url().trim_start_matches("http://").to_owned();
        let siege = Siege { door: Door { address, path }, calm_bytes: 0, stratum, load };
        // Memory before the first request would be too little to compare with.
        siege.still_serves().await;
        let calm_bytes = resident(siege.stratum.pid());
        Siege { calm_bytes, ..siege }
    }

    /// Ends the siege: the program must have stood it.
    async fn end(self) {
        self.still_serves().await;
        let output = self.stratum.output();
        assert!(!output.contains("panicked"), "{output}");
    }

    async fn still_serves(&self) {
        let traffic = Traffic::new(self.load.world.clone(), TrafficConfig::plain(50), 1, now());
        let sent = self.load.send(&traffic.take(1).next().expect("a request")).await;
        let answer = sent.expect("an answer: the program lives");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn assert_bounded(&self, what: &str) {
        let grown = resident(self.stratum.pid()).saturating_sub(self.calm_bytes);
        assert!(grown < GROWTH_BYTES_MAX, "{what}: grew by {} MB", grown / 1_000_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_mean_nothing_are_refused() {
    let siege = Siege::begin().await;
    let door = &siege.door;
    let gzip = "content-encoding: gzip\r\n";
    let nested = [&b"{\"data\":"[..], &[b'['; 10_000], &[b']'; 10_000], b"}"].concat();
    let objects = "{\"a\":".repeat(10_000);
    for (what, headers, body) in [
        ("nothing", "", &b""[..]),
        ("text", "", b"not json"),
        ("half a JSON", "", b"{\"data\":[{\"event_name\":"),
        ("not UTF-8", "", b"{\"data\":[{\"event_name\":\"\xff\xfe\"}]}"),
        ("a lone surrogate's half in a form", "", b"data=%ff%fe"),
        ("truncated gzip", gzip, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a"),
        ("gzip that is none", gzip, b"\x1f\x8bnot gzip at all"),
        ("nested lists", "", &nested),
        ("nested objects", "", objects.as_bytes()),
        ("a number", "", b"17"),
        ("zeros", "", &[0; 4096]),
        (
            "multipart without an end",
            "content-type: multipart/form-data; boundary=x\r\n",
            b"--x\r\n",
        ),
    ] {
        assert_refused(what, &door.post(headers, body), &[400]);
        siege.assert_bounded(what);
    }
    siege.end().await;
}

/// Fields of a good event; each is put out of shape in turn.
const FIELDS: &[&str] = &[
    "/event_name",
    "/event_time",
    "/event_id",
    "/action_source",
    "/event_source_url",
    "/opt_out",
    "/data_processing_options",
    "/data_processing_options_state",
    "/user_data",
    "/user_data/em",
    "/user_data/fbc",
    "/user_data/client_ip_address",
    "/custom_data",
    "/custom_data/value",
    "/custom_data/currency",
    "/custom_data/order_id",
    "/custom_data/contents",
];
/// As they stand in the JSON text; the last two make it no JSON.
const SHAPES: &[&str] = &[
    "null",
    "true",
    "{}",
    "[]",
    "[null]",
    "[[[]]]",
    "{\"a\":{}}",
    "\"\"",
    "\"NaN\"",
    "-1",
    "0",
    "1e400",
    "-1e-400",
    "99999999999999999999999",
    "0.1234567890123456789",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "LONG",
    "NaN",
    "-Infinity",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_field_may_be_wrong_in_every_way() {
    let siege = Siege::begin().await;
    let good = json!({
        "event_name": "Purchase",
        "event_time": now().0 / 1_000,
        "event_id": "shape",
        "action_source": "website",
        "event_source_url": "https://shop.example/",
        "opt_out": false,
        "data_processing_options": [],
        "data_processing_options_state": 0,
        "user_data": {"em": ["a@example.com"], "fbc": "x", "client_ip_address": "81.20.30.40"},
        "custom_data": {"value": 1, "currency": "EUR", "order_id": "1", "contents": []},
    });
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for field in FIELDS {
        for shape in SHAPES {
            let mut event = good.clone();
            *event.pointer_mut(field).expect("a field of ours") = "SHAPE".into();
            let text = json!({ "data": [event] }).to_string();
            let shape = if *shape == "LONG" { &long } else { *shape };
            let said = siege.door.post("", text.replace("\"SHAPE\"", shape).as_bytes());
            if said.status != 200 {
                let start: String = shape.chars().take(30).collect();
                assert_refused(&format!("{field} as {start}"), &said, &[400]);
            }
        }
        let mut event = good.clone();
        let (parent, name) = field.rsplit_once('/').expect("a path");
        event.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object").remove(name);
        let said = siege.door.post("", json!({ "data": [event] }).to_string().as_bytes());
        if said.status != 200 {
            assert_refused(&format!("without {field}"), &said, &[400]);
        }
        siege.assert_bounded(field);
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_without_end_are_cut_off() {
    let siege = Siege::begin().await;
    for (what, headers, chunked) in [
        ("2 GB, announced", format!("content-length: {HUGE}\r\n"), false),
        ("2 GB in chunks", "transfer-encoding: chunked\r\n".to_owned(), true),
    ] {
        let mut stream = siege.door.connect();
        stream.write_all(siege.door.head(&headers).as_bytes()).expect("a head");
        let sent = stream_body(&mut stream, chunked);
        assert!(sent < HUGE, "{what}: all of it was taken");
        if let Some(said) = read(stream) {
            assert_refused(what, &said, &[400, 413]);
        }
        siege.assert_bounded(what);
        siege.still_serves().await;
    }
    // A megabyte that unpacks to a gigabyte.
    let bomb = gzip_of_zeros(1 << 30);
    assert_refused(
        "a gzip bomb",
        &siege.door.post("content-encoding: gzip\r\n", &bomb),
        &[400, 413],
    );
    siege.assert_bounded("a gzip bomb");
    siege.end().await;
}

/// Sends until the other side has had enough; returns how much that was.
fn stream_body(stream: &mut TcpStream, chunked: bool) -> u64 {
    let block = vec![b' '; 1 << 20];
    let mut sent = 0;
    while sent < HUGE {
        let mut piece = Vec::with_capacity(block.len() + 16);
        if chunked {
            piece.extend_from_slice(format!("{:x}\r\n", block.len()).as_bytes());
        }
        piece.extend_from_slice(&block);
        if chunked {
            piece.extend_from_slice(b"\r\n");
        }
        if stream.write_all(&piece).is_err() {
            break;
        }
        sent += block.len() as u64;
    }
    sent
}

fn gzip_of_zeros(bytes: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = vec![0; 1 << 20];
    for _ in 0..bytes / block.len() {
        packer.write_all(&block).expect("packing");
    }
    packer.finish().expect("packing")
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_a_stranger_holds_shut_nobody_out() {
    const BYTES: usize = 8 << 20;
    let siege = Siege::begin().await;
    let (events, _) = siege.door.path.split_once('?').expect("a key in the query");
    for path in [events, "/api/v1/ad-reports", &format!("{events}?access_token=stk_nobody")] {
        let door = Door { address: siege.door.address.clone(), path: path.to_owned() };
        let held: Vec<TcpStream> = (0..32)
            .map(|_| {
                let mut stream = door.connect();
                let head = door.head(&format!("content-length: {BYTES}\r\n"));
                stream.write_all(head.as_bytes()).expect("a head");
                // Whoever is refused finds the connection ended.
                let _ = stream.write_all(&vec![b' '; BYTES - 1]);
                stream
            })
            .collect();
        for _ in 0..5 {
            siege.still_serves().await;
        }
        siege.assert_bounded(path);
        drop(held);
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_hold_nobody_up() {
    let siege = Siege::begin().await;
    let start = Instant::now();
    let mut slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = siege.door.connect();
            let head = siege.door.head("content-length: 100000\r\n");
            stream.write_all(head.as_bytes()).expect("a head");
            stream.write_all(b"{\"data\":[").expect("the beginning of a body");
            stream
        })
        .collect();
    for _ in 0..20 {
        siege.still_serves().await;
    }
    siege.assert_bounded("a hundred slow senders");
    // One of them is waited for: it is cut off in time, with an answer or without.
    let said = read(slow.pop().expect("a slow sender"));
    assert!(start.elapsed() < ANSWER_WAIT, "a slow body may be as slow as it likes");
    if let Some(said) = said {
        assert_refused("a slow body", &said, &[400, 408]);
    }
    siege.end().await;
}
