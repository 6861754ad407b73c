CREATE TABLE {database}.events (
    event_name LowCardinality(String), event_time DateTime, event_id String,
    action_source LowCardinality(String), host LowCardinality(String), order_id String,
    value_micros Int64, currency LowCardinality(String),
    em Array(FixedString(32)), ph Array(FixedString(32)), fn FixedString(32),
    external_id FixedString(32), fbp FixedString(32), zp FixedString(32),
    country LowCardinality(String), mask UInt32, received_at DateTime64(3) DEFAULT now64(3)
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(received_at) ORDER BY (event_name, event_time)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
