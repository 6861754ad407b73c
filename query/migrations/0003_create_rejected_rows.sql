-- Refused rows, kept a month. They come from both topics, so their place in the log names the topic.
CREATE TABLE IF NOT EXISTS rejected_rows {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    kind Enum8('event' = 1, 'ad_report' = 2),
    event_name LowCardinality(String),
    reason Enum8('malformed_body' = 1, 'missing_field' = 2, 'wrong_type' = 3, 'invalid_value' = 4, 'too_old' = 5, 'in_future' = 6, 'missing_purchase_value' = 7, 'invalid_currency' = 8, 'insufficient_identifiers' = 9, 'too_many_rows' = 10, 'too_long' = 11, 'batch_rejected' = 12, 'empty_batch' = 13, 'unreadable_record' = 14),
    field String,
    received_at DateTime64(3, 'UTC'),
    log_partition UInt32,
    log_offset UInt64,
    log_row UInt32,
    log_topic Enum8('events' = 1, 'ad-reports' = 2),
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 16
)
ENGINE = {replicated}MergeTree
PARTITION BY toDate(received_at)
ORDER BY (tenant_id, received_at)
TTL toDateTime(received_at) + INTERVAL 30 DAY
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1
