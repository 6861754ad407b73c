//! What holds of the events of any request, whatever its dialect: the end of each fuzz target.

use std::sync::{Arc, LazyLock};

use bumpalo::Bump;
use stratum_models::delivery::{DataKey, DatasetKey, EventFilter, KeyHour, DatasetSeal};
use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::entropy::Entropy;
use stratum_models::event::EventBatchBuilder;
use stratum_models::id::TenantId;
use stratum_models::identifier::IdentifierMask;
use stratum_models::seal::{IdentifierKeys, TenantKeys};
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::{Canon, EventScan, Fault, ParsedRequest, Refusal};
use stratum_wire::envelope::{open, seal};
use stratum_wire::limits::RowLimits;
use stratum_wire::redact::Person;

/// The time it is: that of the fixtures.
pub const NOW: UnixMillis = UnixMillis(1_790_000_100_000);
pub static LIMITS: LazyLock<RowLimits> = LazyLock::new(RowLimits::default);
static KEYS: LazyLock<Arc<TenantKeys>> =
    LazyLock::new(|| IdentifierKeys::new(b"any root", []).of(TenantId(1)));

/// The same bytes again and again.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Makes every event canonical that breaks no rule, and looks at what comes of it.
pub fn check<'a>(
    dialect: Dialect,
    request: Result<ParsedRequest<'a>, Refusal>,
    arena: &'a Bump,
    judge: impl Fn(&EventScan<'_>) -> Option<Fault>,
) {
    let mut request = match request {
        Ok(request) => request,
        Err(refusal) => {
            assert!(!refusal.fault.to_string().is_empty());
            return;
        }
    };
    request.events.retain(|event| judge(event).is_none());
    let sealing = DatasetSeal {
        dataset: DatasetKey {
            tenant_id: TenantId(1),
            platform: dialect.platform(),
            dataset_id: "1".into(),
        },
        hour: KeyHour::of(NOW),
        key: DataKey::new([1; 32]),
        filters: vec![EventFilter { names: None, takes_tests: true }],
    };
    let dataset = DatasetConfig {
        tenant_id: TenantId(1),
        platform: dialect.platform(),
        dataset_id: "1".into(),
        time_zone: chrono_tz::Asia::Kathmandu,
        version: 1,
        default_calling_code: Some(49),
        policy: Default::default(),
        event_name: None,
        delivery: Some(Arc::new(sealing)),
    };
    let (config, keys, limits) = (&dataset, &*KEYS, &*LIMITS);
    let canon = Canon { dialect, config, others: &[], keys, now: NOW, limits, arena };
    let mut batch = EventBatchBuilder::default();
    let (events, lots) = canon.events_and_outbound(&request, Some(&Zeros), &mut Person::new());
    let (mut opened, mut buffer) = (0, Vec::new());
    for (sealing, rows) in &lots {
        for record in seal(sealing, rows, &Zeros).expect("rows are sealed") {
            opened += open(&record, &sealing.key, &mut buffer)
                .expect("what was sealed is opened")
                .map(|row| row.expect("a row"))
                .count();
        }
    }
    assert_eq!(opened, events.len());
    for event in &events {
        assert!(event.event_name.len() <= LIMITS.text_bytes_max);
        assert!(event.value_micros.is_none_or(|value| value >= 0 && event.currency.is_some()));
        let invalid = event.invalid.iter();
        let invalid = invalid.fold(IdentifierMask::EMPTY, |mask, one| mask.with(one.key));
        assert_eq!(event.valid.intersection(invalid), IdentifierMask::EMPTY);
        batch.push(event);
    }
    assert_eq!(batch.finish().expect("a batch").num_rows(), events.len());
}
