-- Which of these files were applied; the newest row of a number counts.
CREATE TABLE IF NOT EXISTS schema_migrations {on_cluster}
(
    number UInt32,
    name String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {replicated}ReplacingMergeTree(applied_at)
ORDER BY number
SETTINGS {dedup_window}, fsync_after_insert = 1, fsync_part_directory = 1
