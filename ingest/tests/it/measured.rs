//! What the front door measures of itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;
use stratum_ingest::telemetry;

use crate::desk::{Desk, altered, purchase};

/// Keeps counters and gauges by name and labels.
#[derive(Default)]
struct Book(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Book {
    fn entry(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        self.0.lock().entry(name).or_default().clone()
    }

    fn count(&self, name: &str, labels: &str) -> u64 {
        self.0.lock()[&format!("{name} {labels}")].load(Relaxed)
    }
}

impl Recorder for Book {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn requests_and_rows_are_counted() {
    let book = Book::default();
    let desk = metrics::with_local_recorder(&book, Desk::new);
    desk.post_events(&[purchase("a"), purchase("b")]).await;
    desk.post_events(&[purchase("a"), altered("event_time", None)]).await;
    desk.send("/v1/1/events", &[], "{}").await;
    desk.send("/api/v1/ad-reports", &[], "{}").await;
    desk.send("/api/v1/ad-reports?access_token=TOK%2Ben%7C1", &[], "rubbish").await;
    for (name, labels, count) in [
        (telemetry::REQUESTS, "meta accepted", 1),
        (telemetry::REQUESTS, "meta refused", 1),
        (telemetry::REQUESTS, "meta unauthorized", 1),
        (telemetry::REQUESTS, "meta failed", 0),
        (telemetry::ROWS_ACCEPTED, "meta", 2),
        (telemetry::ROWS_REJECTED, "meta missing_field", 1),
        (telemetry::ROWS_REJECTED, "meta batch_rejected", 1),
        (telemetry::REQUESTS, "ad_reports unauthorized", 1),
        (telemetry::ROWS_REJECTED, "ad_reports malformed_body", 1),
        (telemetry::BODY_BYTES, "ad_reports", 9),
        (telemetry::REQUESTS_IN_FLIGHT, "meta", 0),
    ] {
        assert_eq!(book.count(name, labels), count, "{name} {labels}");
    }
}
