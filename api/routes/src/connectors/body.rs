//! Connectors in bodies, and the rules on them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::rules::{Rules, distinct, set};
use stratum_models::connector::{Credentials, is_pulled};
use stratum_models::platform::Platform;
use stratum_models::secret::Secret;
use stratum_state::connector::{NewConnector, PullSettings, Schedule};
use utoipa::ToSchema;

const NAME_CHARS_MAX: usize = 200;
const CONVERSION_CHARS_MAX: usize = 100;
const CREDENTIALS_MAX: usize = 16;
const CREDENTIAL_BYTES_MAX: usize = 8_192;

/// A connector to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorBody {
    /// The platform.
    pub platform: Platform,
    /// The name to show, unique among the connectors of the platform; the platform's name if absent.
    name: Option<String>,
    /// The platform's ad accounts.
    account_ids: Option<Vec<String>>,
    /// Credentials by name, such as `access_token`: lower-case letters, digits and `_`.
    #[schema(value_type = Option<BTreeMap<String, String>>, write_only)]
    credentials: Option<Credentials>,
    /// The schedule on which the platform is asked; `daily` where absent.
    schedule: Option<Schedule>,
    /// Whether it is in use; it is where absent.
    enabled: Option<bool>,
    /// The settings of what the platform is asked for.
    settings: Option<PullSettings>,
}

/// The changes to a connector. A field that is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorChange {
    /// Name to show.
    name: Option<String>,
    /// The platform's ad accounts, in place of those that are there.
    account_ids: Option<Vec<String>>,
    /// Credentials by name: a text sets one, null forgets it, the others stay.
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>, write_only)]
    credentials: Option<BTreeMap<String, Option<Secret>>>,
    /// The schedule on which the platform is asked.
    schedule: Option<Schedule>,
    /// Whether it is in use.
    enabled: Option<bool>,
    /// The settings of what the platform is asked for, in place of those of before.
    settings: Option<PullSettings>,
}

impl ConnectorBody {
    /// The connector and the credentials this says; 422 where it breaks a rule.
    pub fn read(self) -> Result<(NewConnector, Credentials), Refusal> {
        let name = self.name.unwrap_or_else(|| self.platform.as_str().to_owned());
        let new = NewConnector {
            name: name.trim().to_owned(),
            account_ids: accounts(self.platform, self.account_ids.unwrap_or_default()),
            schedule: self.schedule.unwrap_or(Schedule::Daily),
            enabled: self.enabled.unwrap_or(true),
            settings: self.settings.unwrap_or_default(),
        };
        let credentials = self.credentials.unwrap_or_default();
        check(self.platform, &new, &credentials)?;
        Ok((new, credentials))
    }
}

impl ConnectorChange {
    /// The changes, for the audit log; of credentials only which.
    pub fn told(&self) -> Value {
        let credentials = self.credentials.as_ref();
        let mut told = json!({
            "name": self.name, "account_ids": self.account_ids, "schedule": self.schedule,
            "enabled": self.enabled, "settings": self.settings,
            "credentials": credentials.map(|fields| fields.keys().collect::<Vec<_>>()),
        });
        if let Value::Object(told) = &mut told {
            told.retain(|_, value| !value.is_null());
        }
        told
    }

    /// The connector once this is done, and its credentials; 422 where it breaks a rule.
    pub fn apply(
        self,
        platform: Platform,
        was: &NewConnector,
        credentials: &mut Credentials,
    ) -> Result<NewConnector, Refusal> {
        let mut new = was.clone();
        set(&mut new.name, self.name.map(|name| name.trim().to_owned()));
        set(&mut new.account_ids, self.account_ids.map(|ids| accounts(platform, ids)));
        set(&mut new.schedule, self.schedule);
        set(&mut new.enabled, self.enabled);
        set(&mut new.settings, self.settings);
        for (field, value) in self.credentials.unwrap_or_default() {
            match value {
                Some(value) => credentials.set(field, value),
                None => credentials.remove(&field),
            };
        }
        check(platform, &new, credentials).map(|()| new)
    }
}

/// The accounts by the one id each has, however it is written.
fn accounts(platform: Platform, ids: Vec<String>) -> Vec<String> {
    distinct(ids.iter().map(|id| platform.account_id(id.trim()).into_owned()).collect())
}

/// The fields that the platform cannot be asked without and that are not there.
fn missing(platform: Platform, credentials: &Credentials) -> Vec<&'static str> {
    if is_pulled(platform) { credentials.missing(platform) } else { Vec::new() }
}

fn check(platform: Platform, new: &NewConnector, credentials: &Credentials) -> Result<(), Refusal> {
    let mut rules = Rules::default();
    rules.text("name", &new.name, NAME_CHARS_MAX);
    rules.maybe_text(
        "settings.conversion",
        new.settings.conversion.as_deref(),
        CONVERSION_CHARS_MAX,
    );
    let missing = missing(platform, credentials);
    let wanted = format!("misses {}", missing.join(", "));
    let wanted = Fault::new(FaultCode::NoCredentials, wanted).with("names", missing.join(", "));
    rules.hold("credentials", missing.is_empty(), wanted);
    rules.texts("account_ids", &new.account_ids);
    let few = credentials.fields().count() <= CREDENTIALS_MAX;
    rules.hold("credentials", few, format!("must be at most {CREDENTIALS_MAX}"));
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let named = |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(plain);
    // Neither is quoted: somebody may have mixed up name and value.
    let names = credentials.names().all(named);
    rules.hold("credentials", names, "must have names of lower-case letters, digits and `_`");
    let fits = |(_, value): (&str, &str)| (1..=CREDENTIAL_BYTES_MAX).contains(&value.len());
    let values = credentials.fields().all(fits);
    rules.hold(
        "credentials",
        values,
        format!("must be texts of 1 to {CREDENTIAL_BYTES_MAX} bytes"),
    );
    rules.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_change_one_by_one_and_are_never_told() {
        let body =
            json!({"platform": "meta", "credentials": {"app_id": "1", "access_token": "hunter2"}});
        let body: ConnectorBody = serde_json::from_value(body).unwrap();
        assert!(!format!("{body:?}").contains("hunter2"));
        let (new, mut credentials) = body.read().unwrap();
        assert_eq!((new.name.as_str(), new.schedule), ("meta", Schedule::Daily));
        let change =
            json!({"credentials": {"app_id": null, "secret": "hunter3"}, "enabled": false});
        let change: ConnectorChange = serde_json::from_value(change).unwrap();
        let told = json!({"enabled": false, "credentials": ["app_id", "secret"]});
        assert_eq!(change.told(), told);
        let new = change.apply(Platform::Meta, &new, &mut credentials).unwrap();
        let fields: Vec<_> = credentials.names().collect();
        assert_eq!((fields, new.enabled), (vec!["access_token", "secret"], false));
    }

    #[test]
    fn credentials_that_a_platform_wants_are_named() {
        let refused = |body: Value| {
            let body: ConnectorBody = serde_json::from_value(body).unwrap();
            body.read().map(|_| ()).unwrap_err().message().to_owned()
        };
        let google = json!({"platform": "google", "credentials": {"client_id": "1"}});
        let said = "credentials: misses developer_token, client_secret, refresh_token";
        assert_eq!(refused(google), said);
        assert_eq!(refused(json!({"platform": "meta"})), "credentials: misses access_token");
        let kept: ConnectorBody = serde_json::from_value(json!({"platform": "linkedin"})).unwrap();
        assert!(kept.read().is_ok());
    }

    #[test]
    fn no_refusal_quotes_a_credential() {
        let wrong = json!({
            "platform": "meta", "name": "", "account_ids": [""],
            "credentials": {"Hunter2 is my token": ""},
        });
        let body: ConnectorBody = serde_json::from_value(wrong).unwrap();
        let refusal = body.read().unwrap_err();
        assert_eq!((refusal.status().as_u16(), refusal.details().len()), (422, 5));
        assert!(!format!("{refusal:?}").contains("Hunter2"));
    }
}
