use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::warehouse::{DataVersion, DataVersions};

use super::super::error::{store_error, timed_out};
use super::ClickHouseWarehouse;

const READ_DATA_VERSIONS: &str = include_str!("../../../sql/read_data_versions.sql");

#[derive(clickhouse::Row, Deserialize)]
struct VersionRow {
    tenant_id: u64,
    version: u64,
}

#[async_trait]
impl DataVersions for ClickHouseWarehouse {
    /// Takes no turn: it is cheap, asked seldom, and every kept answer waits for it.
    async fn data_versions(&self, scopes: &[TenantScope]) -> Result<Vec<DataVersion>, StoreError> {
        let tenants: Vec<u64> = scopes.iter().map(|scope| scope.tenant_id().0).collect();
        let query = self.reader.query_raw(READ_DATA_VERSIONS).param("tenants", tenants);
        let limit = self.config.query_timeout();
        let rows = tokio::time::timeout(limit, query.fetch_all::<VersionRow>()).await;
        let rows = rows.map_err(|_| timed_out("read_data_versions", limit))?;
        let rows = rows.map_err(|error| store_error("read_data_versions", &error))?;
        let known: HashMap<u64, u64> =
            rows.into_iter().map(|row| (row.tenant_id, row.version)).collect();
        let version = |scope: &TenantScope| known.get(&scope.tenant_id().0).copied();
        Ok(scopes.iter().map(|scope| DataVersion(version(scope).unwrap_or_default())).collect())
    }
}
