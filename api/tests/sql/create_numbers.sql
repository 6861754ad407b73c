CREATE OR REPLACE TABLE numbers (number UInt64, text String)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
