-- Adds rows of ranges; while_held.sql follows.
INSERT INTO events (
    tenant_id, dialect, platform, dataset_id, event_name, event_time, received_at, event_date, action_source,
    channel, dedup_key, event_id, order_id, value_micros, currency, campaign_id, valid_mask,
    invalid_mask, invalid_reasons, sealed_identifiers, test, opt_out, limited_data_use, country, device,
    source_host, config_version, derived_mask, derivable_mask, log_partition, log_offset, log_row)
SELECT
    tenant_id, dialect, platform, dataset_id, event_name, event_time, received_at, event_date, action_source,
    channel, dedup_key, event_id, order_id, value_micros, currency, campaign_id, valid_mask,
    invalid_mask, invalid_reasons, sealed_identifiers, test, opt_out, limited_data_use, country, device,
    source_host, config_version, derived_mask, derivable_mask, log_partition, log_offset, log_row
FROM input('
    tenant_id UInt64, dialect Int8, platform Int8, dataset_id String, event_name String,
    event_time DateTime64(3, ''UTC''), received_at DateTime64(3, ''UTC''), event_date Date32,
    action_source Int8, channel Int8, dedup_key Nullable(FixedString(16)),
    event_id Nullable(String), order_id Nullable(String), value_micros Nullable(Int64),
    currency Nullable(String), campaign_id String, valid_mask UInt32, invalid_mask UInt32,
    invalid_reasons Array(UInt16), sealed_identifiers Array(Tuple(key Int8, seal FixedString(48))),
    test Bool, opt_out Bool, limited_data_use Bool, country Nullable(String), device Int8,
    source_host Nullable(String), config_version UInt32, derived_mask UInt32, derivable_mask UInt32,
    log_partition UInt32, log_offset UInt64, log_row UInt32')
