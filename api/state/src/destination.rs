//! Destinations: where events of a dataset are handed on to. Credentials are sealed and never shown again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use stratum_models::connector::Credentials;
use stratum_models::delivery::{ConsentPolicy, DeliveryMode, KeyHour, LaneState};
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::delivery_directory::seal_new_key;
use super::work::TenantWork;
use super::{damaged, invalid, millis, store_error};

/// A destination to be stored, or written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDestination {
    /// Name to show; one of its tenant.
    pub name: String,
    /// The pixel or dataset at the platform.
    pub remote_id: String,
    /// What is done with events.
    pub mode: DeliveryMode,
    /// The names it takes; `None` for all.
    pub event_names: Option<Vec<String>>,
    /// What is done with events whose use is restricted.
    pub consent: ConsentPolicy,
    /// The platform's code for test events.
    pub test_code: Option<String>,
}

/// A stored destination, without its credentials.
#[derive(Clone, Debug)]
pub struct StoredDestination {
    /// Its id.
    pub id: Uuid,
    /// The dataset whose events it gets.
    pub dataset_id: Uuid,
    /// That dataset's id at its platform.
    pub external_id: String,
    /// The platform that it is at.
    pub platform: Platform,
    /// What users wrote.
    pub content: NewDestination,
    /// The credentials that are set, by name.
    pub credential_fields: Vec<String>,
    /// How it does, as the relay told last; `None` before that.
    pub state: Option<LaneState>,
    /// Events received from then on are for it.
    pub since: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

struct DestinationRow {
    id: Uuid,
    dataset_id: Uuid,
    name: String,
    platform: String,
    remote_id: String,
    mode: String,
    event_names: Option<Vec<String>>,
    consent: String,
    test_code: Option<String>,
    credential_fields: Vec<String>,
    since: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    external_id: String,
    state: Option<String>,
}

impl TryFrom<DestinationRow> for StoredDestination {
    type Error = StoreError;
    fn try_from(row: DestinationRow) -> Result<StoredDestination, StoreError> {
        let state = |name: String| LaneState::parse(&name).ok_or_else(|| damaged("state"));
        let state = row.state.map(state);
        Ok(StoredDestination {
            id: row.id,
            dataset_id: row.dataset_id,
            external_id: row.external_id,
            platform: Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?,
            content: NewDestination {
                name: row.name,
                remote_id: row.remote_id,
                mode: DeliveryMode::parse(&row.mode).ok_or_else(|| damaged("mode"))?,
                event_names: row.event_names,
                consent: ConsentPolicy::parse(&row.consent).ok_or_else(|| damaged("consent"))?,
                test_code: row.test_code,
            },
            credential_fields: row.credential_fields,
            state: state.transpose()?,
            since: row.since,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn names(credentials: &Credentials) -> Vec<String> {
    credentials.names().map(str::to_owned).collect()
}

/// What credentials are sealed for.
pub(super) const DESTINATION_CREDENTIALS: &str = "destinations.credentials";

impl TenantWork {
    /// Stores a destination of a dataset, with a key for what is sealed from now on. `Conflict` when the tenant
    /// has one of this name.
    pub async fn create_destination(
        &mut self,
        (dataset, platform): (Uuid, Platform),
        new: &NewDestination,
        credentials: &Credentials,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_destination.sql",
            id,
            self.key,
            dataset,
            new.name,
            platform.as_str(),
            new.remote_id,
            new.mode.as_str(),
            new.event_names.as_deref(),
            new.consent.as_str(),
            new.test_code,
            self.seal_destination(id, credentials)?,
            &names(credentials),
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        self.make_key(dataset, new.mode).await?;
        Ok(id)
    }

    /// Writes a destination anew; `false` when there is no such destination. Switched off, what waited for it
    /// waits no more. `Conflict` as at its making.
    pub async fn update_destination(
        &mut self,
        (id, dataset): (Uuid, Uuid),
        new: &NewDestination,
        credentials: &Credentials,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_destination.sql",
            self.key,
            id,
            new.name,
            new.remote_id,
            new.mode.as_str(),
            new.event_names.as_deref(),
            new.consent.as_str(),
            new.test_code,
            self.seal_destination(id, credentials)?,
            &names(credentials),
            self.now()
        );
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        if new.mode == DeliveryMode::Off {
            let statement = sqlx::query_file!("sql/delete_destination_ranges.sql", self.key, id);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        self.make_key(dataset, new.mode).await?;
        Ok(done.rows_affected() > 0)
    }

    /// The door seals from the first moment on, whoever makes the next hours' keys.
    async fn make_key(&mut self, dataset: Uuid, mode: DeliveryMode) -> Result<(), StoreError> {
        if !mode.takes_events() {
            return Ok(());
        }
        let hour = KeyHour::of(millis(self.now()));
        let (key, tools) = (self.key, self.tools.clone());
        seal_new_key(self.connection(), &tools, (key, dataset), hour).await.map(drop)
    }

    /// Forgets a destination, its credentials and what became of its events; `false` when there is none.
    pub async fn delete_destination(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_destination.sql", self.key, id);
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        let statement = sqlx::query_file!("sql/delete_delivery_lane.sql", self.key, id);
        statement.execute(self.connection()).await.map_err(store_error)?;
        let statement = sqlx::query_file!("sql/delete_delivery_history.sql", self.key, id);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// The destination of this id.
    pub async fn destination(&mut self, id: Uuid) -> Result<Option<StoredDestination>, StoreError> {
        let row = sqlx::query_file_as!(DestinationRow, "sql/select_destination.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(StoredDestination::try_from).transpose()
    }

    /// The credentials of a destination, opened; nobody else changes it until this work ends. `None` when
    /// there is no such destination.
    pub async fn lock_destination(&mut self, id: Uuid) -> Result<Option<Credentials>, StoreError> {
        let row = sqlx::query_file!("sql/lock_destination.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let Some(sealed) = row.credentials_sealed else { return Ok(Some(Credentials::default())) };
        let text = self.tools.opened(self.place(DESTINATION_CREDENTIALS, id), &sealed)?;
        serde_json::from_str(&text).map(Some).map_err(|_| damaged("credential"))
    }

    /// A part of the destinations, oldest first.
    pub async fn destinations(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<StoredDestination>, StoreError> {
        let rows = sqlx::query_file_as!(
            DestinationRow,
            "sql/select_destinations.sql",
            self.key,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(StoredDestination::try_from).collect()
    }

    /// How many destinations the tenant has.
    pub async fn destination_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_destinations.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.destinations.unsigned_abs())
    }

    fn seal_destination(&self, id: Uuid, all: &Credentials) -> Result<Option<Vec<u8>>, StoreError> {
        let clear: BTreeMap<&str, &str> = all.fields().collect();
        if clear.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_string(&clear).map_err(|_| invalid("credentials"))?;
        self.tools.sealed(self.place(DESTINATION_CREDENTIALS, id), &text).map(Some)
    }
}
