//! The document of Segment's routes, and those of clients that speak like Segment's.
#![expect(dead_code, reason = "read by the macro that writes the document")]

use serde::Deserialize;
use utoipa::{IntoResponses, ToSchema};

/// Messages as Segment's tracking API takes them together; alone a message is the body.
#[derive(Deserialize, ToSchema)]
pub(super) struct SegmentMessages {
    /// Messages, 1 to 1000: `type`, `messageId`, `event`, `properties`, `userId`, `traits`, `context` …
    batch: Vec<serde_json::Value>,
    /// Is true of each message that does not say otherwise.
    context: Option<serde_json::Value>,
    /// By it the times of the messages are set right.
    #[serde(rename = "sentAt")]
    sent_at: Option<String>,
    /// An API key; may come as the user of `Authorization: Basic …` instead.
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
}

/// The answers of these routes, as Segment's clients understand them.
#[derive(IntoResponses)]
pub(super) enum SegmentAnswers {
    #[response(status = 200, description = "`success` true")]
    Whole,
    #[response(
        status = 400,
        description = "`success` false, `message`: the body cannot be read, or holds too many messages"
    )]
    Unreadable,
    #[response(status = 401, description = "no valid key, or one that names no dataset")]
    NoKey,
    #[response(status = 413, description = "the body is too large")]
    TooLarge,
    #[response(status = 429, description = "the plan takes no more now")]
    Limited,
    #[response(status = 503, description = "try again")]
    Unavailable,
}

/// Takes events in the form of Segment's tracking API.
///
/// Messages of the clients of Segment and RudderStack, in a batch (`batch`, `import`) or one by one (`track`, `page`, `screen`,
/// `identify`, `group`, `alias`, or the first letter of each). The key names the dataset: the one it is for, or the
/// tenant's only one without an ad platform. No message refuses another: what cannot be an event is counted among the
/// refused rows, and the answer is success.
#[utoipa::path(
    post, path = "/v1/{call}", tag = "ingest", security(("write_key" = []), ("api_key" = [])),
    params(("call" = String, Path, description = "the kind of call, such as `batch`, or of the one message")),
    request_body = SegmentMessages,
    responses(SegmentAnswers, (status = 404, description = "there is no such call")),
)]
pub(super) async fn segment_messages() {}

/// Takes events as Jitsu's clients send them from browsers, in the form of Segment's tracking API.
#[utoipa::path(
    post, path = "/api/s/{call}", tag = "ingest", security(("write_key" = []), ("api_key" = [])),
    params(("call" = String, Path, description = "the kind of the message")),
    request_body = SegmentMessages,
    responses(SegmentAnswers, (status = 404, description = "there is no such call")),
)]
pub(super) async fn jitsu_browser_message() {}

/// Takes events as Jitsu's clients send them from servers, in the form of Segment's tracking API.
#[utoipa::path(
    post, path = "/api/s/s2s/{call}", tag = "ingest", security(("write_key" = []), ("api_key" = [])),
    params(("call" = String, Path, description = "the kind of the message")),
    request_body = SegmentMessages,
    responses(SegmentAnswers, (status = 404, description = "there is no such call")),
)]
pub(super) async fn jitsu_server_message() {}

/// Takes events as PostHog's clients send them, whose messages are close to Segment's: `api_key` is the key.
#[utoipa::path(
    post, path = "/batch", tag = "ingest", security(("write_key" = []), ("api_key" = [])),
    request_body = SegmentMessages,
    responses(SegmentAnswers),
)]
pub(super) async fn posthog_messages() {}
