//! What a platform wants to be shown, by name. Values are never printed.

use std::collections::BTreeMap;
use std::fmt;

use stratum_models::platform::Platform;

/// Credentials by field, such as `access_token`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(BTreeMap<String, String>);

/// A message of a platform is shown up to here.
const MESSAGE_CHARS_MAX: usize = 300;

impl Credentials {
    /// Credentials of these fields.
    pub fn new(fields: impl IntoIterator<Item = (String, String)>) -> Credentials {
        Credentials(fields.into_iter().collect())
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

    /// Those of them that are not there.
    pub fn missing(&self, platform: Platform) -> Vec<&'static str> {
        let required = Credentials::required(platform).iter().copied();
        required.filter(|field| self.get(field).is_empty()).collect()
    }

    /// A field, empty where it is not set.
    pub fn get(&self, field: &str) -> &str {
        self.0.get(field).map_or("", |value| value.trim())
    }

    /// The same with one field set.
    pub(super) fn with(&self, field: &str, value: &str) -> Credentials {
        let mut fields = self.0.clone();
        fields.insert(field.to_owned(), value.to_owned());
        Credentials(fields)
    }

    /// Every field, for the one place that keeps them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value.as_str()))
    }

    /// What a platform said, as it may be shown: short, and without the credentials it may repeat.
    pub(super) fn hidden_from(&self, message: &str) -> String {
        let mut shown = message.to_owned();
        for value in self.0.values().filter(|value| value.len() >= 6) {
            shown = shown.replace(value.as_str(), "…");
        }
        shown.chars().filter(|letter| !letter.is_control()).take(MESSAGE_CHARS_MAX).collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_named_but_never_shown() {
        let pairs = [("access_token", "EAAB-hunter2"), ("app_id", "12")];
        let credentials =
            Credentials::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(format!("{credentials:?}"), r#"{"access_token", "app_id"}"#);
        let said = "Malformed access token EAAB-hunter2\n(12)";
        assert_eq!(credentials.hidden_from(said), "Malformed access token …(12)");
        assert!(credentials.missing(Platform::Meta).is_empty());
        let missing = credentials.missing(Platform::Google);
        assert_eq!(missing, ["developer_token", "client_id", "client_secret", "refresh_token"]);
    }
}
