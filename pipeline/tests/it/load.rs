//! Generated records: few keys, datasets and hours, so that things meet.

use bytes::Bytes;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stratum_models::ad_report::{
    AdDevice, AdReport, AdReportSplit, CountryCode, Split, ad_report_batch, ad_report_split_batch,
};
use stratum_models::dialect::Dialect;
use stratum_models::event::{ConversionEvent, DedupKey, EventBatchBuilder};
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidIdentifier, InvalidReason};
use stratum_models::log::{NewRecord, PartitionId, Topic, partition_of};
use stratum_models::money::Currency;
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::record::{RecordKind, encode};
use stratum_models::rejection::{RejectReason, Rejection, RowKind, rejection_batch};
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, SealedIdentifier};
use stratum_models::time::{HOUR_MS, UnixMillis};

/// 2026-05-28T20:26:40Z.
pub const START: UnixMillis = UnixMillis(1_780_000_000_000);

/// An event that owns its texts.
#[derive(Clone, Debug)]
pub struct Event {
    pub tenant: u64,
    pub platform: Option<Platform>,
    pub dataset: String,
    pub name: String,
    pub id: Option<String>,
    pub event_time: UnixMillis,
    pub received_at: UnixMillis,
    pub value_micros: Option<i64>,
    pub currency: Option<Currency>,
    pub campaign: String,
    pub source: ActionSource,
    pub channel: Channel,
    pub valid: Vec<IdentifierKey>,
    pub invalid: Vec<InvalidIdentifier>,
    pub test: bool,
    pub country: Option<&'static str>,
    pub device: Device,
}

impl Event {
    pub fn key(&self) -> Option<DedupKey> {
        let (tenant, dataset) = (TenantId(self.tenant), &self.dataset);
        let id = self.id.as_ref()?;
        Some(DedupKey::of(tenant, self.platform, dataset, &self.name, id))
    }

    /// The partition it belongs to; without a key, any will do.
    pub fn partition(&self, partitions: u32) -> PartitionId {
        let hash = self.key().map_or(self.event_time.0 as u64, |key| (key.0 >> 64) as u64);
        partition_of(hash, partitions)
    }

    fn push(&self, builder: &mut EventBatchBuilder) {
        let seal = IdentifierSeal([7; SEAL_BYTES]);
        let kept = self.valid.iter().filter(|key| !key.is_countable());
        let identifiers: Vec<_> = kept.map(|key| SealedIdentifier { key: *key, seal }).collect();
        builder.push(&ConversionEvent {
            tenant_id: TenantId(self.tenant),
            dialect: Dialect::Meta,
            platform: self.platform,
            dataset_id: &self.dataset,
            event_name: &self.name,
            event_time: self.event_time,
            received_at: self.received_at,
            event_date: self.event_time.day_in("UTC".parse().unwrap()),
            action_source: self.source,
            channel: self.channel,
            dedup_key: self.key(),
            event_id: self.id.as_deref(),
            order_id: None,
            value_micros: self.value_micros,
            currency: self.currency,
            campaign_id: &self.campaign,
            valid: IdentifierMask::of(&self.valid),
            invalid: &self.invalid,
            identifiers: &identifiers,
            test: self.test,
            opt_out: false,
            limited_data_use: false,
            country: self.country,
            device: self.device,
            source_host: Some("shop.example"),
            config_version: 1,
            derived: IdentifierMask::EMPTY,
            derivable: IdentifierMask::EMPTY,
        });
    }
}

/// The bytes of a record of these events.
pub fn event_record(events: &[Event]) -> Bytes {
    let mut builder = EventBatchBuilder::default();
    events.iter().for_each(|event| event.push(&mut builder));
    encode(RecordKind::Events, &builder.finish().unwrap()).unwrap().into()
}

/// The bytes of a record of these ad reports.
pub fn report_record(reports: &[AdReport]) -> Bytes {
    encode(RecordKind::AdReports, &ad_report_batch(reports).unwrap()).unwrap().into()
}

/// The bytes of a record of these parts of campaigns' days.
pub fn split_record(splits: &[AdReportSplit]) -> Bytes {
    encode(RecordKind::AdReportSplits, &ad_report_split_batch(splits).unwrap()).unwrap().into()
}

/// The bytes of a record of these rejections.
pub fn rejection_record(rejections: &[Rejection]) -> Bytes {
    encode(RecordKind::Rejections, &rejection_batch(rejections).unwrap()).unwrap().into()
}

/// A seeded source of rows. Its clock moves on with what it makes.
pub struct Load {
    pub rng: ChaCha8Rng,
    pub now: UnixMillis,
    /// How many different event ids there are.
    pub ids: u32,
}

impl Load {
    pub fn new(seed: u64) -> Load {
        Load { rng: ChaCha8Rng::seed_from_u64(seed), now: START, ids: 40 }
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.rng.random_range(0..choices.len())].clone()
    }

    /// An event received about now: other ingest processes' clocks are up to half an hour behind.
    pub fn event(&mut self) -> Event {
        let received_at = UnixMillis(self.now.0 - self.rng.random_range(0..HOUR_MS / 2));
        let id = self.rng.random_range(0..self.ids);
        let value = self.rng.random_bool(0.7);
        let keys = [IdentifierKey::Email, IdentifierKey::Phone, IdentifierKey::ClientIp];
        let valid = keys.into_iter().filter(|_| self.rng.random_bool(0.5)).collect();
        let bot = InvalidIdentifier { key: IdentifierKey::UserAgent, reason: InvalidReason::Bot };
        let junk = InvalidIdentifier { key: IdentifierKey::City, reason: InvalidReason::JunkHash };
        let invalid = [bot, junk].into_iter().filter(|_| self.rng.random_bool(0.2)).collect();
        Event {
            tenant: self.rng.random_range(1..3),
            platform: self.one_of(&[Some(Platform::Meta), Some(Platform::Tiktok), None]),
            dataset: self.one_of(&["d1", "d2"]).into(),
            name: self.one_of(&["Purchase", "Purchase", "Lead"]).into(),
            id: self.rng.random_bool(0.9).then(|| format!("id-{id}")),
            event_time: UnixMillis(received_at.0 - self.rng.random_range(0..3 * 24 * HOUR_MS)),
            received_at,
            value_micros: value.then(|| self.rng.random_range(0..100_000_000)),
            currency: value.then(|| self.one_of(&[Currency::EUR, Currency::USD])),
            campaign: self.one_of(&["", "c1", "c2"]).into(),
            source: self.one_of(&[ActionSource::Website, ActionSource::App]),
            channel: self.one_of(&[Channel::Server, Channel::Browser]),
            valid,
            invalid,
            test: self.rng.random_bool(0.1),
            country: self.one_of(&[None, Some("DE"), Some("FR")]),
            device: self.one_of(&[Device::Mobile, Device::Desktop]),
        }
    }

    pub fn rejection(&mut self, kind: RowKind) -> Rejection {
        Rejection {
            tenant_id: TenantId(self.rng.random_range(1..3)),
            dialect: (kind == RowKind::Event).then_some(Dialect::Meta),
            platform: self.one_of(&[Some(Platform::Meta), None]),
            dataset_id: self.one_of(&["d1", "d2", ""]).into(),
            kind,
            event_name: String::new(),
            reason: self.one_of(&[RejectReason::TooOld, RejectReason::MissingField]),
            field: "event_time".into(),
            rows: self.rng.random_range(1..1000),
            received_at: self.now,
        }
    }

    pub fn report(&mut self) -> AdReport {
        AdReport {
            tenant_id: TenantId(self.rng.random_range(1..3)),
            platform: Platform::Meta,
            account_id: "a1".into(),
            campaign_id: self.one_of(&["c1", "c2"]).into(),
            campaign_name: "Spring".into(),
            date: self.now.day_in("UTC".parse().unwrap()),
            currency: Currency::EUR,
            spend_micros: self.rng.random_range(0..1_000_000),
            impressions: 1000,
            clicks: 10,
            conversions_micros: 1_000_000,
            revenue_micros: self.rng.random_range(0..9_000_000),
            version: self.rng.random_range(1..6),
            received_at: self.now,
        }
    }

    pub fn split(&mut self) -> AdReportSplit {
        let report = self.report();
        let country = CountryCode::parse("de").unwrap();
        let (id, name) = ("s1".to_owned(), "Set".to_owned());
        let splits = [
            Split::Country(country),
            Split::Device(AdDevice::ConnectedTv),
            Split::AdSet { id, name },
        ];
        AdReportSplit { report, split: self.one_of(&splits) }
    }

    /// The records of one request or so: some events, sent twice now and then, refused rows, ad
    /// reports, and once in a while bytes that are no record.
    pub fn records(&mut self, partitions: [u32; 2]) -> Vec<NewRecord> {
        self.now.0 += self.rng.random_range(0..6 * HOUR_MS);
        let mut records = Vec::new();
        let count = self.rng.random_range(0..20);
        let events: Vec<Event> = (0..count).map(|_| self.event()).collect();
        let copies = 1 + usize::from(self.rng.random_bool(0.15));
        for _ in 0..copies {
            records.extend(spread(&events, partitions[0]));
        }
        let [events, reports] = partitions.map(|n| PartitionId(self.rng.random_range(0..n)));
        if self.rng.random_bool(0.3) {
            let bytes = rejection_record(&[self.rejection(RowKind::Event)]);
            records.push(NewRecord { topic: Topic::Events, partition: events, bytes });
        }
        if self.rng.random_bool(0.3) {
            let (first, second) = (self.report(), self.report());
            let bytes = report_record(&[first, second]);
            records.push(NewRecord { topic: Topic::AdReports, partition: reports, bytes });
        }
        if self.rng.random_bool(0.3) {
            let bytes = split_record(&[self.split(), self.split()]);
            records.push(NewRecord { topic: Topic::AdReports, partition: reports, bytes });
        }
        if self.rng.random_bool(0.1) {
            let bytes = rejection_record(&[self.rejection(RowKind::AdReport)]);
            records.push(NewRecord { topic: Topic::AdReports, partition: reports, bytes });
        }
        if self.rng.random_bool(0.05) {
            let mut bytes = vec![0; 40];
            self.rng.fill_bytes(&mut bytes);
            let bytes = Bytes::from(bytes);
            records.push(NewRecord { topic: Topic::Events, partition: events, bytes });
        }
        records
    }
}

/// One record for each partition these events belong to.
pub fn spread(events: &[Event], partitions: u32) -> Vec<NewRecord> {
    let of = |partition| {
        let here = events.iter().filter(|event| event.partition(partitions) == partition);
        let here: Vec<Event> = here.cloned().collect();
        let topic = Topic::Events;
        (!here.is_empty()).then(|| NewRecord { topic, partition, bytes: event_record(&here) })
    };
    (0..partitions).map(PartitionId).filter_map(of).collect()
}
