//! Events of the stream.

use serde::Serialize;
use stratum_models::platform::Platform;
use stratum_models::rejection::RejectReason;
use stratum_models::update::{Update, UpdateKind};
use utoipa::ToSchema;

/// The data of an event of the stream. A hint: what it is about is to be asked for again.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct UpdateEvent {
    /// The platform of the figures or rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The first day whose sums changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_from: Option<chrono::NaiveDate>,
    /// The last such day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_to: Option<chrono::NaiveDate>,
    /// The dataset or ad account of the scores or of the refused rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_id: Option<String>,
    /// The id of what the update is about, such as an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The kind of what was created, changed or deleted, as in paths, such as `campaigns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Why rows were refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectReason>,
    /// The number of refused rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl From<&Update> for UpdateEvent {
    fn from(update: &Update) -> UpdateEvent {
        let subject = Some(update.subject.clone()).filter(|text| !text.is_empty());
        let is_of_dataset =
            matches!(update.kind, UpdateKind::MatchQuality | UpdateKind::IngestRejects);
        let (dataset_id, id, resource) = match update.kind {
            _ if is_of_dataset => (subject, None, None),
            UpdateKind::Resource => (None, None, subject),
            _ => (None, subject, None),
        };
        UpdateEvent {
            platform: update.platform,
            date_from: update.days.map(|days| days.from.0),
            date_to: update.days.map(|days| days.to.0),
            dataset_id,
            id,
            resource,
            state: Some(update.state.clone()).filter(|text| !text.is_empty()),
            reason: update.reason,
            rows: Some(update.rows).filter(|_| update.kind == UpdateKind::IngestRejects),
        }
    }
}
