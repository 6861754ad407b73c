//! Ad accounts as their platforms describe them.

use chrono::{DateTime, Utc};
use stratum_models::connector::Account;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;

use super::work::TenantWork;
use super::{damaged, store_error};

/// An ad account.
#[derive(Clone, Debug)]
pub struct AdAccount {
    /// The platform.
    pub platform: Platform,
    /// The id of the account, as connectors name it.
    pub account_id: String,
    /// The account's name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: String,
    /// The time zone of its days.
    pub time_zone: String,
    /// When the platform was last asked.
    pub updated_at: DateTime<Utc>,
}

/// Characters of a name that are kept.
const NAME_CHARS_MAX: usize = 500;

impl TenantWork {
    /// Keeps what a platform says of an account.
    pub async fn keep_ad_account(
        &mut self,
        platform: Platform,
        account: &Account,
    ) -> Result<(), StoreError> {
        let name: String = account.name.chars().filter(|letter| *letter != '\0').collect();
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        let statement = sqlx::query_file!(
            "sql/upsert_ad_account.sql",
            self.key,
            platform.as_str(),
            account.id,
            name,
            account.currency.as_str(),
            account.zone.name(),
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// A part of the accounts, by platform and id.
    pub async fn ad_accounts(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<AdAccount>, StoreError> {
        let rows = sqlx::query_file!("sql/select_ad_accounts.sql", self.key, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let account = |platform: &str| Platform::parse(platform).ok_or_else(|| damaged("platform"));
        rows.into_iter()
            .map(|row| {
                Ok(AdAccount {
                    platform: account(&row.platform)?,
                    account_id: row.account_id,
                    name: row.name,
                    currency: row.currency,
                    time_zone: row.time_zone,
                    updated_at: row.updated_at,
                })
            })
            .collect()
    }

    /// The number of accounts that are known.
    pub async fn ad_account_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_ad_accounts.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.accounts.unsigned_abs())
    }
}
