//! The tenant's campaigns, page by page, with what is reported of each.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::{Int32Type, SchemaRef};
use chrono::{DateTime, NaiveDate, Utc};
use futures::stream::{self, StreamExt as _};
use stratum_models::export::{Export, ExportColumn, ExportQuery};
use stratum_models::metrics::MetricSums;
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::Day;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::CampaignReports;
use stratum_state::audit::Author;
use stratum_state::campaign::Campaign;
use stratum_state::work::TenantWork;
use uuid::Uuid;

use super::ExportSource;

/// Campaigns of one question to both stores.
const PAGE: i64 = 1_000;

/// A campaign with what is reported of it, in its own currency alone.
struct Row {
    campaign: Campaign,
    counts: Option<MetricSums>,
    amounts: Option<MetricSums>,
}

async fn work(source: &ExportSource, scope: TenantScope) -> Result<TenantWork, StoreError> {
    source.state.tenant(scope, Author::system()).await
}

/// Begins the export.
pub(super) async fn rows(
    source: &ExportSource,
    scope: TenantScope,
    query: ExportQuery,
) -> Result<Export, StoreError> {
    let rows_expected = work(source, scope).await?.campaign_count().await?;
    let state = (source.clone(), query, Some(Uuid::nil()));
    let batches = stream::try_unfold(state, move |(source, query, after)| async move {
        let Some(after) = after else { return Ok(None) };
        let rows = page(&source, scope, &query, after).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let is_whole = i64::try_from(rows.len()).is_ok_and(|rows| rows == PAGE);
        let next = Some(last.campaign.id).filter(|_| is_whole);
        let batch = batch(&rows, &query.columns, query.schema())?;
        Ok(Some((batch, (source, query, next))))
    });
    Ok(Export { rows_expected, batches: batches.boxed() })
}

async fn page(
    source: &ExportSource,
    scope: TenantScope,
    query: &ExportQuery,
    after: Uuid,
) -> Result<Vec<Row>, StoreError> {
    let mut work = work(source, scope).await?;
    let campaigns = work.campaigns_after(after, &query.platforms, PAGE).await?;
    drop(work);
    let keys: Vec<CampaignKey> = campaigns.iter().filter_map(Campaign::key).collect();
    let reports = CampaignReports::of(&*source.warehouse, scope, query.days, &keys).await?;
    Ok(campaigns.into_iter().map(|campaign| Row::of(campaign, &reports)).collect())
}

impl Row {
    /// Amounts in another currency than the campaign's are not converted: there are none then.
    fn of(campaign: Campaign, reports: &CampaignReports) -> Row {
        let key = campaign.key();
        let counts = key.as_ref().and_then(|key| reports.sums(key));
        let amounts = key.and_then(|key| reports.sums_in(&key, campaign.plan.currency));
        Row { campaign, counts, amounts }
    }
}

fn too_large() -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "warehouse", "a sum has more than 18 digits")
}

fn names<'a>(all: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(all.collect::<DictionaryArray<Int32Type>>())
}

fn texts<'a>(rows: &'a [Row], of: impl Fn(&'a Campaign) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(&row.campaign)).collect::<StringArray>())
}

fn days(rows: &[Row], of: impl Fn(&Campaign) -> Option<NaiveDate>) -> ArrayRef {
    let days = rows.iter().map(|row| of(&row.campaign).map(|day| Day(day).to_epoch_days()));
    Arc::new(days.collect::<Date32Array>())
}

fn instants(rows: &[Row], of: impl Fn(&Campaign) -> Option<DateTime<Utc>>) -> ArrayRef {
    let instants = rows.iter().map(|row| of(&row.campaign).map(|at| at.timestamp_millis()));
    Arc::new(instants.collect::<TimestampMillisecondArray>().with_timezone("UTC"))
}

fn sums(
    rows: &[Row],
    whose: impl Fn(&Row) -> Option<MetricSums>,
    of: impl Fn(MetricSums) -> i128,
) -> Result<ArrayRef, StoreError> {
    let sums = rows.iter().map(|row| whose(row).map(&of).map(i64::try_from).transpose());
    let sums = sums.collect::<Result<Vec<Option<i64>>, _>>().map_err(|_| too_large())?;
    Ok(Arc::new(Int64Array::from(sums)))
}

fn numbers(rows: &[Row], of: impl Fn(&Campaign) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| of(&row.campaign)).collect::<Int64Array>())
}

fn batch(
    rows: &[Row],
    columns: &[&'static ExportColumn],
    schema: SchemaRef,
) -> Result<RecordBatch, StoreError> {
    let made = columns.iter().map(|column| cells(rows, column.name));
    let made = made.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, made).map_err(|_| {
        StoreError::new(StoreErrorKind::Invalid, "state", "campaigns have another layout")
    })
}

fn cells(rows: &[Row], column: &str) -> Result<ArrayRef, StoreError> {
    let name = |of: fn(&Campaign) -> &str| names(rows.iter().map(|row| Some(of(&row.campaign))));
    let owned = |of: fn(&Campaign) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| of(&row.campaign))))
    };
    Ok(match column {
        "id" => owned(|one| one.id.to_string()),
        "platform" => name(|one| one.platform.as_str()),
        "external_id" => texts(rows, |one| one.plan.external_id.as_deref()),
        "account_id" => texts(rows, |one| one.plan.account_id.as_deref()),
        "name" => texts(rows, |one| Some(&one.plan.name)),
        "status" => name(|one| one.plan.status.as_str()),
        "objective" => texts(rows, |one| one.plan.objective.as_deref()),
        "currency" => name(|one| one.plan.currency.as_str()),
        "daily_budget" => numbers(rows, |one| one.plan.daily_budget_micros),
        "lifetime_budget" => numbers(rows, |one| one.plan.lifetime_budget_micros),
        "start_date" => days(rows, |one| one.plan.start_date),
        "end_date" => days(rows, |one| one.plan.end_date),
        "labels" => owned(|one| one.plan.labels.join("|")),
        "spend" => sums(rows, |row| row.amounts, |sums| sums.spend_micros)?,
        "impressions" => sums(rows, |row| row.counts, |sums| sums.impressions)?,
        "clicks" => sums(rows, |row| row.counts, |sums| sums.clicks)?,
        "conversions" => sums(rows, |row| row.counts, |sums| sums.conversions_micros)?,
        "revenue" => sums(rows, |row| row.amounts, |sums| sums.revenue_micros)?,
        "last_synced_at" => instants(rows, |one| one.last_synced_at),
        "created_at" => instants(rows, |one| Some(one.created_at)),
        _ => instants(rows, |one| Some(one.updated_at)),
    })
}
