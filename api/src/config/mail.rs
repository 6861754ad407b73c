//! Where mail goes out.

use serde::{Deserialize, Serialize};

use super::Secret;

/// The server that takes our mail. The names are those that many deployments set already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// Its host; empty where there is none, and mail is put into the data folder.
    pub smtp_host: String,
    /// Its port: 587 for STARTTLS, 465 for TLS from the start.
    pub smtp_port: u16,
    /// Who we are there; empty for nobody.
    pub smtp_user: String,
    /// That user's password.
    pub smtp_password: Secret,
    /// The sender that recipients see.
    pub smtp_from: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        MailConfig {
            smtp_host: String::new(),
            smtp_port: 587,
            smtp_user: String::new(),
            smtp_password: Secret::default(),
            smtp_from: "Stratum <stratum@localhost>".into(),
        }
    }
}
