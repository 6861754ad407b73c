//! The document of LinkedIn's routes.
#![expect(dead_code, reason = "read by the macro that writes the document")]

use serde::Deserialize;
use utoipa::ToSchema;

/// Events as LinkedIn's Conversions API takes them together; alone an event is the body.
#[derive(Deserialize, ToSchema)]
pub(super) struct LinkedinEvents {
    /// Events, 1 to 5000, in LinkedIn's own form: `conversion`, `conversionHappenedAt`, `user` …
    elements: Vec<serde_json::Value>,
}

/// Takes conversion events in the form of LinkedIn's Conversions API.
///
/// Each event names its dataset: the number of its `conversion`. What its events are called says the dataset (`event_name`). With
/// the header `X-RestLi-Method: BATCH_CREATE` the answer has a status for each event, and the good ones are taken; without it the
/// body is one event.
#[utoipa::path(
    post, path = "/rest/conversionEvents", tag = "ingest", security(("api_key" = [])),
    params(("X-RestLi-Method" = Option<String>, Header, description = "`BATCH_CREATE` or `CREATE`")),
    request_body = LinkedinEvents,
    responses(
        (status = 200, description = "`elements`, each with a `status`, and an `error` where that is not 201"),
        (status = 201, description = "the one event was taken"),
        (status = 400, description = "`status`, `serviceErrorCode`, `message`: the request, or the one event, is wrong"),
        (status = 401, description = "`serviceErrorCode` 65600: no valid key; 65601: it was revoked"),
        (status = 413, description = "the body is too large"),
        (status = 422, description = "the one event lacks a field"),
        (status = 429, description = "the plan takes no more now"),
        (status = 503, description = "try again"),
    ),
)]
pub(super) async fn linkedin_events() {}

/// The same by the older path.
#[utoipa::path(
    post, path = "/v2/conversionEvents", tag = "ingest", security(("api_key" = [])),
    params(("X-RestLi-Method" = Option<String>, Header, description = "`BATCH_CREATE` or `CREATE`")),
    request_body = LinkedinEvents,
    responses(
        (status = 200, description = "as `/rest/conversionEvents`"),
        (status = 201, description = "as `/rest/conversionEvents`"),
        (status = 400, description = "as `/rest/conversionEvents`"),
        (status = 401, description = "as `/rest/conversionEvents`"),
        (status = 422, description = "as `/rest/conversionEvents`"),
    ),
)]
pub(super) async fn linkedin_older_events() {}
