//! Destinations as whoever hands events on needs them, and the keys that events are sealed with.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use stratum_models::connector::Credentials;
use stratum_models::delivery::{
    ConsentPolicy, DataKey, DatasetKey, DatasetSeal, DeliveryDirectory, DeliveryMode, Destination,
    EventFilter, KeyHour,
};
use stratum_models::id::{DestinationId, TenantId};
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::destination::DESTINATION_CREDENTIALS;
use super::seal::Place;
use super::work::SystemWork;
use super::{PostgresState, Tools, damaged, millis, store_error, tenant_key};

/// The column that keys are sealed for.
pub(super) const DELIVERY_KEY: &str = "delivery_keys.key";

const KEY_BYTES: usize = 32;

const fn key_place(tenant: i64, row: Uuid) -> Place {
    Place { column: DELIVERY_KEY, tenant, row }
}

fn hour_number(hour: KeyHour) -> Result<i32, StoreError> {
    i32::try_from(hour.0).map_err(|_| damaged("hour"))
}

/// Makes the key of a dataset's hour where there is none; whether it did.
pub(super) async fn seal_new_key(
    connection: &mut PgConnection,
    tools: &Tools,
    (tenant, dataset): (i64, Uuid),
    hour: KeyHour,
) -> Result<bool, StoreError> {
    let (id, mut key) = (tools.ids.next(), [0; KEY_BYTES]);
    tools.entropy.fill(&mut key);
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let sealed = tools.sealed(key_place(tenant, id), &text)?;
    let hour = hour_number(hour)?;
    let statement =
        sqlx::query_file!("sql/insert_delivery_key.sql", id, tenant, dataset, hour, sealed);
    Ok(statement.execute(connection).await.map_err(store_error)?.rows_affected() > 0)
}

fn opened_key(tools: &Tools, tenant: i64, row: Uuid, sealed: &[u8]) -> Result<DataKey, StoreError> {
    let text = tools.opened(key_place(tenant, row), sealed)?;
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let mut key = [0; KEY_BYTES];
    for (at, place) in key.iter_mut().enumerate() {
        *place = byte(at).ok_or_else(|| damaged("key of deliveries"))?;
    }
    Ok(DataKey::new(key))
}

/// The sealings of datasets that some destination takes events of, by the datasets' ids.
#[derive(Default)]
pub(super) struct DatasetSeals(HashMap<Uuid, (KeyHour, DataKey, Vec<EventFilter>)>);

impl DatasetSeals {
    /// How a dataset's events are sealed; `None` where nobody takes any.
    pub(super) fn of(&self, id: Uuid, dataset: DatasetKey) -> Option<Arc<DatasetSeal>> {
        let (hour, key, filters) = self.0.get(&id)?;
        let (hour, key, filters) = (*hour, key.clone(), filters.clone());
        Some(Arc::new(DatasetSeal { dataset, hour, key, filters }))
    }
}

impl SystemWork {
    /// How events of datasets are sealed now.
    pub(super) async fn sealings(&mut self) -> Result<DatasetSeals, StoreError> {
        let mut filters: HashMap<Uuid, Vec<EventFilter>> = HashMap::new();
        for (dataset, destination) in self.found_destinations().await? {
            filters.entry(dataset).or_default().push(destination.filter());
        }
        if filters.is_empty() {
            return Ok(DatasetSeals::default());
        }
        let keys = sqlx::query_file!("sql/select_directory_delivery_keys.sql");
        let keys = keys.fetch_all(self.connection()).await.map_err(store_error)?;
        let mut sealings = HashMap::new();
        for row in keys {
            let Some(filters) = filters.remove(&row.dataset_id) else { continue };
            let key = opened_key(&self.tools, row.tenant_id, row.id, &row.key_sealed)?;
            let hour = KeyHour(row.hour.unsigned_abs());
            sealings.insert(row.dataset_id, (hour, key, filters));
        }
        for dataset in filters.keys() {
            tracing::error!(%dataset, "events for destinations have no key and are not handed on");
        }
        Ok(DatasetSeals(sealings))
    }

    async fn found_destinations(&mut self) -> Result<Vec<(Uuid, Destination)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_directory_destinations.sql");
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let credentials = match &row.credentials_sealed {
                None => Credentials::default(),
                Some(sealed) => {
                    let (column, tenant) = (DESTINATION_CREDENTIALS, row.tenant_id);
                    let text = self.tools.opened(Place { column, tenant, row: row.id }, sealed)?;
                    serde_json::from_str(&text).map_err(|_| damaged("credential"))?
                }
            };
            let platform = Platform::parse_optional(&row.dataset_platform);
            let destination = Destination {
                id: DestinationId(row.id),
                dataset: DatasetKey {
                    tenant_id: TenantId(row.tenant_id.unsigned_abs()),
                    platform: platform.ok_or_else(|| damaged("platform"))?,
                    dataset_id: row.external_id,
                },
                platform: Platform::parse(&row.platform).ok_or_else(|| damaged("platform"))?,
                remote_id: row.remote_id,
                mode: DeliveryMode::parse(&row.mode).ok_or_else(|| damaged("mode"))?,
                event_names: row.event_names.map(|names| names.into_iter().collect()),
                consent: ConsentPolicy::parse(&row.consent).ok_or_else(|| damaged("consent"))?,
                test_code: row.test_code,
                credentials,
                since: millis(row.since),
            };
            found.push((row.dataset_id, destination));
        }
        Ok(found)
    }
}

#[async_trait]
impl DeliveryDirectory for PostgresState {
    async fn revision(&self) -> Result<i64, StoreError> {
        self.system().await?.directory_revision().await
    }

    async fn destinations(&self) -> Result<Vec<Destination>, StoreError> {
        let found = self.system().await?.found_destinations().await?;
        Ok(found.into_iter().map(|(_, destination)| destination).collect())
    }

    async fn key(
        &self,
        dataset: &DatasetKey,
        hour: KeyHour,
    ) -> Result<Option<DataKey>, StoreError> {
        let tenant = tenant_key(dataset.tenant_id)?;
        let mut work = self.system().await?;
        let row = sqlx::query_file!(
            "sql/select_delivery_key.sql",
            tenant,
            Platform::optional_name(dataset.platform),
            dataset.dataset_id,
            hour_number(hour)?
        );
        let row = row.fetch_optional(work.connection()).await.map_err(store_error)?;
        row.map(|row| opened_key(&self.tools, tenant, row.id, &row.key_sealed)).transpose()
    }

    async fn make_keys(&self, hour: KeyHour) -> Result<u64, StoreError> {
        let mut work = self.system().await?;
        let rows = sqlx::query_file!("sql/select_datasets_without_key.sql", hour_number(hour)?);
        let rows = rows.fetch_all(work.connection()).await.map_err(store_error)?;
        let mut made = 0;
        for row in rows {
            let dataset = (row.tenant_id, row.dataset_id);
            made += u64::from(seal_new_key(work.connection(), &self.tools, dataset, hour).await?);
        }
        work.commit().await.map(|()| made)
    }

    async fn delete_keys(&self, before: KeyHour) -> Result<u64, StoreError> {
        let mut work = self.system().await?;
        let statement = sqlx::query_file!("sql/delete_delivery_keys.sql", hour_number(before)?);
        let done = statement.execute(work.connection()).await.map_err(store_error)?;
        work.commit().await.map(|()| done.rows_affected())
    }
}
