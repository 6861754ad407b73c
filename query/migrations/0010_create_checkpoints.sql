-- How far each log partition has landed. Offsets only rise, so the greatest counts and a row
-- inserted twice or late changes nothing.
CREATE TABLE IF NOT EXISTS checkpoints {on_cluster}
(
    topic Enum8('events' = 1, 'ad-reports' = 2),
    partition UInt32,
    next_offset UInt64,
    moved_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {replicated}ReplacingMergeTree(next_offset)
ORDER BY (topic, partition)
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
