//! Where platforms are reached, and the bounds of asking them.

use serde::{Deserialize, Serialize};

use super::PullError;

/// Where each platform is reached. `https`, or `http` on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullUrls {
    /// Meta's Graph API with its version.
    pub meta: String,
    /// The Google Ads API with its version.
    pub google: String,
    /// Where Google gives access tokens.
    pub google_token: String,
    /// TikTok's Business API with its version.
    pub tiktok: String,
    /// Snapchat's Ads API with its version.
    pub snapchat: String,
    /// Where Snapchat gives access tokens.
    pub snapchat_token: String,
}

impl Default for PullUrls {
    fn default() -> Self {
        PullUrls {
            meta: "https://graph.facebook.com/v25.0".into(),
            google: "https://googleads.googleapis.com/v26".into(),
            google_token: "https://oauth2.googleapis.com/token".into(),
            tiktok: "https://business-api.tiktok.com/open_api/v1.3".into(),
            snapchat: "https://adsapi.snapchat.com/v1".into(),
            snapchat_token: "https://accounts.snapchat.com/login/oauth2/access_token".into(),
        }
    }
}

impl PullUrls {
    /// `Refused` when one cannot be read, or would be asked in clear text over a network.
    pub(super) fn check(&self) -> Result<(), PullError> {
        let PullUrls { meta, google, google_token, tiktok, snapchat, snapchat_token } = self;
        for url in [meta, google, google_token, tiktok, snapchat, snapchat_token] {
            if !is_safe_address(url) {
                return Err(PullError::refused(format!("{url} is no address with https")));
            }
        }
        Ok(())
    }
}

/// Whether an address is asked over TLS, or on this machine.
pub(crate) fn is_safe_address(url: &str) -> bool {
    url.parse::<reqwest::Url>().is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")),
        _ => false,
    })
}

/// The bounds of one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallConfig {
    /// Longest wait for a connection.
    pub connect_ms_max: u64,
    /// Longest wait for an answer, its body included.
    pub answer_ms_max: u64,
    /// Largest answer.
    pub answer_bytes_max: usize,
    /// Tries before a platform that does not answer is given up.
    pub attempts_max: u32,
    /// The pause before the second try; it doubles with each …
    pub retry_ms_min: u64,
    /// … up to this.
    pub retry_ms_max: u64,
    /// A platform that wants to be left alone for no longer than this is waited for.
    pub throttle_ms_max: u64,
    /// The time that a platform is left alone that does not say how long.
    pub throttle_ms: u64,
    /// The time between two questions whether a report is ready.
    pub poll_ms: u64,
}

impl Default for CallConfig {
    fn default() -> Self {
        CallConfig {
            connect_ms_max: 10_000,
            answer_ms_max: 120_000,
            answer_bytes_max: 33_554_432,
            attempts_max: 5,
            retry_ms_min: 1_000,
            retry_ms_max: 60_000,
            throttle_ms_max: 30_000,
            throttle_ms: 300_000,
            poll_ms: 5_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_in_clear_text_over_a_network() {
        assert_eq!(PullUrls::default().check(), Ok(()));
        let tiktok = |url: &str| PullUrls { tiktok: url.into(), ..PullUrls::default() }.check();
        assert_eq!(tiktok("http://127.0.0.1:4711/open_api"), Ok(()));
        for wrong in ["http://business-api.tiktok.com", "ftp://127.0.0.1", "tiktok", ""] {
            assert!(tiktok(wrong).is_err(), "{wrong}");
        }
    }
}
