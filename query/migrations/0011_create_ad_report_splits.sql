-- Parts of campaigns' days, kept like ad_reports: of each key the greatest rank. What explains a day is
-- apart from what counts as the day, so that no sum can take both.
CREATE TABLE IF NOT EXISTS ad_report_splits {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    account_id LowCardinality(String),
    campaign_id String,
    campaign_name String,
    split Enum8('ad_set' = 1, 'ad' = 2, 'country' = 3, 'device' = 4),
    ad_set_id String,
    ad_set_name String,
    ad_id String,
    ad_name String,
    country LowCardinality(String),
    device LowCardinality(String),
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
ORDER BY (tenant_id, platform, account_id, campaign_id, date, split, ad_set_id, ad_id, country, device)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
