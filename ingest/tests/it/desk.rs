//! A front door on memory twins, and what stands in its log.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use arrow::array::{Array, ArrayRef, TimestampMillisecondArray};
use arrow::util::display::array_value_to_string;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use stratum_ingest::append::{AppendConfig, Appender};
use stratum_ingest::config::DoorConfig;
use stratum_ingest::receive::FrontDoor;
use stratum_ingest::router;
use stratum_models::directory::TenantDirectory;
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::record::{RecordKind, decode};
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::time::{Clock, UnixMillis};
use stratum_testing::entropy::CountingEntropy;
use stratum_testing::identifier_keys;
use stratum_testing::memory_directory::{KeyGrant, MemoryDirectory};
use stratum_testing::memory_log::MemoryLog;
use tower::ServiceExt;

/// The time it is: 100 s after the events of the fixtures.
pub const NOW: UnixMillis = UnixMillis(1_790_000_100_000);
/// The key of tenant 7, as the fixtures carry it.
pub const KEY: &str = "TOK+en|1";
/// Its dataset.
pub const DATASET: &str = "1234567890";

pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Relaxed))
    }
}

/// A row of the log, column by column as text; null columns are left out.
pub type LogRow = BTreeMap<String, String>;

pub struct Desk {
    pub router: Router,
    pub log: MemoryLog,
}

/// An answer: status, body, and the time a sender is told to wait.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<String>,
}

impl Answer {
    /// `error.code` of Meta's shape.
    pub fn code(&self) -> (u16, i64, i64) {
        let number = |field: &str| self.body["error"][field].as_i64().unwrap_or(0);
        (self.status.as_u16(), number("code"), number("error_subcode"))
    }

    /// `error.error_user_msg` of Meta's shape.
    pub fn text(&self) -> &str {
        self.body["error"]["error_user_msg"].as_str().unwrap_or_default()
    }
}

impl Desk {
    pub fn new() -> Desk {
        Desk::with(DoorConfig::default(), AppendConfig::default())
    }

    pub fn with(config: DoorConfig, append: AppendConfig) -> Desk {
        let tenant = TenantId(7);
        let directory = MemoryDirectory::new()
            .with_tenant(tenant, chrono_tz::America::Los_Angeles)
            .with_tenant(TenantId(8), chrono_tz::UTC)
            .with_dataset(tenant, Platform::Meta, DATASET)
            .with_dataset(tenant, Platform::Tiktok, DATASET)
            .with_dataset(tenant, Platform::Pinterest, DATASET)
            .with_dataset(tenant, Platform::Google, DATASET)
            .with_dataset(tenant, Platform::Snapchat, DATASET)
            .with_named_dataset(tenant, Platform::Linkedin, DATASET, "Purchase")
            .with_dataset(tenant, Platform::Linkedin, "77")
            .with_dataset(tenant, Platform::Snapchat, "a-1")
            .with_dataset(tenant, None, DATASET)
            .with_dataset(TenantId(8), Platform::Meta, "88")
            .with_key(KEY, tenant)
            .with_key("other-tenant", TenantId(8));
        directory.put_key("revoked", KeyGrant::Revoked);
        directory.put_key("read-only", KeyGrant::OtherScope(tenant));
        Desk::serving(Arc::new(directory), config, append)
    }

    pub fn serving(
        directory: Arc<dyn TenantDirectory>,
        config: DoorConfig,
        append: AppendConfig,
    ) -> Desk {
        let log = MemoryLog::new(4, 2);
        let router = router(FrontDoor {
            keys: identifier_keys(),
            directory,
            appender: Appender::start(Arc::new(log.clone()), append),
            clock: Arc::new(HandClock(AtomicI64::new(NOW.0))),
            entropy: Arc::new(CountingEntropy::default()),
            client: |of| of.get::<IpAddr>().copied(),
            config,
            trace_seed: 1,
        });
        Desk { router, log }
    }

    /// Posts events to the fixtures' dataset with the key in the query.
    pub async fn post(&self, body: impl Into<Body>) -> Answer {
        self.send("/v26.0/1234567890/events?access_token=TOK%2Ben%7C1", &[], body).await
    }

    /// Posts these events, encoded as most senders do.
    pub async fn post_events(&self, events: &[Value]) -> Answer {
        self.post(json!({ "data": events }).to_string()).await
    }

    pub async fn send(&self, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.ask("POST", uri, headers, body).await
    }

    pub async fn ask(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let header =
            |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let retry_after = header("retry-after");
        let is_json =
            header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(is_json || bytes.is_empty(), "{status}: an answer that is no JSON");
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, body, retry_after }
    }

    /// The rows of this kind in the log, in the order of their partitions.
    pub fn rows(&self, topic: Topic, kind: RecordKind) -> Vec<LogRow> {
        let mut rows = Vec::new();
        for record in self.log.records(topic) {
            let (found, batch) = decode(&record.bytes).unwrap();
            if found != kind {
                continue;
            }
            for at in 0..batch.num_rows() {
                let mut row = LogRow::new();
                for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                    if !column.is_null(at) {
                        row.insert(field.name().clone(), shown(column, at));
                    }
                }
                rows.push(row);
            }
        }
        rows
    }

    /// Accepted events by event id.
    pub fn events(&self) -> Vec<LogRow> {
        let mut rows = self.rows(Topic::Events, RecordKind::Events);
        rows.sort_by(|a, b| a.get("event_id").cmp(&b.get("event_id")));
        rows
    }

    /// Reason and field of each refused event, sorted by field.
    pub fn rejections(&self) -> Vec<(String, String)> {
        rejected(&self.rows(Topic::Events, RecordKind::Rejections))
    }

    /// The bytes of every batch in the log, unpacked: what a search for clear text looks at.
    pub fn unpacked(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for topic in [Topic::Events, Topic::AdReports] {
            for record in self.log.records(topic) {
                let (_, batch) = decode(&record.bytes).unwrap();
                for column in batch.columns() {
                    collect(&column.to_data(), &mut all);
                }
            }
        }
        all
    }
}

fn shown(column: &ArrayRef, at: usize) -> String {
    match column.as_any().downcast_ref::<TimestampMillisecondArray>() {
        Some(times) => {
            UnixMillis(times.value(at)).to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
        }
        None => array_value_to_string(column, at).unwrap(),
    }
}

fn collect(data: &arrow::array::ArrayData, all: &mut Vec<u8>) {
    for buffer in data.buffers() {
        all.extend_from_slice(buffer.as_slice());
    }
    for child in data.child_data() {
        collect(child, all);
    }
}

/// Reason and field of each row that rejections count, sorted by field; fields without their rows aside.
pub fn rejected(rows: &[LogRow]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row["kind"] != RowKind::Field.code().to_string()) {
        let one = (reason(row).to_string(), row["field"].clone());
        all.extend(std::iter::repeat_n(one, row["row_count"].parse().unwrap()));
    }
    all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    all
}

/// The reason of a rejection.
pub fn reason(row: &LogRow) -> RejectReason {
    RejectReason::from_code(row["reason"].parse().unwrap()).unwrap()
}

/// A purchase that breaks no rule.
pub fn purchase(id: &str) -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": 1_790_000_000,
        "action_source": "website",
        "event_id": id,
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
            "client_ip_address": "203.0.113.45",
            "client_user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
        },
        "custom_data": {"value": 10.5, "currency": "EUR"}
    })
}

/// The same with this field replaced, or removed for `None`. The path is dotted.
pub fn altered(path: &str, value: Option<Value>) -> Value {
    let mut event = purchase("altered");
    let (parents, leaf) =
        path.rsplit_once('.').map_or(("", path), |(parents, leaf)| (parents, leaf));
    let mut at = &mut event;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        at = &mut at[parent];
    }
    let object = at.as_object_mut().unwrap();
    match value {
        Some(value) => drop(object.insert(leaf.to_owned(), value)),
        None => drop(object.remove(leaf)),
    }
    event
}

/// Packed as a sender would.
pub fn gzip(plain: &[u8]) -> Bytes {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap().into()
}
