-- Rows received, landed, duplicate and rejected by hour of receipt; marked like match_quality.
-- newest_landed_at is the newest receipt among the rows that came with landed ones.
CREATE TABLE IF NOT EXISTS ingest_counts {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    kind Enum8('event' = 1, 'ad_report' = 2),
    hour DateTime('UTC'),
    received SimpleAggregateFunction(sum, UInt64),
    landed SimpleAggregateFunction(sum, UInt64),
    duplicate SimpleAggregateFunction(sum, UInt64),
    rejected SimpleAggregateFunction(sum, UInt64),
    newest_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    newest_landed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    applied_to SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (tenant_id, hour, platform, dataset_id, kind)
TTL hour + INTERVAL 400 DAY DELETE WHERE tenant_id > 0
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
