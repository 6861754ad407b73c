//! Rows to land. Their days lie close to today, because a real warehouse drops old rows.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{
    ArrayRef, Date32Array, Int8Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, TimestampSecondArray, UInt32Array, UInt64Array,
};
use stratum_models::ad_report::{AdReport, AdReportSplit, ad_report_batch, ad_report_split_batch};
use stratum_models::dialect::Dialect;
use stratum_models::event::{ConversionEvent, DedupKey, EventBatchBuilder, PURCHASE};
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidIdentifier, InvalidReason};
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::money::Currency;
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::rejection::{RejectReason, Rejection, RowKind, rejection_batch};
use stratum_models::scope::TenantScope;
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, SealedIdentifier};
use stratum_models::table::Table;
use stratum_models::time::{DAY_MS, Day, DayRange, UnixMillis};
use stratum_models::warehouse::{Commit, CommitOutcome, HeldPartition, LogRange};

use super::Warehouse;

/// The tenant most cases are about.
pub const TENANT: TenantId = TenantId(7);
/// Rows of a commit.
pub type Rows = Vec<(Table, RecordBatch)>;

/// Midnight, UTC, three days ago; the same through the whole run.
pub fn midnight() -> UnixMillis {
    static MIDNIGHT: OnceLock<i64> = OnceLock::new();
    UnixMillis(*MIDNIGHT.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let now = i64::try_from(now.as_millis()).expect("a clock before the year 292 million");
        now - now.rem_euclid(DAY_MS) - 3 * DAY_MS
    }))
}

/// So many days after [`midnight`]'s day.
pub fn day(after: i32) -> Day {
    let days = i32::try_from(midnight().0 / DAY_MS).expect("a day of this age");
    Day::from_epoch_days(days + after).expect("a day of the calendar")
}

/// From one [`day`] to another, both included.
pub fn days(from: i32, to: i32) -> DayRange {
    DayRange::new(day(from), day(to)).expect("days in order")
}

/// So many milliseconds after [`midnight`].
pub fn at(ms: i64) -> UnixMillis {
    UnixMillis(midnight().0 + ms)
}

/// The right to read a tenant.
pub fn scope(tenant: TenantId) -> TenantScope {
    TenantScope::from_operator(tenant)
}

/// Records `[from, to)` of a partition of the events.
pub fn events(partition: u32, from: u64, to: u64) -> LogRange {
    range(Topic::Events, partition, from, to)
}

/// Records `[from, to)` of a partition.
pub fn range(topic: Topic, partition: u32, from: u64, to: u64) -> LogRange {
    LogRange { topic, partition: PartitionId(partition), from: Offset(from), to: Offset(to) }
}

/// Claims the range's partition and commits the rows.
pub async fn land(warehouse: &dyn Warehouse, range: LogRange, rows: Rows) {
    let claim = claim(warehouse, range.topic, range.partition.0).await.claim;
    let outcome = warehouse.commit(&[Commit { claim, range, rows }]).await.expect("a commit");
    assert_eq!(outcome, [CommitOutcome::Committed]);
}

/// Takes a partition over.
pub async fn claim(warehouse: &dyn Warehouse, topic: Topic, partition: u32) -> HeldPartition {
    let holdings = warehouse.claim(topic, &[PartitionId(partition)]).await.expect("a claim");
    holdings[0]
}

fn batch(table: Table, columns: Vec<ArrayRef>) -> (Table, RecordBatch) {
    (table, RecordBatch::try_new(table.schema(), columns).expect("the table's layout"))
}

fn texts<'a>(all: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(all))
}

fn codes(all: impl Iterator<Item = i8>) -> ArrayRef {
    Arc::new(Int8Array::from_iter_values(all))
}

fn counts(all: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(all))
}

fn masks(all: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(all))
}

fn hours(all: impl Iterator<Item = UnixMillis>) -> ArrayRef {
    let seconds = all.map(|at| at.hour().0 / 1000);
    Arc::new(TimestampSecondArray::from_iter_values(seconds).with_timezone("UTC"))
}

/// The batch with its rows placed in the log: row by row the offset, all in one partition.
fn placed(
    table: Table,
    rows: &RecordBatch,
    partition: u32,
    offsets: &[u64],
) -> (Table, RecordBatch) {
    let mut columns = rows.columns().to_vec();
    columns.push(masks(offsets.iter().map(|_| partition)));
    columns.push(counts(offsets.iter().copied()));
    columns.push(masks((0u32..).take(offsets.len())));
    batch(table, columns)
}

/// One event a receipt, with its dedup key; record after record from the range's start.
pub fn facts(
    range: LogRange,
    tenant: TenantId,
    events: &[(Option<u128>, UnixMillis)],
) -> (Table, RecordBatch) {
    let mut builder = EventBatchBuilder::default();
    for (key, received_at) in events {
        builder.push(&ConversionEvent {
            tenant_id: tenant,
            dialect: Dialect::Meta,
            platform: Some(Platform::Meta),
            dataset_id: "123",
            event_name: PURCHASE,
            event_time: *received_at,
            received_at: *received_at,
            event_date: received_at.day_in(chrono_tz::UTC),
            action_source: ActionSource::Website,
            channel: Channel::Server,
            dedup_key: key.map(DedupKey),
            event_id: Some("order-1"),
            order_id: None,
            value_micros: Some(12_500_000),
            currency: Some(Currency::EUR),
            campaign_id: "",
            valid: IdentifierMask::of(&[IdentifierKey::Email]),
            invalid: &[InvalidIdentifier {
                key: IdentifierKey::Phone,
                reason: InvalidReason::TrunkZero,
            }],
            identifiers: &[SealedIdentifier {
                key: IdentifierKey::Email,
                seal: IdentifierSeal([9; SEAL_BYTES]),
            }],
            test: false,
            opt_out: false,
            limited_data_use: true,
            country: Some("de"),
            device: Device::Mobile,
            source_host: None,
            config_version: 3,
            derived: IdentifierMask::EMPTY,
            derivable: IdentifierMask::EMPTY,
        });
    }
    let rows = builder.finish().expect("a batch of events");
    let offsets: Vec<u64> = (range.from.0..).take(events.len()).collect();
    assert!(range.from.0 + events.len() as u64 <= range.to.0, "an event a record");
    placed(Table::Events, &rows, range.partition.0, &offsets)
}

/// A day of campaign `c` in account `a`, in euros; the name is the version's.
pub fn report(date: Day, version: u64, spend_micros: i64) -> AdReport {
    AdReport {
        tenant_id: TENANT,
        platform: Platform::Meta,
        account_id: "a".into(),
        campaign_id: "c".into(),
        campaign_name: format!("v{version}"),
        date,
        currency: Currency::EUR,
        spend_micros,
        impressions: 1000,
        clicks: 10,
        conversions_micros: 1_500_000,
        revenue_micros: 3 * spend_micros,
        version,
        received_at: at(0),
    }
}

/// These reports, all from the range's first record.
pub fn reports(range: LogRange, reports: &[AdReport]) -> (Table, RecordBatch) {
    let rows = ad_report_batch(reports).expect("a batch of reports");
    let offsets = vec![range.from.0; reports.len()];
    placed(Table::AdReports, &rows, range.partition.0, &offsets)
}

/// These parts of campaigns' days, all from the range's first record.
pub fn splits(range: LogRange, splits: &[AdReportSplit]) -> (Table, RecordBatch) {
    let rows = ad_report_split_batch(splits).expect("a batch of splits");
    let offsets = vec![range.from.0; splits.len()];
    placed(Table::AdReportSplits, &rows, range.partition.0, &offsets)
}

/// These rejections, all from the range's first record.
pub fn rejections(range: LogRange, rows: &[Rejection]) -> (Table, RecordBatch) {
    let offsets = vec![range.from.0; rows.len()];
    let rows = rejection_batch(rows).expect("a batch of rejections");
    placed(Table::RejectedRows, &rows, range.partition.0, &offsets)
}

/// A refused event.
pub fn rejection(reason: RejectReason, field: &str, received_at: UnixMillis) -> Rejection {
    Rejection {
        tenant_id: TENANT,
        dialect: Some(Dialect::Meta),
        platform: Some(Platform::Meta),
        dataset_id: "123".into(),
        kind: RowKind::Event,
        event_name: String::new(),
        reason,
        field: field.into(),
        rows: 1,
        received_at,
    }
}

/// A partial row of `event_metrics`.
#[derive(Clone, Debug)]
pub struct Metric {
    pub tenant: TenantId,
    pub platform: Option<Platform>,
    pub campaign: &'static str,
    pub event_name: &'static str,
    pub date: Day,
    pub currency: &'static str,
    pub country: &'static str,
    pub device: Device,
    pub events: u64,
    pub value_micros: i64,
}

/// A purchase of 10 EUR on this day, of no campaign.
pub fn purchase(date: Day) -> Metric {
    Metric {
        tenant: TENANT,
        platform: Some(Platform::Meta),
        campaign: "",
        event_name: PURCHASE,
        date,
        currency: "EUR",
        country: "",
        device: Device::Unknown,
        events: 1,
        value_micros: 10_000_000,
    }
}

/// These partial rows.
pub fn metrics(rows: &[Metric]) -> (Table, RecordBatch) {
    let dates = rows.iter().map(|row| row.date.to_epoch_days());
    batch(
        Table::EventMetrics,
        vec![
            counts(rows.iter().map(|row| row.tenant.0)),
            codes(rows.iter().map(|row| Platform::optional_code(row.platform))),
            texts(rows.iter().map(|_| "123")),
            texts(rows.iter().map(|row| row.campaign)),
            texts(rows.iter().map(|row| row.event_name)),
            Arc::new(Date32Array::from_iter_values(dates)),
            texts(rows.iter().map(|row| row.currency)),
            texts(rows.iter().map(|row| row.country)),
            codes(rows.iter().map(|row| row.device.code())),
            counts(rows.iter().map(|row| row.events)),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.value_micros))),
        ],
    )
}

/// A partial row of `match_quality` or `invalid_identifiers`.
#[derive(Clone, Debug)]
pub struct Quality {
    pub tenant: TenantId,
    pub platform: Option<Platform>,
    pub dataset: &'static str,
    pub event_name: &'static str,
    pub hour: UnixMillis,
    pub mask: u32,
    pub config_version: u32,
    pub derived: u32,
    pub derivable: u32,
    pub events: u64,
}

/// Events of dataset 123 in the hour of this instant.
pub fn quality(hour: UnixMillis, mask: u32, events: u64) -> Quality {
    let (platform, dataset) = (Some(Platform::Meta), "123");
    Quality {
        tenant: TENANT,
        platform,
        dataset,
        event_name: PURCHASE,
        hour,
        mask,
        config_version: 1,
        derived: 0,
        derivable: 0,
        events,
    }
}

/// Rows of `match_quality`; the invalid mask is the complement of four bits.
pub fn match_quality(rows: &[Quality]) -> (Table, RecordBatch) {
    batch(
        Table::MatchQuality,
        vec![
            counts(rows.iter().map(|row| row.tenant.0)),
            codes(rows.iter().map(|row| Platform::optional_code(row.platform))),
            texts(rows.iter().map(|row| row.dataset)),
            texts(rows.iter().map(|row| row.event_name)),
            codes(rows.iter().map(|_| ActionSource::Website.code())),
            codes(rows.iter().map(|_| Channel::Browser.code())),
            hours(rows.iter().map(|row| row.hour)),
            masks(rows.iter().map(|row| row.mask)),
            masks(rows.iter().map(|row| !row.mask & 0xf)),
            masks(rows.iter().map(|row| row.config_version)),
            masks(rows.iter().map(|row| row.derived)),
            masks(rows.iter().map(|row| row.derivable)),
            counts(rows.iter().map(|row| row.events)),
        ],
    )
}

/// Rows of `invalid_identifiers`; the mask is taken for the identifier's code.
pub fn invalid_identifiers(rows: &[(Quality, InvalidReason)]) -> (Table, RecordBatch) {
    let key = |row: &Quality| i8::try_from(row.mask).expect("a code");
    batch(
        Table::InvalidIdentifiers,
        vec![
            counts(rows.iter().map(|(row, _)| row.tenant.0)),
            codes(rows.iter().map(|(row, _)| Platform::optional_code(row.platform))),
            texts(rows.iter().map(|(row, _)| row.dataset)),
            texts(rows.iter().map(|(row, _)| row.event_name)),
            hours(rows.iter().map(|(row, _)| row.hour)),
            codes(rows.iter().map(|(row, _)| key(row))),
            codes(rows.iter().map(|(_, reason)| reason.code())),
            counts(rows.iter().map(|(row, _)| row.events)),
        ],
    )
}

/// A partial row of `ingest_counts`: landed, duplicate, rejected.
#[derive(Clone, Debug)]
pub struct Count {
    pub tenant: TenantId,
    pub platform: Option<Platform>,
    pub kind: RowKind,
    pub newest: UnixMillis,
    pub fates: [u64; 3],
}

/// Events of dataset 123 in the hour of this receipt.
pub fn count(newest: UnixMillis, fates: [u64; 3]) -> Count {
    let platform = Some(Platform::Meta);
    Count { tenant: TENANT, platform, kind: RowKind::Event, newest, fates }
}

/// These partial rows.
pub fn ingest_counts(rows: &[Count]) -> (Table, RecordBatch) {
    let newest = rows.iter().map(|row| row.newest.0);
    let fate = |at: usize| counts(rows.iter().map(move |row| row.fates[at]));
    batch(
        Table::IngestCounts,
        vec![
            counts(rows.iter().map(|row| row.tenant.0)),
            codes(rows.iter().map(|row| Platform::optional_code(row.platform))),
            texts(rows.iter().map(|_| "123")),
            codes(rows.iter().map(|row| row.kind.code())),
            hours(rows.iter().map(|row| row.newest)),
            counts(rows.iter().map(|row| row.fates.iter().sum())),
            fate(0),
            fate(1),
            fate(2),
            Arc::new(TimestampMillisecondArray::from_iter_values(newest).with_timezone("UTC")),
        ],
    )
}
