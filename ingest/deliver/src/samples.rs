//! Values for tests.

use stratum_models::connector::Credentials;
use stratum_models::delivery::{ConsentPolicy, DatasetKey, DeliveryMode, Destination};
use stratum_models::id::{DestinationId, TenantId};
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::{PlatformFormat, platform_format};
use stratum_wire::envelope::OutboundEvent;

/// The time it is.
pub const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

/// A destination at Meta.
pub fn destination(mode: DeliveryMode) -> Destination {
    Destination {
        id: DestinationId(uuid::Uuid::nil()),
        dataset: DatasetKey {
            tenant_id: TenantId(1),
            platform: Some(Platform::Meta),
            dataset_id: "1".into(),
        },
        platform: Platform::Meta,
        remote_id: "1".into(),
        mode,
        event_names: None,
        consent: ConsentPolicy::AsSent,
        test_code: None,
        credentials: Credentials::default(),
        since: UnixMillis(NOW.0 - 1_000),
    }
}

/// Meta's format.
pub fn meta() -> &'static dyn PlatformFormat {
    platform_format(Platform::Meta)
}

/// An event of that moment.
pub fn event() -> OutboundEvent<'static> {
    OutboundEvent {
        event_id: "1",
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
