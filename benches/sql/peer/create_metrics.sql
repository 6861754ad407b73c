CREATE TABLE {database}.metrics (
    event_name LowCardinality(String), date Date, currency LowCardinality(String),
    campaign_id String, events UInt64, value_micros Int64
) ENGINE = SummingMergeTree ORDER BY (event_name, date, currency, campaign_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
