//! `GET /analytics/ingest`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::dialect::Dialect;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::warehouse::{IngestCount, RejectionCount};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::range::RangeFields;

/// Which days of receipt.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IngestParams {
    /// The first day, in the tenant's time zone, included; 30 days before the last day if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
}

/// The events that came in, and their fates.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ingest {
    /// First day of receipt, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// All conversion events.
    events: Counts,
    /// All ad reports.
    ad_reports: Counts,
    /// Split by dataset.
    datasets: Vec<DatasetCounts>,
    /// Refused rows by reason, most first, at most 100.
    rejections: Vec<Rejections>,
    /// Fields of events that were taken without them, by reason, most first, at most 100. Such an event is
    /// counted like any other, but what the field says is missing from the figures: an event with a value
    /// and no currency counts, and its value does not.
    diagnostics: Vec<Diagnostics>,
}

/// `received = landed + duplicate + rejected`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Counts {
    /// All of them.
    received: u64,
    /// Counted in the figures.
    landed: u64,
    /// Seen before.
    duplicate: u64,
    /// Refused.
    rejected: u64,
}

impl Counts {
    fn of(counts: &[IngestCount], kind: RowKind) -> Counts {
        let of_kind = counts.iter().filter(|one| one.kind == kind);
        of_kind.fold(Counts::default(), |sum, one| Counts {
            received: sum.received + one.received,
            landed: sum.landed + one.landed,
            duplicate: sum.duplicate + one.duplicate,
            rejected: sum.rejected + one.rejected,
        })
    }
}

/// One dataset, or one ad account.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetCounts {
    /// The platform; null for events that are for no ad platform, and for refused rows that name none, or one
    /// that is not known.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id, or the ad account; empty where refused rows name none.
    dataset_id: String,
    /// `event` or `ad_report`.
    kind: RowKind,
    /// The counts.
    #[serde(flatten)]
    counts: Counts,
    /// When the newest of them was received.
    newest_received_at: chrono::DateTime<chrono::Utc>,
}

/// Refused rows of one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejections {
    /// The wire format they came in; null for ad reports.
    dialect: Option<Dialect>,
    /// The platform; null where the rows name none, or one that is not known.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id, or the ad account; empty if the rows name none.
    dataset_id: String,
    /// A stable code (`missing_field`, `too_old` …).
    reason: RejectReason,
    /// The path of the wrong field within its row (`user_data.em`); empty if the whole row is wrong.
    field: String,
    /// The number of rows.
    rows: u64,
}

/// A field that events were taken without.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnostics {
    /// The wire format the events came in.
    dialect: Option<Dialect>,
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// A stable code (`missing_currency`, `invalid_currency`).
    reason: RejectReason,
    /// The path of the wrong field (`custom_data.currency`).
    field: String,
    /// The number of events, duplicates included.
    events: u64,
}

/// Counts the rows received, stored, recognised as duplicates and refused.
///
/// Days are days of receipt. A row is counted once the pipeline has processed it, normally within a second.
#[utoipa::path(
    get, path = "/api/v1/analytics/ingest", tag = "analytics", params(IngestParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Ingest>)),
)]
pub async fn ingest_counts(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<IngestParams>,
) -> Answered<Ingest> {
    let range = RangeFields {
        from: ("date_from", params.date_from.as_deref()),
        to: ("date_to", params.date_to.as_deref()),
    };
    let range = range.read(&app, caller.scope, Fields::default())?;
    let (from, until) = range.hours();
    let (counts, rejections) = tokio::try_join!(
        app.warehouse.ingest_counts(caller.scope, from, until),
        app.warehouse.rejection_counts(caller.scope, from, until)
    )?;
    let (diagnostics, rejections): (Vec<_>, Vec<_>) =
        rejections.into_iter().partition(|count| count.kind == RowKind::Field);
    Ok(Answer::of(Ingest {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        events: Counts::of(&counts, RowKind::Event),
        ad_reports: Counts::of(&counts, RowKind::AdReport),
        datasets: counts.into_iter().map(DatasetCounts::from).collect(),
        rejections: rejections.into_iter().map(Rejections::from).collect(),
        diagnostics: diagnostics.into_iter().map(Diagnostics::from).collect(),
    }))
}

impl From<IngestCount> for DatasetCounts {
    fn from(count: IngestCount) -> DatasetCounts {
        let IngestCount { received, landed, duplicate, rejected, .. } = count;
        DatasetCounts {
            platform: count.platform,
            dataset_id: count.dataset_id,
            kind: count.kind,
            counts: Counts { received, landed, duplicate, rejected },
            newest_received_at: count.newest_received_at.to_utc(),
        }
    }
}

impl From<RejectionCount> for Rejections {
    fn from(count: RejectionCount) -> Rejections {
        Rejections {
            dialect: count.dialect,
            platform: count.platform,
            dataset_id: count.dataset_id,
            reason: count.reason,
            field: count.field,
            rows: count.rows,
        }
    }
}

impl From<RejectionCount> for Diagnostics {
    fn from(count: RejectionCount) -> Diagnostics {
        Diagnostics {
            dialect: count.dialect,
            platform: count.platform,
            dataset_id: count.dataset_id,
            reason: count.reason,
            field: count.field,
            events: count.rows,
        }
    }
}
