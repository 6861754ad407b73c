//! The document of the routes that are Snapchat's alone.
#![expect(dead_code, reason = "read by the macro that writes the document")]

use serde::Deserialize;
use utoipa::{IntoResponses, ToSchema};

/// Events as v3 of Snapchat's Conversions API takes them.
#[derive(Deserialize, ToSchema)]
pub(super) struct SnapchatEvents {
    /// Events, 1 to 2000, in Snapchat's own form.
    data: Vec<serde_json::Value>,
    /// Marks the events as tests.
    test_event_code: Option<String>,
}

/// The answers of the routes of v2, whether they take the events or judge them alone.
#[derive(IntoResponses)]
pub(super) enum SnapchatV2Answers {
    #[response(status = 200, description = "`status` is `SUCCESS`")]
    Whole,
    #[response(
        status = 400,
        description = "`status` is `FAILED`; `error_records` tell which events break a rule"
    )]
    Faulty,
    #[response(status = 401, description = "no valid key")]
    NoKey,
    #[response(status = 403, description = "not your dataset")]
    NoDataset,
    #[response(status = 413, description = "the body is too large")]
    TooLarge,
    #[response(status = 503, description = "try again")]
    Unavailable,
}

/// Judges conversion events in the form of v3 of Snapchat's Conversions API, and takes none.
#[utoipa::path(
    post, path = "/v3/{asset_id}/events/validate", tag = "ingest", security(("api_key" = [])),
    params(("asset_id" = String, Path, description = "the dataset: a pixel or an app of Snapchat's")),
    request_body = SnapchatEvents,
    responses(
        (status = 200, description = "`status` is `VALID`"),
        (status = 400, description = "`status` is `INVALID`; `event` and `errors` tell of the first that breaks a rule"),
        (status = 401, description = "no valid key"),
        (status = 403, description = "not your dataset"),
    ),
)]
pub(super) async fn snapchat_validation() {}

/// Takes conversion events in the form of v2 of Snapchat's Conversions API, which its SDKs send.
///
/// The body is a list of up to 2000 events, each of which names its dataset in `pixel_id`. One bad event refuses the whole
/// request, and so does one dataset that the key does not open.
#[utoipa::path(
    post, path = "/v2/conversion", tag = "ingest", security(("api_key" = [])),
    request_body = Vec<serde_json::Value>,
    responses(SnapchatV2Answers, (status = 429, description = "the plan takes no more now")),
)]
pub(super) async fn snapchat_events() {}

/// Judges conversion events in the form of v2 of Snapchat's Conversions API, and takes none.
#[utoipa::path(
    post, path = "/v2/conversion/validate", tag = "ingest", security(("api_key" = [])),
    request_body = Vec<serde_json::Value>,
    responses(SnapchatV2Answers),
)]
pub(super) async fn snapchat_v2_validation() {}
