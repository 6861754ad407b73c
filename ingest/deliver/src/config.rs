//! Where platforms are reached with events, and the bounds of it.

use serde::{Deserialize, Serialize};

use super::pause::PauseConfig;

/// Where each platform takes events. `https`, or `http` on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverUrls {
    /// Meta's Graph API with its version.
    pub meta: String,
    /// TikTok's Business API with its version.
    pub tiktok: String,
    /// Snapchat's Conversions API with its version.
    pub snapchat: String,
    /// Pinterest's API with its version.
    pub pinterest: String,
    /// LinkedIn's versioned API.
    pub linkedin: String,
    /// Google Analytics' Measurement Protocol.
    pub ga4: String,
}

impl DeliverUrls {
    /// All of them.
    pub fn all(&self) -> [&str; 6] {
        [&self.meta, &self.tiktok, &self.snapchat, &self.pinterest, &self.linkedin, &self.ga4]
    }
}

impl Default for DeliverUrls {
    fn default() -> Self {
        DeliverUrls {
            meta: "https://graph.facebook.com/v25.0".into(),
            tiktok: "https://business-api.tiktok.com/open_api/v1.3".into(),
            snapchat: "https://tr.snapchat.com/v3".into(),
            pinterest: "https://api.pinterest.com/v5".into(),
            linkedin: "https://api.linkedin.com/rest".into(),
            ga4: "https://www.google-analytics.com".into(),
        }
    }
}

/// How events are handed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverConfig {
    /// How often changed destinations and new replays are looked for.
    pub refresh_ms: u64,
    /// How long an event waits for others of its request.
    pub linger_ms: u64,
    /// Largest body of a request, but for that of a single event.
    pub body_bytes_max: usize,
    /// Sealed bytes that wait in memory for one destination …
    pub destination_bytes_max: usize,
    /// … and for all of them.
    pub bytes_max: usize,
    /// Requests under way at the same time, each of another destination.
    pub requests_max: usize,
    /// Longest wait for a connection.
    pub connect_ms_max: u64,
    /// Longest wait for an answer, its body included.
    pub answer_ms_max: u64,
    /// Largest answer.
    pub answer_bytes_max: usize,
    /// Longest time that trying a destination out may take.
    pub trial_ms_max: u64,
    /// Events are kept for replays for so many hours after they came in.
    pub keep_hours: u32,
    /// How often what nobody needs any more is given up.
    pub upkeep_ms: u64,
    /// The version of LinkedIn's interface, a year and a month: each is served for a year.
    pub linkedin_version: String,
    /// Where platforms are reached.
    pub urls: DeliverUrls,
    /// Pauses after failures.
    pub pause: PauseConfig,
}

impl Default for DeliverConfig {
    fn default() -> Self {
        DeliverConfig {
            refresh_ms: 1_000,
            linger_ms: 1_000,
            body_bytes_max: 4_194_304,
            destination_bytes_max: 2_097_152,
            bytes_max: 134_217_728,
            requests_max: 64,
            connect_ms_max: 10_000,
            answer_ms_max: 30_000,
            answer_bytes_max: 262_144,
            trial_ms_max: 20_000,
            keep_hours: 24,
            upkeep_ms: 60_000,
            linkedin_version: "202610".into(),
            urls: DeliverUrls::default(),
            pause: PauseConfig::default(),
        }
    }
}
