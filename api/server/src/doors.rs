//! The document of the routes that ingest serves. Their code is in `stratum-ingest`, which knows no document;
//! the functions here carry the texts and are never called. The tests below hold the paths and the fields equal to
//! those of ingest, and `api/tests/it/rights.rs` asks every documented path of a running program.
#![expect(dead_code, reason = "read by the macro that writes the document")]

mod segment;
mod ga4;
mod snapchat;
mod linkedin;

use serde::Deserialize;
use stratum_http::answer::RefusalBody;
use stratum_models::ad_report::AdDevice;
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use utoipa::openapi::OpenApi;
use utoipa::{IntoResponses, OpenApi as _, ToSchema};

/// The body that Meta's SDKs send.
#[derive(Deserialize, ToSchema)]
struct MetaEvents {
    /// Server events, 1 to 1000, in Meta's own form.
    data: Vec<serde_json::Value>,
    /// The API key. It can also be sent as a query parameter or as `Authorization: Bearer …`.
    access_token: Option<String>,
    /// Marks the events as tests, which count like other events and keep their mark.
    test_event_code: Option<String>,
}

name_set! {
    /// Where events that are sent to TikTok's Events API happened.
    TiktokEventSource {
        /// On a web page.
        Web = "web",
        /// In an app.
        App = "app",
        /// In a shop.
        Offline = "offline",
        /// In a CRM.
        Crm = "crm",
    }
}

/// Events as TikTok's Events API 2.0 takes them.
#[derive(Deserialize, ToSchema)]
struct TiktokEvents {
    /// Where the events happened.
    event_source: Option<TiktokEventSource>,
    /// The dataset.
    event_source_id: String,
    /// Events, 1 to 1000, in TikTok's own form.
    data: Vec<serde_json::Value>,
    /// Marks the events as tests.
    test_event_code: Option<String>,
}

/// An event as TikTok's Events API 1.0 takes it.
#[derive(Deserialize, ToSchema)]
struct TiktokPixelEvent {
    /// The dataset.
    pixel_code: String,
    /// The name of the event, such as `CompletePayment`.
    event: String,
    /// The id by which duplicates are recognised.
    event_id: Option<String>,
    /// ISO 8601.
    timestamp: String,
    /// `user`, `ad`, `page`, `ip` and `user_agent`.
    context: Option<serde_json::Value>,
    /// `value`, `currency`, `order_id` …
    properties: Option<serde_json::Value>,
}

/// The answers of TikTok's three routes: the status alone says little, the `code` says all.
#[derive(IntoResponses)]
enum TiktokAnswers {
    #[response(
        status = 200,
        description = "`code` 0: accepted; 40001: the dataset is not yours; 40002: a field is wrong; 40105: the key is missing or not valid"
    )]
    Whole,
    #[response(status = 404, description = "`code` 40002: the version does not begin with v")]
    NoVersion,
    #[response(status = 413, description = "`code` 40002: the body is too large")]
    TooLarge,
    #[response(
        status = 429,
        description = "`code` 40100: the plan does not allow more requests now"
    )]
    Limited,
    #[response(status = 503, description = "`code` 50000: try again")]
    Unavailable,
}

/// Events as TikTok's Events API 1.0 takes them together.
#[derive(Deserialize, ToSchema)]
struct TiktokPixelBatch {
    /// The dataset.
    pixel_code: String,
    /// Events, 1 to 50.
    batch: Vec<serde_json::Value>,
}

/// Events as Pinterest's Conversions API takes them.
#[derive(Deserialize, ToSchema)]
struct PinterestEvents {
    /// Events, 1 to 1000, in Pinterest's own form.
    data: Vec<serde_json::Value>,
}

/// A day of a campaign as its platform reports it.
#[derive(Deserialize, ToSchema)]
struct AdReportRow {
    /// The ad platform.
    platform: Platform,
    /// The platform's ad account.
    account_id: String,
    /// The platform's campaign id.
    campaign_id: String,
    /// The campaign's name.
    campaign_name: Option<String>,
    /// A day in the ad account's zone.
    date: chrono::NaiveDate,
    /// The currency of the amounts.
    currency: Currency,
    /// Amount spent.
    spend: f64,
    /// Times shown.
    impressions: i64,
    /// Times clicked.
    clicks: i64,
    /// Conversions; fractions are accepted.
    conversions: f64,
    /// Conversion value.
    revenue: f64,
    /// The version of the row; the highest counts. The time of receipt in milliseconds where absent.
    version: Option<u64>,
    /// The ad set, for a row that is a part of the campaign's day. Parts explain a day; only rows without these
    /// fields count in totals. A row can be broken down in one way only: by ad set or ad, by country, or by device.
    ad_set_id: Option<String>,
    /// The ad set's name.
    ad_set_name: Option<String>,
    /// The ad, for a row that is the part of one ad.
    ad_id: Option<String>,
    /// The ad's name.
    ad_name: Option<String>,
    /// The country, for a row that is the part of one country: its ISO 3166 code or English name.
    country: Option<String>,
    /// The class of device, for a row that is the part of one.
    device: Option<AdDevice>,
}

/// Accepts conversion events in Meta's format, and in that of v3 of Snapchat's Conversions API.
///
/// A request to v3 is read as Snapchat's if its key opens a dataset of Snapchat with this id and none of Meta. It accepts up to
/// 2000 events in `data` and answers as `/v2/conversion` does, with `status` `VALID` or `INVALID`. All other requests are Meta's.
///
/// The body is what Meta's SDKs send: JSON, a form or multipart, optionally packed with gzip. The answer has Meta's
/// format and is sent when the events are stored durably. If one event is wrong, the whole request is refused, as
/// Meta does.
#[utoipa::path(
    post, path = "/{version}/{dataset_id}/events", tag = "ingest", security(("api_key" = [])),
    params(
        ("version" = String, Path, description = "any Graph API version, such as v24.0"),
        ("dataset_id" = String, Path, description = "the pixel or dataset id"),
    ),
    request_body = MetaEvents,
    responses(
        (status = 200, description = "`events_received`, `messages`, `fbtrace_id`"),
        (status = 400, description = "`error` with `message`, `type`, `code`, `error_subcode`, `fbtrace_id`"),
        (status = 404, body = RefusalBody, description = "the version does not begin with v"),
        (status = 429, description = "`error` with `is_transient`: try again"),
        (status = 500, description = "`error` with `is_transient`: try again"),
    ),
)]
async fn meta_events() {}

/// Accepts conversion events in the format of Meta's Conversions API Gateway.
#[utoipa::path(
    post, path = "/capi/{dataset_id}/events", tag = "ingest", security(("api_key" = [])),
    params(("dataset_id" = String, Path, description = "the pixel or dataset id")),
    request_body = MetaEvents,
    responses(
        (status = 200, description = "as for the Graph route"),
        (status = 400, description = "as for the Graph route"),
    ),
)]
async fn gateway_events() {}

/// Accepts conversion events in the format of TikTok's Events API 2.0.
///
/// The answer has TikTok's format: status 200 and a `code`, which is 0 if the events are stored durably. If one
/// event is wrong, the whole request is refused; `message` begins with the path of the wrong field. The last slash
/// of the path is optional.
#[utoipa::path(
    post, path = "/open_api/{version}/event/track/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokEvents,
    responses(TiktokAnswers),
)]
async fn tiktok_events() {}

/// Accepts a conversion event in the format of TikTok's Events API 1.0, as TikTok's SDKs send it.
#[utoipa::path(
    post, path = "/open_api/{version}/pixel/track/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokPixelEvent,
    responses(TiktokAnswers),
)]
async fn tiktok_pixel_event() {}

/// Accepts up to 50 conversion events in the format of TikTok's Events API 1.0.
#[utoipa::path(
    post, path = "/open_api/{version}/pixel/batch/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokPixelBatch,
    responses(TiktokAnswers),
)]
async fn tiktok_pixel_batch() {}

/// Accepts conversion events in the format of Pinterest's Conversions API.
///
/// The answer has Pinterest's format, with a status for each event, and is sent when the events are stored durably.
/// If some events are wrong, the others are accepted; the answer is then 422 and says which.
#[utoipa::path(
    post, path = "/{version}/ad_accounts/{ad_account_id}/events", tag = "ingest", security(("api_key" = [])),
    params(
        ("version" = String, Path, description = "any version of Pinterest's API, such as v5"),
        ("ad_account_id" = String, Path, description = "the dataset: Pinterest's ad account"),
        ("test" = Option<bool>, Query, description = "marks the events as tests"),
    ),
    request_body = PinterestEvents,
    responses(
        (status = 200, description = "`num_events_received`, `num_events_processed`, and `events` with a `status` each"),
        (status = 400, description = "`code` 1: the request as a whole is wrong"),
        (status = 401, description = "`code` 2: the key is missing or not valid"),
        (status = 403, description = "`code` 29: the dataset is not yours"),
        (status = 404, description = "`code` 1: the version does not begin with v"),
        (status = 413, description = "`code` 1: the body is too large"),
        (status = 422, description = "`code` 1: some events were not accepted; `details` is as with 200"),
        (status = 429, description = "`code` 8: the plan does not allow more requests now"),
        (status = 503, description = "`code` 0: try again"),
    ),
)]
async fn pinterest_events() {}

/// Accepts ad reports.
///
/// The body is a JSON array, NDJSON, or CSV with a header line. A report replaces an earlier one of the same
/// platform, account, campaign and date if its version is newer.
#[utoipa::path(
    post, path = "/api/v1/ad-reports", tag = "ingest", security(("api_key" = [])),
    request_body(content((Vec<AdReportRow> = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "the number of rows taken"),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "the API key is missing or not valid"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 422, body = RefusalBody, description = "a row breaks a rule; no row was taken"),
        (status = 503, body = RefusalBody, description = "the log is full at the moment; try again"),
    ),
)]
async fn ad_reports() {}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    meta_events,
    gateway_events,
    tiktok_events,
    tiktok_pixel_event,
    tiktok_pixel_batch,
    pinterest_events,
    segment::segment_messages,
    segment::jitsu_browser_message,
    segment::jitsu_server_message,
    segment::posthog_messages,
    ga4::ga4_events,
    ga4::ga4_debug,
    snapchat::snapchat_validation,
    snapchat::snapchat_events,
    snapchat::snapchat_v2_validation,
    linkedin::linkedin_events,
    linkedin::linkedin_older_events,
    ad_reports
))]
struct Doors;

/// The document of the ingest door.
pub fn document() -> OpenApi {
    Doors::openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use stratum_wire::ad_reports::Column;
    use utoipa::PartialSchema as _;
    use utoipa::openapi::{RefOr, Schema};

    use super::*;

    #[test]
    fn the_documented_paths_are_those_of_ingest() {
        // In the document a parameter fills a whole segment.
        let served =
            stratum_ingest::paths().map(|path| path.replace("/v{version}/", "/{version}/"));
        let served: BTreeSet<_> = served.collect();
        let documented: BTreeSet<_> = document().paths.paths.into_keys().collect();
        assert_eq!(documented, served);
    }

    #[test]
    fn the_documented_fields_of_an_ad_report_are_those_of_ingest() {
        let RefOr::T(Schema::Object(row)) = AdReportRow::schema() else { panic!("an object") };
        let documented: BTreeSet<_> = row.properties.into_keys().collect();
        let read: BTreeSet<_> = Column::ALL.iter().map(|column| column.name().to_owned()).collect();
        assert_eq!(documented, read);
    }
}
