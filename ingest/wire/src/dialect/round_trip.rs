//! A door of ours beside the platform's format, for tests: what is spoken is to be understood as the same event.

use std::sync::Arc;

use bumpalo::Bump;
use stratum_models::delivery::{DataKey, DatasetKey, DatasetSeal, EventFilter, KeyHour};
use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::event::ConversionEvent;
use stratum_models::id::TenantId;
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::time::UnixMillis;
use stratum_testing::entropy::CountingEntropy;

use super::{Canon, EventScan, Fault, ParsedRequest, RequestHead, platform_format};
use crate::envelope::{OutboundEvent, OutboundRows, open, seal};
use crate::limits::RowLimits;
use crate::redact::Person;

/// The time it is.
pub(super) const NOW: UnixMillis = UnixMillis(1_790_000_100_000);

/// The door of a dialect, with a dataset.
pub(super) struct Door {
    pub(super) dialect: Dialect,
    pub(super) dataset_id: &'static str,
    /// The events of a body.
    pub(super) read: for<'a> fn(&'a [u8], &'a Bump, &RowLimits) -> ParsedRequest<'a>,
    /// The fault of the event of this number.
    pub(super) judge: fn(&EventScan<'_>, usize, &RowLimits) -> Option<Fault>,
    /// The name of the dataset's events, where the format has none.
    pub(super) event_name: Option<&'static str>,
}

impl Door {
    fn platform(&self) -> Platform {
        self.dialect.platform().expect("a platform")
    }

    fn dataset(&self) -> DatasetConfig {
        DatasetConfig {
            tenant_id: TenantId(1),
            platform: Some(self.platform()),
            dataset_id: self.dataset_id.into(),
            time_zone: chrono_tz::UTC,
            version: 1,
            default_calling_code: Some(1),
            policy: Default::default(),
            event_name: self.event_name.map(Into::into),
            delivery: Some(Arc::new(self.sealing())),
        }
    }

    fn sealing(&self) -> DatasetSeal {
        DatasetSeal {
            dataset: DatasetKey {
                tenant_id: TenantId(1),
                platform: Some(self.platform()),
                dataset_id: self.dataset_id.into(),
            },
            hour: KeyHour::of(NOW),
            key: DataKey::new([5; 32]),
            filters: vec![EventFilter { names: None, takes_tests: true }],
        }
    }

    /// The events of a body as the door keeps them, and the rows that it hands on.
    pub(super) fn taken(&self, body: &[u8], wants_id: bool) -> (Vec<String>, OutboundRows) {
        let (arena, limits, config) = (Bump::new(), RowLimits::default(), self.dataset());
        let mut request = (self.read)(body, &arena, &limits);
        for (number, event) in request.events.iter_mut().enumerate() {
            let fault = (self.judge)(event, number, &limits);
            assert_eq!(fault, None, "{}", String::from_utf8_lossy(body));
            event.event_name = event.event_name.or(self.event_name);
        }
        let keys = &*stratum_testing::identifier_keys().of(TenantId(1));
        let (dialect, config, limits) = (self.dialect, &config, &limits);
        let canon = Canon { dialect, config, others: &[], keys, now: NOW, limits, arena: &arena };
        let entropy = CountingEntropy::default();
        let (events, lots) =
            canon.events_and_outbound(&request, Some(&entropy), &mut Person::new());
        let rows = lots.into_iter().next().map(|(_, rows)| rows).unwrap_or_default();
        (events.iter().map(|event| shown(event, wants_id)).collect(), rows)
    }

    /// The rows as they come out of the log, in one request to the platform.
    pub(super) fn spoken(&self, rows: &OutboundRows, test_code: Option<&str>) -> Vec<u8> {
        let records = seal(&self.sealing(), rows, &CountingEntropy::default()).unwrap();
        let mut buffers = vec![Vec::new(); records.len()];
        let opened = records.iter().zip(&mut buffers).flat_map(|(record, buffer)| {
            open(record, &self.sealing().key, buffer).unwrap().map(Result::unwrap)
        });
        let opened: Vec<OutboundEvent<'_>> = opened.collect();
        let events: Vec<_> = opened.iter().collect();
        assert_eq!(events.len(), rows.len());
        let format = platform_format(self.platform());
        assert!(events.iter().all(|event| format.share_request(events[0], event)));
        assert!(events.iter().all(|event| format.untaken(event).is_none()));
        format.speak(&events, &RequestHead { remote_id: self.dataset_id, test_code })
    }

    /// Fails where the door does not take what is spoken of a body's events for the same events, or something is
    /// lost on the way.
    pub(super) fn understands(&self, body: &[u8], wants_id: bool) {
        let (sent, rows) = self.taken(body, wants_id);
        let spoken = self.spoken(&rows, None);
        let (heard, again) = self.taken(&spoken, wants_id);
        assert_eq!(heard, sent, "{}", String::from_utf8_lossy(&spoken));
        // And once more it is the same to the byte.
        assert_eq!(
            String::from_utf8_lossy(&self.spoken(&again, None)),
            String::from_utf8_lossy(&spoken)
        );
    }
}

/// All that a sender has a say in.
fn shown(event: &ConversionEvent<'_>, wants_id: bool) -> String {
    let mut identifiers: Vec<_> =
        event.identifiers.iter().map(|one| format!("{:?}", (one.key, one.seal))).collect();
    identifiers.sort();
    let id = wants_id.then_some((event.event_id, event.dedup_key));
    let what = (event.event_name, event.event_time, event.action_source, id, event.order_id);
    let worth = (event.value_micros, event.currency, event.campaign_id, event.test);
    let consent = (event.opt_out, event.limited_data_use);
    let person = (event.valid, event.country, event.device, event.source_host);
    format!("{what:?} {worth:?} {consent:?} {person:?} {identifiers:?}")
}

/// A purchase of nobody's, without a value.
pub(super) fn bare_event() -> OutboundEvent<'static> {
    OutboundEvent {
        event_id: "e-1",
        is_id_made: false,
        event_name: "Purchase",
        event_time_ms: NOW.0,
        received_at_ms: NOW.0,
        action_source: ActionSource::Website,
        is_test: false,
        opt_out: false,
        limited_data_use: false,
        limited_data_use_codes: None,
        value_micros: None,
        currency: None,
        order_id: None,
        source_url: None,
        custom_data: None,
        is_custom_data_cut: false,
        config_version: 1,
        ids: Vec::new(),
        hashes: Vec::new(),
    }
}

/// Bits that are taken one after the other.
pub(super) struct Bits(pub(super) u64);

impl Bits {
    /// Whether the next bit is set.
    pub(super) fn is_set(&mut self) -> bool {
        self.0 = self.0.rotate_right(1);
        self.0 & 1 == 1
    }

    /// Gives an object those of the members whose bits are set.
    pub(super) fn choose(
        &mut self,
        object: &mut serde_json::Value,
        members: &[(&str, serde_json::Value)],
    ) {
        for (key, value) in members {
            if self.is_set() {
                object[*key] = value.clone();
            }
        }
    }
}
