//! Connectors: how to reach an ad platform's API. Credentials are sealed and never shown again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

use super::work::TenantWork;
use super::{damaged, invalid, store_error};
use crate::config::Secret;

/// How often it is meant to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Only when somebody says so.
    Manual,
    /// Every hour.
    Hourly,
    /// Four times a day.
    #[serde(rename = "every_6_hours")]
    Every6Hours,
    /// Once a day.
    Daily,
}

impl Schedule {
    const ALL: [Schedule; 4] =
        [Schedule::Manual, Schedule::Hourly, Schedule::Every6Hours, Schedule::Daily];

    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Schedule::Manual => "manual",
            Schedule::Hourly => "hourly",
            Schedule::Every6Hours => "every_6_hours",
            Schedule::Daily => "daily",
        }
    }

    fn parse(text: &str) -> Option<Schedule> {
        Schedule::ALL.into_iter().find(|schedule| schedule.as_str() == text)
    }
}

/// What is known of whether it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConnectorStatus {
    /// The platform was never asked with these credentials.
    Unverified,
}

/// Credentials by field, such as `access_token`.
pub type Credentials = BTreeMap<String, Secret>;

/// A connector to be stored, or written anew.
#[derive(Clone, Debug)]
pub struct NewConnector {
    /// Name to show; one of its platform.
    pub name: String,
    /// The platform's ad accounts.
    pub account_ids: Vec<String>,
    /// How often it is meant to be asked.
    pub schedule: Schedule,
    /// Whether it is in use.
    pub enabled: bool,
}

/// A stored connector, without its credentials.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its id.
    pub id: Uuid,
    /// The platform; never changes.
    pub platform: Platform,
    /// What users wrote.
    pub content: NewConnector,
    /// The credentials that are set, by name.
    pub credential_fields: Vec<String>,
    /// What is known of whether it works.
    pub status: ConnectorStatus,
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
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<ConnectorRow> for Connector {
    type Error = StoreError;
    fn try_from(row: ConnectorRow) -> Result<Connector, StoreError> {
        let status = match row.status.as_str() {
            "unverified" => ConnectorStatus::Unverified,
            _ => return Err(damaged("status of a connector")),
        };
        Ok(Connector {
            id: row.id,
            platform: Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?,
            content: NewConnector {
                name: row.name,
                account_ids: row.account_ids,
                schedule: Schedule::parse(&row.schedule).ok_or_else(|| damaged("schedule"))?,
                enabled: row.enabled,
            },
            credential_fields: row.credential_fields,
            status,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What credentials are sealed for.
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
            self.seal_credentials(credentials)?,
            &credentials.keys().cloned().collect::<Vec<_>>(),
            new.schedule.as_str(),
            new.enabled,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Writes a connector anew; `false` when there is no such connector. `Conflict` as at its making.
    pub async fn update_connector(
        &mut self,
        id: Uuid,
        new: &NewConnector,
        credentials: &Credentials,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_connector.sql",
            self.key,
            id,
            new.name,
            &new.account_ids,
            self.seal_credentials(credentials)?,
            &credentials.keys().cloned().collect::<Vec<_>>(),
            new.schedule.as_str(),
            new.enabled,
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
        let Some(sealed) = row.credentials_sealed else { return Ok(Some(Credentials::new())) };
        let text = self.tools.opened(CREDENTIALS, &sealed)?;
        serde_json::from_str(&text).map(Some).map_err(|_| damaged("credential"))
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

    /// How many connectors the tenant has.
    pub async fn connector_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_connectors.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.connectors.unsigned_abs())
    }

    fn seal_credentials(&self, credentials: &Credentials) -> Result<Option<Vec<u8>>, StoreError> {
        if credentials.is_empty() {
            return Ok(None);
        }
        let clear: BTreeMap<&str, &str> =
            credentials.iter().map(|(field, value)| (field.as_str(), value.expose())).collect();
        let text = serde_json::to_string(&clear).map_err(|_| invalid("credentials"))?;
        self.tools.sealed(CREDENTIALS, &text).map(Some)
    }
}
