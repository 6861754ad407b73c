//! Campaigns: made by users, or adopted from ad reports. A deleted one is only marked.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::warehouse::CampaignKey;
use uuid::Uuid;

use super::work::TenantWork;
use super::{damaged, fold, store_error};

name_set! {
    /// Where a campaign is in its life.
    CampaignStatus {
        /// Being prepared; nothing returns here.
        Draft = "draft",
        /// Running.
        Active = "active",
        /// Held for a while.
        Paused = "paused",
        /// Over.
        Completed = "completed",
        /// Put away, for good.
        Archived = "archived",
    }
}

impl CampaignStatus {
    /// Whether a campaign may go from here to there. To stay is always allowed.
    pub fn may_become(self, next: CampaignStatus) -> bool {
        self == next || (self != CampaignStatus::Archived && next != CampaignStatus::Draft)
    }
}

/// All that a user may write of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignPlan {
    /// The platform's id, once it has one.
    pub external_id: Option<String>,
    /// The platform's ad account.
    pub account_id: Option<String>,
    /// Name to show.
    pub name: String,
    /// Where it is in its life.
    pub status: CampaignStatus,
    /// The objective, in the platform's words.
    pub objective: Option<String>,
    /// The most that it may spend a day, in micros of its currency.
    pub daily_budget_micros: Option<i64>,
    /// The most that it may spend in all, in micros of its currency.
    pub lifetime_budget_micros: Option<i64>,
    /// The currency of every amount.
    pub currency: Currency,
    /// First day.
    pub start_date: Option<NaiveDate>,
    /// Last day, never before the first.
    pub end_date: Option<NaiveDate>,
    /// Whom it is shown to: an object in the platform's form.
    pub targeting: Value,
    /// Words to find it by.
    pub labels: Vec<String>,
}

/// A stored campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// The campaign's id.
    pub id: Uuid,
    /// Where it runs; never changes.
    pub platform: Platform,
    /// The plan that users wrote.
    pub plan: CampaignPlan,
    /// When the newest ad report that names it was received.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When users last changed it.
    pub updated_at: DateTime<Utc>,
}

impl Campaign {
    /// The key that the warehouse knows it by; `None` until the platform has given it an id.
    pub fn key(&self) -> Option<CampaignKey> {
        let campaign_id = self.plan.external_id.clone()?;
        Some(CampaignKey { platform: self.platform, campaign_id })
    }
}

/// Which campaigns, in which order.
#[derive(Clone, Debug, Default)]
pub struct CampaignQuery {
    /// Of one of these platforms; of any where empty.
    pub platforms: Vec<Platform>,
    /// In one of these states; in any where empty.
    pub statuses: Vec<CampaignStatus>,
    /// With this text in the name or the platform's id, in any letter case.
    pub search: Option<String>,
    /// With every one of these labels.
    pub labels: Vec<String>,
    /// Of this ad account.
    pub account_id: Option<String>,
    /// Not over before this day.
    pub from: Option<NaiveDate>,
    /// Begun by this day.
    pub until: Option<NaiveDate>,
    /// By name instead of by age.
    pub by_name: bool,
    /// The last first.
    pub descending: bool,
}

/// As much of a campaign as sorting needs.
#[derive(Clone, Debug)]
pub struct ListedCampaign {
    /// The campaign's id.
    pub id: Uuid,
    /// The key that the warehouse knows it by.
    pub key: Option<CampaignKey>,
    /// The currency of its amounts.
    pub currency: Currency,
}

struct CampaignRow {
    id: Uuid,
    platform: String,
    external_id: Option<String>,
    account_id: Option<String>,
    name: String,
    status: String,
    objective: Option<String>,
    daily_budget_micros: Option<i64>,
    lifetime_budget_micros: Option<i64>,
    currency: String,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    targeting: Value,
    labels: Vec<String>,
    last_synced_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<CampaignRow> for Campaign {
    type Error = StoreError;
    fn try_from(row: CampaignRow) -> Result<Campaign, StoreError> {
        Ok(Campaign {
            id: row.id,
            platform: Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?,
            plan: CampaignPlan {
                external_id: row.external_id,
                account_id: row.account_id,
                name: row.name,
                status: CampaignStatus::parse(&row.status).ok_or_else(|| damaged("status"))?,
                objective: row.objective,
                daily_budget_micros: row.daily_budget_micros,
                lifetime_budget_micros: row.lifetime_budget_micros,
                currency: row.currency.parse().map_err(|_| damaged("currency"))?,
                start_date: row.start_date,
                end_date: row.end_date,
                targeting: row.targeting,
                labels: row.labels,
            },
            last_synced_at: row.last_synced_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TenantWork {
    /// Stores a campaign. `Conflict` when the tenant has one of this platform and platform's id.
    pub async fn create_campaign(
        &mut self,
        platform: Platform,
        plan: &CampaignPlan,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_campaign.sql",
            id,
            self.key,
            platform.as_str(),
            plan.external_id,
            plan.account_id,
            plan.name,
            fold(&plan.name),
            plan.status.as_str(),
            plan.objective,
            plan.daily_budget_micros,
            plan.lifetime_budget_micros,
            plan.currency.as_str(),
            plan.start_date,
            plan.end_date,
            plan.targeting,
            &plan.labels,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes a campaign anew; `false` when there is no such campaign. `Conflict` as at its making.
    pub async fn update_campaign(
        &mut self,
        id: Uuid,
        plan: &CampaignPlan,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_campaign.sql",
            self.key,
            id,
            plan.external_id,
            plan.account_id,
            plan.name,
            fold(&plan.name),
            plan.status.as_str(),
            plan.objective,
            plan.daily_budget_micros,
            plan.lifetime_budget_micros,
            plan.currency.as_str(),
            plan.start_date,
            plan.end_date,
            plan.targeting,
            &plan.labels,
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Marks a campaign as deleted and lets its assets go; `false` when there is no such campaign.
    pub async fn delete_campaign(&mut self, id: Uuid) -> Result<bool, StoreError> {
        if !self.lock_campaign(id).await? {
            return Ok(false);
        }
        let statement = sqlx::query_file!("sql/delete_campaign.sql", self.key, id, self.now());
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Keeps others from changing a campaign until this work ends; `false` when there is none.
    pub async fn lock_campaign(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let row = sqlx::query_file!("sql/lock_campaign.sql", self.key, id);
        Ok(row.fetch_optional(self.connection()).await.map_err(store_error)?.is_some())
    }

    /// Keeps others from changing these campaigns until this work ends. Those that do not exist are left out.
    pub async fn lock_campaigns(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        let rows = sqlx::query_file!("sql/lock_campaigns.sql", self.key, ids);
        rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// The 500 labels that most campaigns have, by name, with how many have each.
    pub async fn campaign_labels(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query_file!("sql/count_campaign_labels.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (row.label, row.campaigns.unsigned_abs())).collect())
    }

    /// The campaign of this id.
    pub async fn campaign(&mut self, id: Uuid) -> Result<Option<Campaign>, StoreError> {
        Ok(self.campaigns(&[id]).await?.pop())
    }

    /// The campaigns of these ids, in their order; those that do not exist are left out.
    pub async fn campaigns(&mut self, ids: &[Uuid]) -> Result<Vec<Campaign>, StoreError> {
        let rows = sqlx::query_file_as!(CampaignRow, "sql/select_campaigns.sql", self.key, ids);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// The next campaigns by id, of these platforms where any is named.
    pub async fn campaigns_after(
        &mut self,
        after: Uuid,
        platforms: &[Platform],
        limit: i64,
    ) -> Result<Vec<Campaign>, StoreError> {
        let platforms: Vec<String> = platforms.iter().map(|one| one.as_str().to_owned()).collect();
        let rows = sqlx::query_file_as!(
            CampaignRow,
            "sql/select_campaigns_after.sql",
            self.key,
            after,
            &platforms,
            limit
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// The number of the tenant's campaigns.
    pub async fn campaign_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_campaigns.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.campaigns.unsigned_abs())
    }

    /// A part of the campaigns that are asked for, and how many there are in all.
    pub async fn list_campaigns(
        &mut self,
        query: &CampaignQuery,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ListedCampaign>, u64), StoreError> {
        let (listed, total) = self.campaign_keys(query, limit, offset).await?;
        // The total comes with the rows: behind the end there are none.
        match listed.is_empty() && offset > 0 {
            true => Ok((listed, self.campaign_keys(query, 1, 0).await?.1)),
            false => Ok((listed, total)),
        }
    }

    async fn campaign_keys(
        &mut self,
        query: &CampaignQuery,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ListedCampaign>, u64), StoreError> {
        let names = |of: Vec<&str>| of.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let platforms = names(query.platforms.iter().map(|one| one.as_str()).collect());
        let statuses = names(query.statuses.iter().map(|one| one.as_str()).collect());
        let rows = sqlx::query_file!(
            "sql/select_campaign_keys.sql",
            self.key,
            &platforms,
            &statuses,
            query.search.as_deref().map(fold),
            &query.labels,
            query.account_id,
            query.from,
            query.until,
            query.by_name,
            query.descending,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
        let listed = rows.into_iter().map(|row| {
            let platform = Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?;
            let key = row.external_id.map(|campaign_id| CampaignKey { platform, campaign_id });
            let currency = row.currency.parse().map_err(|_| damaged("currency"))?;
            Ok(ListedCampaign { id: row.id, key, currency })
        });
        Ok((listed.collect::<Result<_, _>>()?, total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archived_is_final_and_nothing_becomes_a_draft_again() {
        use CampaignStatus::*;
        for status in CampaignStatus::ALL.iter().copied() {
            assert!(status.may_become(status));
            assert_eq!(Archived.may_become(status), status == Archived);
            assert_eq!(status.may_become(Draft), status == Draft);
        }
        assert!(Draft.may_become(Active) && Completed.may_become(Active));
    }
}
