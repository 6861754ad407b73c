//! Text that is never shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A secret: `Debug` and `Serialize` show only whether it is set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The secret itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is not set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `sent` is this secret. Digests are compared, so that the time taken tells nothing of where they
    /// differ. An unset secret matches nothing.
    pub fn matches(&self, sent: &str) -> bool {
        !self.is_empty() && Sha256::digest(&self.0) == Sha256::digest(sent)
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { "(set)" }
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Secret {
        Secret(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret:?}"), "Secret((set))");
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""(set)""#);
        assert_eq!(secret.expose(), "hunter2");
        assert!(secret.matches("hunter2") && !secret.matches("hunter3"));
        assert!(!Secret::default().matches(""));
    }
}
