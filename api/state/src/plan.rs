//! Budget plans that users save.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use stratum_models::money::Currency;
use stratum_models::store::StoreError;
use stratum_models::time::DayRange;
use uuid::Uuid;

use super::page::Page;
use super::work::TenantWork;
use super::{damaged, store_error};

/// A plan to be saved.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Name to show.
    pub name: String,
    /// The days it is for.
    pub days: DayRange,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The model that it was made with.
    pub model_version: String,
    /// What it says of each campaign.
    pub content: Value,
}

/// A saved plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its id.
    pub id: Uuid,
    /// Name to show.
    pub name: String,
    /// The first day it is for.
    pub date_from: NaiveDate,
    /// The last day, included.
    pub date_to: NaiveDate,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The model that it was made with.
    pub model_version: String,
    /// What it says of each campaign.
    pub content: Value,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
}

impl TenantWork {
    /// Saves a plan.
    pub async fn create_plan(&mut self, new: &NewPlan) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_plan.sql",
            id,
            self.key,
            new.name,
            new.days.from.0,
            new.days.to.0,
            new.currency.as_str(),
            new.model_version,
            new.content,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// A page of the plans, newest first.
    pub async fn plans(&mut self, page: Page) -> Result<Vec<Plan>, StoreError> {
        self.select_plans(None, page.limit(), page.offset()).await
    }

    /// How many plans the tenant has.
    pub async fn plan_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_plans.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.plans.unsigned_abs())
    }

    /// The plan of this id.
    pub async fn plan(&mut self, id: Uuid) -> Result<Option<Plan>, StoreError> {
        Ok(self.select_plans(Some(id), 1, 0).await?.pop())
    }

    /// Deletes a plan; `false` when there is no such plan.
    pub async fn delete_plan(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_plan.sql", self.key, id);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    async fn select_plans(
        &mut self,
        id: Option<Uuid>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Plan>, StoreError> {
        let rows = sqlx::query_file!("sql/select_plans.sql", self.key, id, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let plans = rows.into_iter().map(|row| {
            Ok(Plan {
                id: row.id,
                name: row.name,
                date_from: row.date_from,
                date_to: row.date_to,
                currency: Currency::parse(&row.currency).ok_or_else(|| damaged("currency"))?,
                model_version: row.model_version,
                content: row.content,
                created_at: row.created_at,
            })
        });
        plans.collect()
    }
}
