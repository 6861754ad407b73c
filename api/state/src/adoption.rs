//! Campaigns that ad reports name and nobody has made.

use stratum_models::store::StoreError;
use stratum_models::warehouse::ReportedCampaign;
use uuid::Uuid;

use super::work::TenantWork;
use super::{fold, store_error};

impl TenantWork {
    /// Makes campaigns of those that reports name and nobody has made or deleted, `room` at most, and
    /// writes down of the others when they were last reported. What users wrote stays. Returns how
    /// many were made.
    pub async fn adopt_campaigns(
        &mut self,
        reported: &[ReportedCampaign],
        room: u64,
    ) -> Result<u64, StoreError> {
        let of = |text: fn(&ReportedCampaign) -> &str| -> Vec<String> {
            reported.iter().map(|one| text(one).to_owned()).collect()
        };
        let ids: Vec<Uuid> = reported.iter().map(|_| self.tools.ids.next()).collect();
        let platforms = of(|one| one.key.platform.as_str());
        let external_ids = of(|one| &one.key.campaign_id);
        let names: Vec<String> = reported.iter().map(name_of).collect();
        let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
        let received: Vec<_> = reported.iter().map(|one| one.received_at.to_utc()).collect();
        let room = i64::try_from(room).unwrap_or(i64::MAX);
        let statement = sqlx::query_file!(
            "sql/insert_reported_campaigns.sql",
            self.key,
            &ids,
            &platforms,
            &external_ids,
            &of(|one| &one.account_id),
            &names,
            &folded,
            &of(|one| one.currency.as_str()),
            &received,
            self.now(),
            room
        );
        let made = statement.execute(self.connection()).await.map_err(store_error)?.rows_affected();
        let synced = sqlx::query_file!(
            "sql/update_campaigns_synced.sql",
            self.key,
            &platforms,
            &external_ids,
            &received
        );
        synced.execute(self.connection()).await.map_err(store_error)?;
        Ok(made)
    }
}

/// The name to show: the platform's id where the report has none.
fn name_of(reported: &ReportedCampaign) -> String {
    const NAME_CHARS_MAX: usize = 500;
    let name = reported.name.trim();
    let name = if name.is_empty() { &reported.key.campaign_id } else { name };
    name.chars().filter(|letter| *letter != '\0').take(NAME_CHARS_MAX).collect()
}
