//! Errors of the program, sent to a service that gathers them, where one is named. Of an error go out
//! our own words for it, its place and a few fields that are never personal; no user, no request, no
//! error text of a store, nothing of what came before.

use std::collections::BTreeMap;
use std::fmt::Debug;

use sentry::protocol::Event;
use sentry::{ClientInitGuard, ClientOptions, Level};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};

use stratum_models::secret::Secret;

/// Fields of a log line that go out with it.
const FIELDS: &[&str] = &[
    "store",
    "engine",
    "step",
    "status",
    "http.route",
    "request.id",
    "log.topic",
    "log.partition",
    "log.offset",
];
/// Lines of other crates may hold anything.
const OURS: &str = "stratum";

/// The address of the service cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("SENTRY_DSN (telemetry.sentry_dsn) does not read like https://key@host/project")]
pub struct BadAddress;

/// Begins to send, until the guard is dropped; `None` where no address is set.
pub fn start(dsn: &Secret) -> Result<Option<ClientInitGuard>, BadAddress> {
    if dsn.is_empty() {
        return Ok(None);
    }
    let dsn = dsn.expose().parse().map_err(|_| BadAddress)?;
    // What the libraries would add by themselves (panics with their text, the machine) stays here.
    let mut options = ClientOptions::default();
    options.dsn = Some(dsn);
    options.release = Some(env!("CARGO_PKG_VERSION").into());
    options.default_integrations = false;
    options.max_breadcrumbs = 0;
    options.server_name = Some("stratum".into());
    Ok(Some(sentry::init(options)))
}

/// Sends the errors among the log lines.
pub struct ErrorReports;

impl<S: tracing::Subscriber> Layer<S> for ErrorReports {
    fn on_event(&self, line: &tracing::Event<'_>, _: Context<'_, S>) {
        if let Some(event) = report_of(line) {
            sentry::capture_event(event);
        }
    }
}

/// The event that goes out of a log line; `None` of all but our errors.
fn report_of(line: &tracing::Event<'_>) -> Option<Event<'static>> {
    let metadata = line.metadata();
    if *metadata.level() != tracing::Level::ERROR || !metadata.target().starts_with(OURS) {
        return None;
    }
    let mut fields = Fields::default();
    line.record(&mut fields);
    Some(Event {
        level: Level::Error,
        logger: Some(metadata.target().to_owned()),
        message: Some(fields.message),
        culprit: metadata.line().map(|line| format!("{}:{line}", metadata.target())),
        tags: fields.tags,
        ..Event::default()
    })
}

#[derive(Default)]
struct Fields {
    message: String,
    tags: BTreeMap<String, String>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if FIELDS.contains(&field.name()) {
            self.tags.insert(field.name().to_owned(), value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.record_str(field, &format!("{value:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Gathered(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Gathered {
        fn on_event(&self, line: &tracing::Event<'_>, _: Context<'_, S>) {
            let sent = report_of(line).map(|event| serde_json::to_string(&event).unwrap());
            self.0.lock().extend(sent);
        }
    }

    #[test]
    fn nothing_is_sent_where_no_address_is_set() {
        assert!(start(&Secret::default()).unwrap().is_none());
        let error = start(&Secret::new("hunter2".into())).err().unwrap();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn an_error_goes_out_without_anything_personal() {
        let gathered = Gathered::default();
        let subscriber = tracing_subscriber::registry().with(gathered.clone());
        tracing::subscriber::with_default(subscriber, || {
            let error = "duplicate key (ana@example.com)";
            tracing::error!(error, store = "state", request.id = %"r-1", "store refused");
            tracing::warn!(store = "log", "store did not answer");
            tracing::error!(target: "sqlx::query", "key (ana@example.com) exists");
        });
        let sent = gathered.0.lock().clone();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(!sent[0].contains("ana@example.com"), "{sent:?}");
        for kept in ["store refused", "\"state\"", "r-1"] {
            assert!(sent[0].contains(kept), "{kept}: {sent:?}");
        }
    }
}
