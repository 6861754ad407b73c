//! The document of the routes that ingest serves. Their code is in `stratum-ingest`, which knows no document;
//! these functions carry the texts and are never called. The tests below hold the paths and the fields equal to
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
use stratum_models::platform::Platform;
use utoipa::openapi::OpenApi;
use utoipa::{OpenApi as _, ToSchema};

/// What Meta's SDKs send.
#[derive(Deserialize, ToSchema)]
struct MetaEvents {
    /// Server events, 1 to 1000, in Meta's own form.
    data: Vec<serde_json::Value>,
    /// An API key; may come as a query parameter or as `Authorization: Bearer …` instead.
    access_token: Option<String>,
    /// Marks the events as tests: they are checked and kept, and count nowhere.
    test_event_code: Option<String>,
}

/// Events as TikTok's Events API 2.0 takes them.
#[derive(Deserialize, ToSchema)]
struct TiktokEvents {
    /// `web`, `app`, `offline` or `crm`.
    event_source: Option<String>,
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
    /// Its name: `Purchase`, `CompletePayment`, `AddToCart` …
    event: String,
    /// What it is deduplicated by.
    event_id: Option<String>,
    /// ISO 8601.
    timestamp: String,
    /// `user`, `ad`, `page`, `ip` and `user_agent`.
    context: Option<serde_json::Value>,
    /// `value`, `currency`, `order_id` …
    properties: Option<serde_json::Value>,
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
    /// Conversions; fractions are taken.
    conversions: f64,
    /// Conversion value.
    revenue: f64,
    /// Newest wins; the time of receipt in milliseconds where absent.
    version: Option<u64>,
    /// Makes the row a part of the campaign's day: that of an ad set. Parts explain a day, the row without
    /// any of these fields is what counts. A row is broken down by one thing: by ad set or ad, by country,
    /// or by device.
    ad_set_id: Option<String>,
    /// The ad set's name.
    ad_set_name: Option<String>,
    /// Makes the row the part of an ad.
    ad_id: Option<String>,
    /// The ad's name.
    ad_name: Option<String>,
    /// Makes the row the part of a country: its ISO 3166 code or English name.
    country: Option<String>,
    /// Makes the row the part of a class of device.
    device: Option<AdDevice>,
}

/// Takes conversion events in Meta's form, and in that of v3 of Snapchat's Conversions API.
///
/// A request to v3 is Snapchat's where its key opens a dataset of Snapchat's of this id and none of Meta's: it takes up to 2000
/// events in `data`, and its answers are as those of `/v2/conversion`, with `status` `VALID` or `INVALID`. All others are Meta's.
///
/// What Meta's SDKs, Segment and RudderStack send: JSON, form or multipart, optionally gzip. The
/// answer is in Meta's own shape; it comes when the events are durable. One bad event refuses the
/// whole request, as Meta does.
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

/// Takes conversion events in the form of Meta's Conversions API Gateway.
#[utoipa::path(
    post, path = "/capi/{dataset_id}/events", tag = "ingest", security(("api_key" = [])),
    params(("dataset_id" = String, Path, description = "the pixel or dataset id")),
    request_body = MetaEvents,
    responses(
        (status = 200, description = "as the Graph route"),
        (status = 400, description = "as the Graph route"),
    ),
)]
async fn gateway_events() {}

/// Takes conversion events in the form of TikTok's Events API 2.0.
///
/// The answer is in TikTok's own shape: status 200 and a `code`, 0 where the events are durable. One bad event
/// refuses the whole request; `message` begins with the path of the field at fault. The path may lack its last slash.
#[utoipa::path(
    post, path = "/open_api/{version}/event/track/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokEvents,
    responses(
        (status = 200, description = "`code` 0: taken; 40001: not your dataset; 40002: a field is wrong; 40105: no valid key"),
        (status = 404, description = "`code` 40002: the version does not begin with v"),
        (status = 413, description = "`code` 40002: the body is too large"),
        (status = 429, description = "`code` 40100: the plan takes no more now"),
        (status = 503, description = "`code` 50000: try again"),
    ),
)]
async fn tiktok_events() {}

/// Takes a conversion event in the form of TikTok's Events API 1.0, which TikTok's SDKs send.
#[utoipa::path(
    post, path = "/open_api/{version}/pixel/track/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokPixelEvent,
    responses(
        (status = 200, description = "as Events 2.0"),
        (status = 404, description = "as Events 2.0"),
        (status = 413, description = "as Events 2.0"),
        (status = 429, description = "as Events 2.0"),
        (status = 503, description = "as Events 2.0"),
    ),
)]
async fn tiktok_pixel_event() {}

/// Takes conversion events in the form of TikTok's Events API 1.0, up to 50 together.
#[utoipa::path(
    post, path = "/open_api/{version}/pixel/batch/", tag = "ingest", security(("access_token" = [])),
    params(("version" = String, Path, description = "any version of TikTok's API, such as v1.3")),
    request_body = TiktokPixelBatch,
    responses(
        (status = 200, description = "as Events 2.0"),
        (status = 404, description = "as Events 2.0"),
        (status = 413, description = "as Events 2.0"),
        (status = 429, description = "as Events 2.0"),
        (status = 503, description = "as Events 2.0"),
    ),
)]
async fn tiktok_pixel_batch() {}

/// Takes conversion events in the form of Pinterest's Conversions API.
///
/// The answer is in Pinterest's own shape, with a status for each event, and comes when the events are durable. The good
/// events of a request are taken where others are not: 422 tells which.
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
        (status = 401, description = "`code` 2: no valid key"),
        (status = 403, description = "`code` 29: not your dataset"),
        (status = 404, description = "`code` 1: the version does not begin with v"),
        (status = 413, description = "`code` 1: the body is too large"),
        (status = 422, description = "`code` 1: some events were not taken; `details` is as with 200"),
        (status = 429, description = "`code` 8: the plan takes no more now"),
        (status = 503, description = "`code` 0: try again"),
    ),
)]
async fn pinterest_events() {}

/// Takes ad reports.
///
/// A JSON array, NDJSON, or CSV with a header line. A report for a key (platform, account, campaign,
/// date) that is known replaces the earlier one when its version is newer.
#[utoipa::path(
    post, path = "/api/v1/ad-reports", tag = "ingest", security(("api_key" = [])),
    request_body(content((Vec<AdReportRow> = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "how many were taken"),
        (status = 400, body = RefusalBody, description = "the body cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid API key"),
        (status = 413, body = RefusalBody, description = "the body is too large"),
        (status = 422, body = RefusalBody, description = "a row breaks a rule; none was taken"),
        (status = 503, body = RefusalBody, description = "the log does not take more now"),
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
