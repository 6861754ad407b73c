//! The mix of events that traffic is made of.

use serde::{Deserialize, Serialize};

/// The traffic's mix. Shares are fractions in `[0, 1]`, of events unless they say requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrafficConfig {
    /// Events of an ordinary request, 1 to 1,000.
    pub events_per_request: usize,
    /// Purchases beside those of an ordinary shop, 0 to 1: other events take their place.
    pub purchases: f64,
    /// Sent again later: the same bytes with the same event id.
    pub duplicates: f64,
    /// Web events that browser and server both send, under one event id.
    pub pairs: f64,
    /// That happened one to six days ago.
    pub late: f64,
    /// Whose sender's clock is up to four minutes fast.
    pub early: f64,
    /// Without an event id.
    pub without_event_id: f64,
    /// With identifiers hashed by the sender.
    pub hashed: f64,
    /// Of those: hashes and cookies that carry a parameter builder's suffix.
    pub suffixed: f64,
    /// With one identifier that cannot be used.
    pub unusable_identifier: f64,
    /// Web events whose URL names a campaign.
    pub campaign: f64,
    /// Orders in the shop's second currency.
    pub second_currency: f64,
    /// Under limited data use.
    pub limited_data_use: f64,
    /// With personal data in free text: the URL, a search, an own property.
    pub leaking: f64,
    /// Requests sent with a test code.
    pub test_requests: f64,
    /// Requests that write other scripts as `\u` escapes.
    pub escaped_requests: f64,
    /// Requests that must be refused.
    pub refused_requests: f64,
}

impl Default for TrafficConfig {
    fn default() -> Self {
        TrafficConfig {
            events_per_request: 50,
            purchases: 1.0,
            duplicates: 0.03,
            pairs: 0.15,
            late: 0.04,
            early: 0.01,
            without_event_id: 0.05,
            hashed: 0.4,
            suffixed: 0.1,
            unusable_identifier: 0.06,
            campaign: 0.6,
            second_currency: 0.1,
            limited_data_use: 0.02,
            leaking: 0.02,
            test_requests: 0.01,
            escaped_requests: 0.3,
            refused_requests: 0.02,
        }
    }
}

impl TrafficConfig {
    /// Nothing but events that count, each once and with an event id: for loads where requests
    /// overtake each other or are tried again.
    pub fn plain(events_per_request: usize) -> TrafficConfig {
        TrafficConfig {
            events_per_request,
            duplicates: 0.0,
            pairs: 0.0,
            without_event_id: 0.0,
            refused_requests: 0.0,
            ..TrafficConfig::default()
        }
    }
}
