-- Events and their worth by day and campaign; marked like match_quality. The worth is 128 bits wide:
-- a sum of amounts that are each allowed must not wrap. Kept: a year is compared with the one before.
CREATE TABLE IF NOT EXISTS event_metrics {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    campaign_id String,
    event_name LowCardinality(String),
    date Date32,
    currency LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    value_micros SimpleAggregateFunction(sum, Int128),
    applied_to SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (tenant_id, event_name, date, platform, dataset_id, campaign_id, currency)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
