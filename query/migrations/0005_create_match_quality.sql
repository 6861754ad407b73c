-- Events by hour and identifier mask. One part an insert (no partitions), so the rows of a range
-- and the row that marks the range as applied are there together or not at all: that row has
-- tenant 0 and the log partition as its dataset.
CREATE TABLE IF NOT EXISTS match_quality {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    event_name LowCardinality(String),
    action_source Enum8('website' = 1, 'app' = 2, 'email' = 3, 'phone_call' = 4, 'chat' = 5, 'physical_store' = 6, 'system_generated' = 7, 'business_messaging' = 8, 'other' = 9),
    channel Enum8('server' = 1, 'browser' = 2),
    hour DateTime('UTC'),
    valid_mask UInt32,
    invalid_mask UInt32,
    events SimpleAggregateFunction(sum, UInt64),
    applied_to SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (tenant_id, hour, platform, dataset_id, event_name, action_source, channel, valid_mask, invalid_mask)
TTL hour + INTERVAL 400 DAY DELETE WHERE tenant_id > 0
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
