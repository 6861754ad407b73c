-- The newest plan of each log partition. Of two plans for one offset, which the writer does not let
-- happen, the one written first has the greater rank and stays, whatever is merged when.
CREATE TABLE IF NOT EXISTS commit_plans {on_cluster}
(
    topic Enum8('events' = 1, 'ad-reports' = 2),
    partition UInt32,
    from_offset UInt64,
    to_offset UInt64,
    planned_at DateTime64(9, 'UTC') DEFAULT now64(9),
    rank UInt128 MATERIALIZED bitOr(bitShiftLeft(toUInt128(from_offset), 64), toUInt128(bitNot(toUInt64(toUnixTimestamp64Nano(planned_at)))))
)
ENGINE = {replicated}ReplacingMergeTree(rank)
ORDER BY (topic, partition)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
