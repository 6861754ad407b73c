//! The reading side in bulk. An export is one statement a part of the table: a day of receipt, or a
//! month. So the engine sorts and joins within one part, whatever the length of the range, and what it
//! holds does not grow with it.

mod quality;

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use clickhouse::Client;
use clickhouse::query::Query;
use clickhouse_ext_arrow::{ArrowCursor, ArrowQueryExt as _};
use futures::stream::{self, StreamExt as _};
use serde::Deserialize;
use stratum_models::event::PURCHASE;
use stratum_models::export::{Export, ExportQuery, ExportReader, ExportType};
use stratum_models::identifier::IdentifierKey;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;

use super::super::config::ClickHouseConfig;
use super::super::error::{invalid, store_error, timed_out};
use super::ClickHouseWarehouse;
use super::kpi::day;

const PLAN_CAMPAIGN_METRICS: &str = include_str!("../../../sql/plan_export_campaign_metrics.sql");
const EXPORT_CAMPAIGN_METRICS: &str = include_str!("../../../sql/export_campaign_metrics.sql");
const PLAN_EVENTS: &str = include_str!("../../../sql/plan_export_events.sql");
const EXPORT_EVENTS: &str = include_str!("../../../sql/export_events.sql");
const PLAN_EMQ: &str = include_str!("../../../sql/plan_export_emq.sql");
const EXPORT_EMQ: &str = include_str!("../../../sql/export_emq.sql");

/// Rows of a batch: small enough that a few of them, encoded too, are a few megabytes.
const BATCH_ROWS: &str = "16384";
/// A client may stand still for as long as our own server lets it, and a little longer.
const SEND_TIMEOUT_S: &str = "120";
const DAY_S: i64 = 86_400;

#[derive(clickhouse::Row, Deserialize)]
struct PartRow {
    part: i32,
    row_count: u64,
}

/// The statement that names an export's parts, and the one that reads a part.
fn statements(of: ExportType) -> Result<(&'static str, &'static str), StoreError> {
    match of {
        ExportType::CampaignMetrics => Ok((PLAN_CAMPAIGN_METRICS, EXPORT_CAMPAIGN_METRICS)),
        ExportType::Events => Ok((PLAN_EVENTS, EXPORT_EVENTS)),
        ExportType::Emq => Ok((PLAN_EMQ, EXPORT_EMQ)),
        ExportType::Campaigns => Err(invalid("campaigns are not kept in the warehouse")),
    }
}

/// Binds what every statement of an export is about.
fn about(statement: Query, query: &ExportQuery) -> Query {
    let platforms: Vec<i8> = query.platforms.iter().map(|platform| platform.code()).collect();
    let (first, last) = (day(query.days.from), day(query.days.to));
    // Wider than any zone is off; the days themselves decide.
    let hour = |days: i64| (days * DAY_S).clamp(0, u32::MAX.into());
    statement
        .param("first_day", first)
        .param("last_day", last)
        .param("platforms", platforms)
        .param("purchase", PURCHASE)
        .param("zone", query.zone.name())
        .param("from", hour(i64::from(first) - 1))
        .param("until", hour(i64::from(last) + 2))
        .param("identifiers", IdentifierKey::ALL.iter().map(|key| key.as_str()).collect::<Vec<_>>())
}

/// The rest of an export: the part that is being read and those after it.
struct Parts {
    warehouse: ClickHouseWarehouse,
    client: Client,
    scope: TenantScope,
    query: ExportQuery,
    schema: SchemaRef,
    left: VecDeque<i32>,
    open: Option<ArrowCursor>,
}

impl Parts {
    async fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        loop {
            if self.open.is_none() {
                match self.left.pop_front() {
                    Some(part) => self.open = Some(self.read(part)?),
                    None => return Ok(None),
                }
            }
            let Some(cursor) = &mut self.open else { continue };
            match next_batch(cursor, &self.warehouse.config).await? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => return self.conform(&batch).map(Some),
                None => self.open = None,
            }
        }
    }

    fn read(&self, part: i32) -> Result<ArrowCursor, StoreError> {
        let (_, statement) = statements(self.query.of)?;
        // The names are of the closed lists of `models::export`: nothing that was sent gets here.
        let names: Vec<&str> = self.query.columns.iter().map(|column| column.name).collect();
        let statement = statement.replace("{columns}", &names.join(", "));
        let statement = self.client.query_raw(&statement).param("tenant", self.scope.tenant_id().0);
        let statement = about(statement, &self.query).param("part", part);
        statement.fetch_arrow().map_err(|error| store_error("export", &error))
    }

    /// The batch in the export's own layout.
    fn conform(&self, batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
        if self.query.of == ExportType::Emq {
            return quality::scored(batch, &self.query.columns, self.schema.clone());
        }
        RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())
            .map_err(|_| invalid("export: the answer has another layout than this program expects"))
    }
}

async fn next_batch(
    cursor: &mut ArrowCursor,
    config: &ClickHouseConfig,
) -> Result<Option<RecordBatch>, StoreError> {
    match tokio::time::timeout(config.stream_timeout(), cursor.next()).await {
        Ok(Ok(batch)) => Ok(batch),
        Ok(Err(error)) => Err(store_error("export", &error)),
        Err(_) => Err(timed_out("export", config.stream_timeout())),
    }
}

impl ClickHouseWarehouse {
    /// A client whose statements run as long as somebody reads them, in little memory.
    fn exporter(&self) -> Client {
        let spill = (self.config.bounds.query_memory_bytes_max / 4).to_string();
        self.streamer
            .clone()
            .with_setting("max_block_size", BATCH_ROWS)
            .with_setting("max_bytes_before_external_sort", spill.clone())
            .with_setting("max_bytes_before_external_group_by", spill)
            .with_setting("http_send_timeout", SEND_TIMEOUT_S)
            .with_setting("send_timeout", SEND_TIMEOUT_S)
            .with_setting("output_format_arrow_low_cardinality_as_dictionary", "1")
            .with_setting("do_not_merge_across_partitions_select_final", "1")
    }

    async fn export_parts(
        &self,
        scope: TenantScope,
        query: &ExportQuery,
    ) -> Result<Vec<PartRow>, StoreError> {
        let (plan, _) = statements(query.of)?;
        let mut statement = self.statement(scope, plan);
        statement.query = about(statement.query, query);
        self.fetch::<PartRow>("plan_export", statement).await
    }
}

#[async_trait]
impl ExportReader for ClickHouseWarehouse {
    async fn export(&self, scope: TenantScope, query: ExportQuery) -> Result<Export, StoreError> {
        let parts = self.export_parts(scope, &query).await?;
        let rows_expected = parts.iter().map(|part| part.row_count).sum();
        let parts = Parts {
            warehouse: self.clone(),
            client: self.exporter(),
            scope,
            schema: query.schema(),
            query,
            left: parts.into_iter().map(|part| part.part).collect(),
            open: None,
        };
        let batches = stream::try_unfold(parts, |mut parts| async move {
            Ok(parts.next().await?.map(|batch| (batch, parts)))
        });
        Ok(Export { rows_expected, batches: batches.boxed() })
    }
}
