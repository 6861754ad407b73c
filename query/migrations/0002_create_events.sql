-- Facts. A part holds one day of receipt: the dedup window and a replay read by receipt, and
-- retention drops whole parts. Log positions rise with time, so their index skips all but the
-- newest parts.
CREATE TABLE IF NOT EXISTS events {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    event_name LowCardinality(String),
    event_time DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    event_date Date32,
    action_source Enum8('website' = 1, 'app' = 2, 'email' = 3, 'phone_call' = 4, 'chat' = 5, 'physical_store' = 6, 'system_generated' = 7, 'business_messaging' = 8, 'other' = 9),
    channel Enum8('server' = 1, 'browser' = 2),
    dedup_key Nullable(FixedString(16)) CODEC(NONE),
    event_id Nullable(String),
    order_id Nullable(String),
    value_micros Nullable(Int64),
    currency LowCardinality(Nullable(String)),
    campaign_id LowCardinality(String),
    valid_mask UInt32,
    invalid_mask UInt32,
    invalid_reasons Array(UInt16),
    identifiers Array(Tuple(
        key Enum8('em' = 0, 'ph' = 1, 'fn' = 2, 'ln' = 3, 'ge' = 4, 'db' = 5, 'ct' = 6, 'st' = 7, 'zp' = 8, 'country' = 9, 'external_id' = 10, 'click_id' = 11, 'browser_id' = 12, 'client_ip_address' = 13, 'client_user_agent' = 14, 'madid' = 15, 'login_id' = 16, 'lead_id' = 17, 'subscription_id' = 18, 'messaging_id' = 19),
        hash FixedString(32))),
    test Bool,
    opt_out Bool,
    limited_data_use Bool,
    country LowCardinality(Nullable(String)),
    device Enum8('unknown' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'bot' = 4),
    source_host LowCardinality(Nullable(String)),
    config_version UInt32,
    log_partition UInt32,
    log_offset UInt64,
    log_row UInt32,
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 16
)
ENGINE = {replicated}MergeTree
PARTITION BY toDate(received_at)
ORDER BY (tenant_id, platform, dataset_id, event_name, event_time)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1
