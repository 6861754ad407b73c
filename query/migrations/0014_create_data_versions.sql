-- How far each log partition has brought what is answered to each tenant: the lane as in roll-ups, and
-- the offset its last range with rows of the tenant ends before. Only the greatest counts.
CREATE TABLE IF NOT EXISTS data_versions {on_cluster}
(
    tenant_id UInt64,
    lane LowCardinality(String),
    applied_to SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (tenant_id, lane)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
