//! The questions whose answers are kept, as values.

use stratum_models::breakdown::BreakdownQuery;
use stratum_models::id::TenantId;
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{DayRange, UnixMillis};
use stratum_models::warehouse::{CampaignKey, MatchQualityQuery, WarehouseReader};

use super::weigh::Rows;

/// A rate in a question, with its place in a tree.
const RATE_BYTES: usize = 24;

/// A tenant's question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub tenant: TenantId,
    pub question: Question,
}

/// A method of [`WarehouseReader`] and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    KpiGroups(KpiQuery, KpiGrouping),
    Breakdown(BreakdownQuery),
    CampaignGroups(DayRange, Vec<CampaignKey>),
    ReportedCampaigns(UnixMillis, Option<CampaignKey>, u32),
    MaskCounts(MatchQualityQuery),
    InvalidCounts(MatchQualityQuery),
    IngestCounts(UnixMillis, UnixMillis),
    RejectionCounts(UnixMillis, UnixMillis),
    CampaignDays(DayRange),
    Freshness,
}

impl Question {
    /// Asks it.
    pub(super) async fn ask(
        &self,
        reader: &dyn WarehouseReader,
        scope: TenantScope,
    ) -> Result<Rows, StoreError> {
        Ok(match self {
            Question::KpiGroups(query, by) => Rows::of(reader.kpi_groups(scope, query, *by).await?),
            Question::Breakdown(query) => Rows::of(reader.breakdown(scope, query).await?),
            Question::CampaignGroups(days, campaigns) => {
                Rows::of(reader.campaign_groups(scope, *days, campaigns).await?)
            }
            Question::ReportedCampaigns(since, after, limit) => {
                let after = after.as_ref();
                Rows::of(reader.reported_campaigns(scope, *since, after, *limit).await?)
            }
            Question::MaskCounts(query) => Rows::of(reader.mask_counts(scope, query).await?),
            Question::InvalidCounts(query) => Rows::of(reader.invalid_counts(scope, query).await?),
            Question::IngestCounts(from, until) => {
                Rows::of(reader.ingest_counts(scope, *from, *until).await?)
            }
            Question::RejectionCounts(from, until) => {
                Rows::of(reader.rejection_counts(scope, *from, *until).await?)
            }
            Question::CampaignDays(days) => Rows::of(reader.campaign_days(scope, *days).await?),
            Question::Freshness => Rows::of(reader.freshness(scope).await?),
        })
    }
}

impl Key {
    /// Memory behind it, about.
    pub(super) fn bytes(&self) -> usize {
        match &self.question {
            Question::CampaignGroups(_, campaigns) => {
                campaigns.iter().map(|one| size_of::<CampaignKey>() + one.campaign_id.len()).sum()
            }
            Question::Breakdown(query) => 128 + query.into.rates() * RATE_BYTES,
            // Texts of parameters are short.
            _ => 128,
        }
    }
}
