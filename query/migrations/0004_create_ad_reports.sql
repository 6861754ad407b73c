-- Ad reports: of each key the greatest rank is kept, which is the newest version, and of equal
-- versions the one further along in the log. So the answer does not depend on the order of inserts. A key
-- stays in the partition of its month, which is all that FINAL has to merge.
CREATE TABLE IF NOT EXISTS ad_reports {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    account_id LowCardinality(String),
    campaign_id String,
    campaign_name String,
    date Date32,
    currency LowCardinality(String),
    spend_micros Int64,
    impressions Int64,
    clicks Int64,
    conversions_micros Int64,
    revenue_micros Int64,
    version UInt64,
    received_at DateTime64(3, 'UTC'),
    log_partition UInt32,
    log_offset UInt64,
    log_row UInt32,
    rank UInt256 MATERIALIZED bitOr(bitOr(bitShiftLeft(toUInt256(version), 96), bitShiftLeft(toUInt256(log_offset), 32)), toUInt256(log_row))
)
ENGINE = {replicated}ReplacingMergeTree(rank)
PARTITION BY toYYYYMM(date)
ORDER BY (tenant_id, platform, account_id, campaign_id, date)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
