//! Any bytes as a request of Meta's dialect: read, judged and, where nothing is wrong, made canonical.
//!
//! `cargo +nightly fuzz run meta_request ingest/fuzz/corpus/meta_request ingest/wire/src/dialect/meta/fixtures`
#![no_main]

use std::sync::{Arc, LazyLock};

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_wire::limits::RowLimits;
use stratum_wire::dialect::Canon;
use stratum_wire::dialect::meta::{judge, parse_events};
use stratum_wire::redact::Person;
use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::event::EventBatchBuilder;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::seal::{IdentifierKeys, TenantKeys};
use stratum_models::time::UnixMillis;

static LIMITS: LazyLock<RowLimits> = LazyLock::new(RowLimits::default);
static DATASET: LazyLock<DatasetConfig> = LazyLock::new(|| DatasetConfig {
    tenant_id: TenantId(1),
    platform: Platform::Meta,
    dataset_id: "1".into(),
    time_zone: chrono_tz::Asia::Kathmandu,
    version: 1,
    default_calling_code: Some(49),
});
static KEYS: LazyLock<Arc<TenantKeys>> =
    LazyLock::new(|| IdentifierKeys::new(b"any root", []).of(TenantId(1)));

fuzz_target!(|body: &[u8]| {
    // As of the fixtures.
    let now = UnixMillis(1_790_000_100_000);
    let arena = Bump::new();
    let mut request = match parse_events(body, &arena, &LIMITS) {
        Ok(request) => request,
        Err(refusal) => {
            assert!(!refusal.fault.to_string().is_empty());
            return;
        }
    };
    // What breaks a rule is left out, so that all the rest is made canonical.
    request.events.retain(|event| judge(event, now, &LIMITS).is_none());
    let canon = Canon {
        dialect: Dialect::Meta,
        config: &DATASET,
        keys: &KEYS,
        now,
        limits: &LIMITS,
        arena: &arena,
    };
    let events = canon.events(&request, &mut Person::new());
    let mut batch = EventBatchBuilder::default();
    for event in &events {
        assert!(event.event_name.len() <= LIMITS.text_bytes_max);
        assert!(event.value_micros.is_none_or(|value| value >= 0 && event.currency.is_some()));
        assert_eq!(
            event
                .valid
                .intersection(event.invalid.iter().fold(
                    Default::default(),
                    |mask: stratum_models::identifier::IdentifierMask, one| mask.with(one.key),
                ))
                .0,
            0
        );
        batch.push(event);
    }
    assert_eq!(batch.finish().expect("a batch").num_rows(), events.len());
});
