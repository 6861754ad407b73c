//! The document of the Measurement Protocol's routes.
#![expect(dead_code, reason = "read by the macro that writes the document")]

use serde::Deserialize;
use utoipa::ToSchema;

/// Events as the Measurement Protocol of Google Analytics 4 takes them.
#[derive(Deserialize, ToSchema)]
pub(super) struct Ga4Events {
    /// The browser; of an app `app_instance_id` stands in its place.
    client_id: Option<String>,
    /// Events, 1 to 25, each a `name` and `params`.
    events: Vec<serde_json::Value>,
    /// When they happened; now where absent.
    timestamp_micros: Option<i64>,
    /// The shop's own id of the person.
    user_id: Option<String>,
    /// Hashed identifiers.
    user_data: Option<serde_json::Value>,
    /// `ad_user_data` and `ad_personalization`, `GRANTED` or `DENIED`.
    consent: Option<serde_json::Value>,
}

/// Takes events in the form of the Measurement Protocol of Google Analytics 4.
///
/// As Google does, it answers 204 whatever it thinks of the events; what is refused is counted among the refused rows.
/// Unlike Google it tells of a wrong key, a limit and an overload.
#[utoipa::path(
    post, path = "/mp/collect", tag = "ingest", security(("api_secret" = [])),
    params(
        ("measurement_id" = Option<String>, Query, description = "the dataset: a web stream"),
        ("firebase_app_id" = Option<String>, Query, description = "the dataset: an app"),
    ),
    request_body = Ga4Events,
    responses(
        (status = 204, description = "received"),
        (status = 401, description = "no valid key, or not your dataset"),
        (status = 413, description = "the body is too large"),
        (status = 429, description = "the plan takes no more now"),
        (status = 503, description = "try again"),
    ),
)]
pub(super) async fn ga4_events() {}

/// Judges events in the form of the Measurement Protocol, and takes none.
#[utoipa::path(
    post, path = "/debug/mp/collect", tag = "ingest", security(("api_secret" = [])),
    params(
        ("measurement_id" = Option<String>, Query, description = "the dataset: a web stream"),
        ("firebase_app_id" = Option<String>, Query, description = "the dataset: an app"),
    ),
    request_body = Ga4Events,
    responses(
        (status = 200, description = "`validationMessages`, each with `fieldPath`, `description` and `validationCode`"),
        (status = 401, description = "no valid key, or not your dataset"),
    ),
)]
pub(super) async fn ga4_debug() {}
