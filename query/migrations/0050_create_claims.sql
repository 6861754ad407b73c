-- Who holds each log partition: the greatest claim. Rows are added only while the claim they are added
-- under is that one.
CREATE TABLE IF NOT EXISTS claims {on_cluster}
(
    topic Enum8('events' = 1, 'ad-reports' = 2),
    partition UInt32,
    epoch UInt64,
    nonce UInt64,
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3),
    rank UInt128 MATERIALIZED bitOr(bitShiftLeft(toUInt128(epoch), 64), toUInt128(nonce))
)
ENGINE = {replicated}ReplacingMergeTree(rank)
ORDER BY (topic, partition)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
