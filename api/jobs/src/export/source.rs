//! Where the rows of an export come from.

use std::sync::Arc;

use stratum_models::export::{Export, ExportQuery, ExportReader, ExportRequest, ExportType};
use stratum_models::scope::TenantScope;
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::warehouse::WarehouseReader;
use stratum_query::export::{EncodedFile, encode};
use stratum_state::PostgresState;

use super::{campaigns, unseal};

/// The stores that exports read.
#[derive(Clone)]
pub struct ExportSource {
    /// Campaigns.
    pub state: PostgresState,
    /// The warehouse with their reports.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// Everything else.
    pub bulk: Arc<dyn ExportReader>,
    /// The keys that open identifiers.
    pub keys: Arc<IdentifierKeys>,
}

impl ExportSource {
    /// Begins an export: its file as it is made, and about how many rows it will have. Whether the
    /// caller may have its columns was asked before.
    pub async fn begin(
        &self,
        scope: TenantScope,
        request: &ExportRequest,
    ) -> Result<(EncodedFile, u64), StoreError> {
        let export = self.rows(scope, request.query.clone()).await?;
        let (format, compression) = (request.format, request.compression);
        let encoded = encode(export.batches, request.columns(), format, compression);
        Ok((encoded, export.rows_expected))
    }

    async fn rows(&self, scope: TenantScope, query: ExportQuery) -> Result<Export, StoreError> {
        match query.of {
            ExportType::Campaigns => campaigns::rows(self, scope, query).await,
            ExportType::CampaignMetrics | ExportType::Events | ExportType::Emq => {
                let columns = query.columns.clone();
                let export = self.bulk.export(scope, query).await?;
                Ok(unseal::opened(export, columns, self.keys.of(scope.tenant_id())))
            }
        }
    }
}
