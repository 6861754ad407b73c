//! Connectors: how to reach an ad platform's API. Credentials are sealed and never shown again.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use stratum_models::connector::{Credentials, Level, is_pulled};
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::Day;
use utoipa::ToSchema;
use uuid::Uuid;

use super::pull_fault::ClosedAccount;
use super::work::TenantWork;
use super::{damaged, invalid, store_error};

name_set! {
    /// The schedule on which a platform is asked.
    Schedule {
        /// Only when somebody says so.
        Manual = "manual",
        /// Every hour.
        Hourly = "hourly",
        /// Four times a day.
        Every6Hours = "every_6_hours",
        /// Once a day.
        Daily = "daily",
    }
}

impl Schedule {
    /// The time from one pull to the next; `None` where there is no next.
    fn every(self) -> Option<Duration> {
        match self {
            Schedule::Manual => None,
            Schedule::Hourly => Some(Duration::hours(1)),
            Schedule::Every6Hours => Some(Duration::hours(6)),
            Schedule::Daily => Some(Duration::days(1)),
        }
    }
}

name_set! {
    /// The state of a connector, as far as it is known.
    ConnectorStatus {
        /// The platform was never asked with these credentials.
        Unverified = "unverified",
        /// It was asked, and answered.
        Working = "working",
        /// It was asked, and answered for some of its accounts; `closed_accounts` names the others.
        Partial = "partial",
        /// The platform wants to be left alone; it is asked again by itself.
        Throttled = "throttled",
        /// It was asked, and did not answer; `last_error` tells why.
        Failing = "failing",
        /// The platform takes the credentials no more. It is asked again once they are new.
        NeedsCredentials = "needs_credentials",
        /// It is not in use.
        Paused = "paused",
    }
}

/// The settings of what a platform is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PullSettings {
    /// The conversion that counts, by the platform's name of its action or metric; its usual purchases where
    /// absent.
    #[schema(example = "omni_purchase")]
    pub conversion: Option<String>,
    /// The levels that figures are broken down by beside campaigns, of `ad`, `country`, `device`; all that
    /// the platform tells where absent.
    #[schema(value_type = Option<Vec<String>>)]
    pub levels: Option<Vec<Level>>,
}

/// A connector to be stored, or written anew.
#[derive(Clone, Debug)]
pub struct NewConnector {
    /// Name to show; one of its platform.
    pub name: String,
    /// The platform's ad accounts.
    pub account_ids: Vec<String>,
    /// The schedule on which the platform is asked.
    pub schedule: Schedule,
    /// Whether it is in use.
    pub enabled: bool,
    /// The settings of what is asked for.
    pub settings: PullSettings,
}

impl NewConnector {
    /// When it is first asked: at once, where it is asked by itself at all.
    fn first_run(&self, platform: Platform, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let asked = self.enabled && is_pulled(platform) && !self.account_ids.is_empty();
        self.schedule.every().filter(|_| asked).map(|_| now)
    }
}

/// A stored connector, without its credentials.
#[derive(Clone, Debug)]
pub struct Connector {
    /// The connector's id.
    pub id: Uuid,
    /// The platform; never changes.
    pub platform: Platform,
    /// The content that users wrote.
    pub content: NewConnector,
    /// The credentials that are set, by name.
    pub credential_fields: Vec<String>,
    /// The state of the connector, as far as it is known.
    pub status: ConnectorStatus,
    /// The same, whether it is in use or not.
    pub known: ConnectorStatus,
    /// When a pull last went well.
    pub last_success_at: Option<DateTime<Utc>>,
    /// That pull's last day.
    pub pulled_to: Option<Day>,
    /// When it is asked next.
    pub next_run_at: Option<DateTime<Utc>>,
    /// The last error, in words.
    pub last_error: Option<String>,
    /// Accounts that could not be read when it was last asked.
    pub closed_accounts: Vec<ClosedAccount>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

struct ConnectorRow {
    id: Uuid,
    platform: String,
    name: String,
    account_ids: Vec<String>,
    credential_fields: Vec<String>,
    schedule: String,
    enabled: bool,
    status: String,
    settings: serde_json::Value,
    last_success_at: Option<DateTime<Utc>>,
    pulled_to: Option<NaiveDate>,
    next_run_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    closed_accounts: serde_json::Value,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<ConnectorRow> for Connector {
    type Error = StoreError;
    fn try_from(row: ConnectorRow) -> Result<Connector, StoreError> {
        let known = ConnectorStatus::parse(&row.status);
        let known = known.ok_or_else(|| damaged("status of a connector"))?;
        let settings = serde_json::from_value(row.settings);
        Ok(Connector {
            id: row.id,
            platform: Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?,
            content: NewConnector {
                name: row.name,
                account_ids: row.account_ids,
                schedule: Schedule::parse(&row.schedule).ok_or_else(|| damaged("schedule"))?,
                enabled: row.enabled,
                settings: settings.map_err(|_| damaged("settings of a connector"))?,
            },
            credential_fields: row.credential_fields,
            status: if row.enabled { known } else { ConnectorStatus::Paused },
            known,
            last_success_at: row.last_success_at,
            pulled_to: row.pulled_to.map(Day),
            next_run_at: row.next_run_at,
            last_error: row.last_error,
            closed_accounts: serde_json::from_value(row.closed_accounts)
                .map_err(|_| damaged("closed accounts of a connector"))?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A connector whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The schedule on which it is asked.
    pub schedule: Schedule,
    /// The last day of the last pull that went well.
    pub pulled_to: Option<Day>,
}

fn settings(new: &NewConnector) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(&new.settings).map_err(|_| invalid("settings"))
}

fn names(credentials: &Credentials) -> Vec<String> {
    credentials.names().map(str::to_owned).collect()
}

/// The purpose that credentials are sealed for.
pub(super) const CREDENTIALS: &str = "connectors.credentials";

impl TenantWork {
    /// Stores a connector. `Conflict` when the tenant has one of this platform and name.
    pub async fn create_connector(
        &mut self,
        platform: Platform,
        new: &NewConnector,
        credentials: &Credentials,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_connector.sql",
            id,
            self.key,
            platform.as_str(),
            new.name,
            &new.account_ids,
            self.seal_credentials(id, credentials)?,
            &names(credentials),
            new.schedule.as_str(),
            new.enabled,
            settings(new)?,
            new.first_run(platform, self.now()),
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes a connector anew, and has it asked soon; `false` when there is no such connector. `Conflict` as
    /// at its making.
    pub async fn update_connector(
        &mut self,
        id: Uuid,
        platform: Platform,
        new: &NewConnector,
        credentials: &Credentials,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_connector.sql",
            self.key,
            id,
            new.name,
            &new.account_ids,
            self.seal_credentials(id, credentials)?,
            &names(credentials),
            new.schedule.as_str(),
            new.enabled,
            settings(new)?,
            new.first_run(platform, self.now()),
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Forgets a connector and its credentials; `false` when there is no such connector.
    pub async fn delete_connector(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_connector.sql", self.key, id);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// The connector of this id.
    pub async fn connector(&mut self, id: Uuid) -> Result<Option<Connector>, StoreError> {
        let row = sqlx::query_file_as!(ConnectorRow, "sql/select_connector.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(Connector::try_from).transpose()
    }

    /// The credentials of a connector, opened; nobody else changes it until this work ends. `None`
    /// when there is no such connector.
    pub async fn lock_credentials(&mut self, id: Uuid) -> Result<Option<Credentials>, StoreError> {
        let row = sqlx::query_file!("sql/lock_connector.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let Some(sealed) = row.credentials_sealed else { return Ok(Some(Credentials::default())) };
        let text = self.tools.opened(self.place(CREDENTIALS, id), &sealed)?;
        serde_json::from_str(&text).map(Some).map_err(|_| damaged("credential"))
    }

    /// Puts the platform's new credentials in the place of the old ones.
    pub async fn renew_credentials(
        &mut self,
        id: Uuid,
        renewed: &Credentials,
    ) -> Result<(), StoreError> {
        let sealed = self.seal_credentials(id, renewed)?;
        let statement = sqlx::query_file!("sql/reseal_connector.sql", self.key, id, sealed);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// A connector that is due, which nobody else plans until this work ends; `None` when it is not.
    pub async fn lock_due_connector(&mut self, id: Uuid) -> Result<Option<Due>, StoreError> {
        let row = sqlx::query_file!("sql/lock_due_connector.sql", self.key, id, self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| {
            let schedule = Schedule::parse(&row.schedule).ok_or_else(|| damaged("schedule"))?;
            Ok(Due { schedule, pulled_to: row.pulled_to.map(Day) })
        })
        .transpose()
    }

    /// Sets when a connector is due next.
    pub async fn plan_next_run(&mut self, id: Uuid, schedule: Schedule) -> Result<(), StoreError> {
        let next = schedule.every().map(|every| self.now() + every);
        let statement = sqlx::query_file!("sql/update_connector_due.sql", self.key, id, next);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// A part of the connectors, oldest first.
    pub async fn connectors(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Connector>, StoreError> {
        let rows = sqlx::query_file_as!(
            ConnectorRow,
            "sql/select_connectors.sql",
            self.key,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(Connector::try_from).collect()
    }

    /// The number of the tenant's connectors.
    pub async fn connector_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_connectors.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.connectors.unsigned_abs())
    }

    fn seal_credentials(&self, id: Uuid, all: &Credentials) -> Result<Option<Vec<u8>>, StoreError> {
        let clear: BTreeMap<&str, &str> = all.fields().collect();
        if clear.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_string(&clear).map_err(|_| invalid("credentials"))?;
        self.tools.sealed(self.place(CREDENTIALS, id), &text).map(Some)
    }
}
