CREATE TABLE {database}.quality (
    event_name LowCardinality(String), hour DateTime, mask UInt32, events UInt64
) ENGINE = SummingMergeTree ORDER BY (event_name, hour, mask)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
