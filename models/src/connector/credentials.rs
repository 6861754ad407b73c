//! Credentials that a platform wants to be shown, by name. Values are never printed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::platform::Platform;
use crate::secret::Secret;

/// Credentials by field, such as `access_token`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Credentials(BTreeMap<String, Secret>);

/// A message of a platform is shown up to here.
const MESSAGE_CHARS_MAX: usize = 300;

impl Credentials {
    /// Credentials of these fields.
    pub fn new<V: Into<Secret>>(fields: impl IntoIterator<Item = (String, V)>) -> Credentials {
        Credentials(fields.into_iter().map(|(field, value)| (field, value.into())).collect())
    }

    /// The fields that a platform cannot be asked without.
    pub const fn required(platform: Platform) -> &'static [&'static str] {
        match platform {
            Platform::Meta | Platform::Tiktok => &["access_token"],
            Platform::Google => &["developer_token", "client_id", "client_secret", "refresh_token"],
            Platform::Snapchat => &["client_id", "client_secret", "refresh_token"],
            Platform::Linkedin | Platform::Pinterest => &[],
        }
    }

    /// The fields that a platform may be shown beside them.
    pub const fn optional(platform: Platform) -> &'static [&'static str] {
        match platform {
            Platform::Google => &["login_customer_id"],
            _ => &[],
        }
    }

    /// Those that it cannot be asked without and that are not there.
    pub fn missing(&self, platform: Platform) -> Vec<&'static str> {
        let required = Credentials::required(platform).iter().copied();
        required.filter(|field| self.get(field).is_empty()).collect()
    }

    /// A field, empty where it is not set.
    pub fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("", |value| value.expose().trim())
    }

    /// The same with one field set.
    pub fn with(&self, field: &str, value: &str) -> Credentials {
        let mut changed = self.clone();
        changed.set(field.to_owned(), Secret::from(value));
        changed
    }

    /// Sets a field.
    pub fn set(&mut self, field: String, value: Secret) {
        self.0.insert(field, value);
    }

    /// Forgets a field.
    pub fn remove(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every field, for the one place that keeps them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value.expose()))
    }

    /// A message of the platform's as it may be shown: short, and without the credentials it may repeat.
    pub fn hidden_from(&self, message: &str) -> String {
        let mut shown = message.to_owned();
        let values = self.0.values().map(Secret::expose);
        for value in values.filter(|value| value.len() >= 6) {
            shown = shown.replace(value, "…");
        }
        shown.chars().filter(|letter| !letter.is_control()).take(MESSAGE_CHARS_MAX).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_named_but_never_shown() {
        let pairs = [("access_token", "EAAB-hunter2"), ("app_id", "12")];
        let credentials = Credentials::new(pairs.map(|(name, value)| (name.to_owned(), value)));
        let shown = format!("{credentials:?}");
        assert!(shown.contains("access_token") && !shown.contains("hunter2"), "{shown}");
        let said = "Malformed access token EAAB-hunter2\n(12)";
        assert_eq!(credentials.hidden_from(said), "Malformed access token …(12)");
        assert!(credentials.missing(Platform::Meta).is_empty());
        let missing = credentials.missing(Platform::Google);
        assert_eq!(missing, ["developer_token", "client_id", "client_secret", "refresh_token"]);
    }
}
