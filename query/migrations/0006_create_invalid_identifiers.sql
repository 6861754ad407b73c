-- Unusable identifiers by hour, key and reason; marked like match_quality.
CREATE TABLE IF NOT EXISTS invalid_identifiers {on_cluster}
(
    tenant_id UInt64,
    platform Enum8('meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    dataset_id LowCardinality(String),
    event_name LowCardinality(String),
    hour DateTime('UTC'),
    identifier Enum8('em' = 0, 'ph' = 1, 'fn' = 2, 'ln' = 3, 'ge' = 4, 'db' = 5, 'ct' = 6, 'st' = 7, 'zp' = 8, 'country' = 9, 'external_id' = 10, 'click_id' = 11, 'browser_id' = 12, 'client_ip_address' = 13, 'client_user_agent' = 14, 'madid' = 15, 'login_id' = 16, 'lead_id' = 17, 'subscription_id' = 18, 'messaging_id' = 19),
    reason Enum8('junk_hash' = 1, 'not_hashed' = 2, 'malformed' = 3, 'no_country_code' = 4, 'trunk_zero' = 5, 'private_ip' = 6, 'expired' = 7, 'in_future' = 8, 'bot' = 9, 'wrong_hash' = 10, 'unknown_code' = 11, 'too_long' = 12),
    events SimpleAggregateFunction(sum, UInt64),
    applied_to SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (tenant_id, hour, platform, dataset_id, event_name, identifier, reason)
TTL hour + INTERVAL 400 DAY DELETE WHERE tenant_id > 0
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
