//! What a body says of a destination, and the rules on it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use stratum_deliver::platform::{DeliveryPlatform, TestEvents};
use stratum_http::answer::Refusal;
use stratum_http::rules::{Rules, distinct, sent, set};
use stratum_models::connector::Credentials;
use stratum_models::delivery::{ConsentPolicy, DeliveryMode};
use stratum_models::secret::Secret;
use stratum_state::dataset::Dataset;
use stratum_state::destination::NewDestination;
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 200;
const CODE_CHARS_MAX: usize = 100;
const EVENT_NAMES_MAX: usize = 100;
const EVENT_NAME_CHARS_MAX: usize = 100;
const CREDENTIAL_BYTES_MAX: usize = 8_192;

/// A destination to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationBody {
    /// The dataset whose events it gets; never changes.
    pub dataset_id: Uuid,
    /// The name to show, unique among destinations; made of platform and pixel if absent.
    name: Option<String>,
    /// The pixel or dataset at the platform; the dataset's own id if absent.
    remote_id: Option<String>,
    /// What is done with events; `live` if absent.
    mode: Option<DeliveryMode>,
    /// The names of events that it takes; all if absent.
    event_names: Option<Vec<String>>,
    /// What is done with events whose use is restricted; `as_sent` if absent.
    consent: Option<ConsentPolicy>,
    /// The platform's code for test events, which mode `test` and trials need.
    test_code: Option<String>,
    /// Credentials by name: `access_token`, or `api_secret` of Google.
    #[schema(value_type = Option<BTreeMap<String, String>>, write_only)]
    credentials: Option<Credentials>,
}

/// What is new of a destination. What is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationChange {
    /// Name to show.
    name: Option<String>,
    /// The pixel or dataset at the platform.
    remote_id: Option<String>,
    /// What is done with events.
    mode: Option<DeliveryMode>,
    /// The names of events that it takes; null for all.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Vec<String>>)]
    event_names: Option<Option<Vec<String>>>,
    /// What is done with events whose use is restricted.
    consent: Option<ConsentPolicy>,
    /// The platform's code for test events; null for none.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    test_code: Option<Option<String>>,
    /// Credentials by name: a text sets one, null forgets it, the others stay.
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>, write_only)]
    credentials: Option<BTreeMap<String, Option<Secret>>>,
}

/// What a destination is made with, for the audit log; of credentials only which.
pub fn told(new: &NewDestination, credentials: &Credentials) -> Value {
    json!({
        "name": new.name, "remote_id": new.remote_id, "mode": new.mode, "consent": new.consent,
        "event_names": new.event_names, "credentials": credentials.names().collect::<Vec<_>>(),
    })
}

impl DestinationBody {
    /// The destination and the credentials this says; 422 where it breaks a rule.
    pub fn read(
        self,
        dataset: &Dataset,
        platform: &DeliveryPlatform,
    ) -> Result<(NewDestination, Credentials), Refusal> {
        let remote_id = self.remote_id.unwrap_or_else(|| dataset.external_id.clone());
        let name = self.name.unwrap_or_else(|| format!("{} {remote_id}", platform.name));
        let new = NewDestination {
            name: name.trim().to_owned(),
            remote_id: remote_id.trim().to_owned(),
            mode: self.mode.unwrap_or(DeliveryMode::Live),
            event_names: self.event_names.map(distinct),
            consent: self.consent.unwrap_or(ConsentPolicy::AsSent),
            test_code: self.test_code,
        };
        let credentials = self.credentials.unwrap_or_default();
        check(&new, &credentials, platform).map(|()| (new, credentials))
    }
}

impl DestinationChange {
    /// What it changes, for the audit log; of credentials only which.
    pub fn told(&self) -> Value {
        let credentials = self.credentials.as_ref();
        let mut told = json!({
            "name": self.name, "remote_id": self.remote_id, "mode": self.mode,
            "consent": self.consent, "event_names": self.event_names.as_ref().map(|names| json!(names)),
            "credentials": credentials.map(|fields| fields.keys().collect::<Vec<_>>()),
        });
        if let Value::Object(told) = &mut told {
            told.retain(|_, value| !value.is_null());
        }
        told
    }

    /// The destination once this is done, and its credentials; 422 where it breaks a rule.
    pub fn apply(
        self,
        was: &NewDestination,
        credentials: &mut Credentials,
        platform: &DeliveryPlatform,
    ) -> Result<NewDestination, Refusal> {
        let mut new = was.clone();
        set(&mut new.name, self.name.map(|name| name.trim().to_owned()));
        set(&mut new.remote_id, self.remote_id.map(|id| id.trim().to_owned()));
        set(&mut new.mode, self.mode);
        set(&mut new.event_names, self.event_names.map(|names| names.map(distinct)));
        set(&mut new.consent, self.consent);
        set(&mut new.test_code, self.test_code);
        for (field, value) in self.credentials.unwrap_or_default() {
            match value {
                Some(value) => credentials.set(field, value),
                None => credentials.remove(&field),
            };
        }
        check(&new, credentials, platform).map(|()| new)
    }
}

fn check(
    new: &NewDestination,
    credentials: &Credentials,
    platform: &DeliveryPlatform,
) -> Result<(), Refusal> {
    let mut rules = Rules::default();
    rules.text("name", &new.name, NAME_CHARS_MAX);
    if let Some(fault) = platform.id_fault(&new.remote_id) {
        rules.hold("remote_id", false, fault);
    }
    rules.maybe_text("test_code", new.test_code.as_deref(), CODE_CHARS_MAX);
    match platform.tests {
        TestEvents::UnderCode => {
            let is_testable = new.mode != DeliveryMode::Test || new.test_code.is_some();
            rules.hold("test_code", is_testable, "is needed in mode `test`");
        }
        TestEvents::AtAnotherAddress | TestEvents::Nowhere => {
            let message = "must be absent: this platform has no codes for tests";
            rules.hold("test_code", new.test_code.is_none(), message);
        }
    }
    let is_testable = new.mode != DeliveryMode::Test || platform.tests != TestEvents::Nowhere;
    rules.hold("mode", is_testable, "cannot be `test`: this platform counts all that it is sent");
    if let Some(names) = &new.event_names {
        let counts = (1..=EVENT_NAMES_MAX).contains(&names.len());
        rules.hold("event_names", counts, format!("must be 1 to {EVENT_NAMES_MAX}"));
        let fits = |name: &String| (1..=EVENT_NAME_CHARS_MAX).contains(&name.chars().count());
        let message = format!("must be texts of 1 to {EVENT_NAME_CHARS_MAX} characters");
        rules.hold("event_names", names.iter().all(fits), message);
    }
    let known = credentials.names().all(|name| name == platform.credential);
    rules.hold("credentials", known, format!("has only {}", platform.credential));
    let fits = |(_, value): (&str, &str)| {
        let counts = (1..=CREDENTIAL_BYTES_MAX).contains(&value.len());
        counts && value.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let message = format!("must be texts of 1 to {CREDENTIAL_BYTES_MAX} characters without blanks");
    rules.hold("credentials", credentials.fields().all(fits), message);
    let sends = matches!(new.mode, DeliveryMode::Live | DeliveryMode::Test);
    let is_reachable = !sends || !credentials.get(platform.credential).is_empty();
    rules.hold("credentials", is_reachable, format!("misses {}", platform.credential));
    rules.finish()
}
