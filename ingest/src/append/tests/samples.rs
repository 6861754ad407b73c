//! Rows to append, and a log that panics.

use std::sync::Arc;

use async_trait::async_trait;
use stratum_models::ad_report::{AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::dialect::Dialect;
use stratum_models::event::{ConversionEvent, DedupKey};
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidIdentifier, InvalidReason};
use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, Position, ReadLimits, Resume,
    Subscription, Topic,
};
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::rejection::{RejectReason, Rejection, RowKind};
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, SealedIdentifier};
use stratum_models::store::StoreError;
use stratum_models::time::{Day, UnixMillis};
use stratum_testing::memory_log::MemoryLog;

fn day() -> Day {
    Day("2026-03-01".parse().unwrap())
}

pub fn event<'a>(
    number: u64,
    event_id: Option<&'a str>,
    order_id: Option<&'a str>,
) -> ConversionEvent<'a> {
    static PERSON: [SealedIdentifier; 2] = [
        SealedIdentifier { key: IdentifierKey::Email, seal: IdentifierSeal([7; SEAL_BYTES]) },
        SealedIdentifier { key: IdentifierKey::Phone, seal: IdentifierSeal([8; SEAL_BYTES]) },
    ];
    static INVALID: [InvalidIdentifier; 1] =
        [InvalidIdentifier { key: IdentifierKey::Zip, reason: InvalidReason::Malformed }];
    let tenant_id = TenantId(1);
    ConversionEvent {
        tenant_id,
        dialect: Dialect::Meta,
        platform: Some(Platform::Meta),
        dataset_id: "42",
        event_name: "Purchase",
        event_time: UnixMillis(1_772_000_000_000 + number as i64),
        received_at: UnixMillis(1_772_000_001_000),
        event_date: day(),
        action_source: ActionSource::Website,
        channel: Channel::Server,
        dedup_key: event_id
            .map(|id| DedupKey::of(tenant_id, Some(Platform::Meta), "42", "Purchase", id)),
        event_id,
        order_id,
        value_micros: Some(number as i64),
        currency: None,
        campaign_id: "",
        valid: IdentifierMask::of(&[IdentifierKey::Email, IdentifierKey::Phone]),
        invalid: &INVALID[..(number % 2) as usize],
        identifiers: &PERSON[..(number % 3) as usize],
        test: number.is_multiple_of(2),
        opt_out: false,
        limited_data_use: number.is_multiple_of(3),
        country: number.is_multiple_of(2).then_some("DE"),
        device: Device::Mobile,
        source_host: None,
        config_version: 1,
        derived: IdentifierMask::EMPTY,
        derivable: IdentifierMask::EMPTY,
    }
}

/// Events numbered `from..to`, each with its own event id.
pub fn with_events<T>(from: u64, to: u64, run: impl FnOnce(&[ConversionEvent<'_>]) -> T) -> T {
    let ids: Vec<String> = (from..to).map(|number| format!("event-{number}")).collect();
    let events: Vec<_> =
        (from..to).zip(&ids).map(|(number, id)| event(number, Some(id), None)).collect();
    run(&events)
}

pub fn rejection(tenant: u64) -> Rejection {
    Rejection {
        tenant_id: TenantId(tenant),
        dialect: Some(Dialect::Meta),
        platform: Some(Platform::Meta),
        dataset_id: "42".into(),
        kind: RowKind::Event,
        event_name: "Purchase".into(),
        reason: RejectReason::TooOld,
        field: "event_time".into(),
        rows: 1,
        received_at: UnixMillis(1_772_000_001_000),
    }
}

pub fn ad_report(campaign: u64, version: u64) -> AdReport {
    AdReport {
        tenant_id: TenantId(1),
        platform: Platform::Meta,
        account_id: "act_1".into(),
        campaign_id: campaign.to_string(),
        campaign_name: "Spring".into(),
        date: day(),
        currency: "EUR".parse().unwrap(),
        spend_micros: 1,
        impressions: 2,
        clicks: 3,
        conversions_micros: 4,
        revenue_micros: 5,
        version,
        received_at: UnixMillis(1_772_000_001_000),
    }
}

/// The part of a day that is of one country.
pub fn country(report: AdReport) -> AdReportSplit {
    AdReportSplit { report, split: Split::Country(CountryCode::parse("fr").unwrap()) }
}

/// Text that does not pack.
pub fn noise(seed: u64, length: usize) -> String {
    let blocks = (0..length as u64 / 64 + 1).map(|block| {
        let digest = stratum_wire::hash::sha256(format!("{seed} {block}").as_bytes());
        String::from_utf8(stratum_wire::hash::to_hex(&digest).to_vec()).unwrap()
    });
    let mut text: String = blocks.collect();
    text.truncate(length);
    text
}

/// Panics at its first append.
pub struct PanickingLog {
    pub log: MemoryLog,
    pub panicked: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl EventLog for PanickingLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.log.partitions(topic)
    }
    async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError> {
        let before = self.panicked.swap(true, std::sync::atomic::Ordering::Relaxed);
        assert!(before, "the first append panics");
        self.log.append(records).await
    }
    async fn subscribe(
        &self,
        topic: Topic,
        group: &str,
        resume: Arc<dyn Resume>,
    ) -> Result<Box<dyn Subscription>, StoreError> {
        self.log.subscribe(topic, group, resume).await
    }
    async fn read(
        &self,
        topic: Topic,
        partition: PartitionId,
        from: Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError> {
        self.log.read(topic, partition, from, limits).await
    }
    async fn offset_at(
        &self,
        topic: Topic,
        partition: PartitionId,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError> {
        self.log.offset_at(topic, partition, instant).await
    }
    async fn release(
        &self,
        topic: Topic,
        partition: PartitionId,
        before: Offset,
    ) -> Result<(), StoreError> {
        self.log.release(topic, partition, before).await
    }
    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        self.log.end(topic, partition).await
    }
}
