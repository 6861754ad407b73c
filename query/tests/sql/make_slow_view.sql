CREATE VIEW $database.ingest_counts AS
SELECT
    toUInt64(7) AS tenant_id,
    CAST(1, 'Enum8(\'meta\' = 1)') AS platform,
    '' AS dataset_id,
    CAST(1, 'Enum8(\'event\' = 1)') AS kind,
    now() AS hour,
    toUInt64(sleepEachRow(0.1)) AS received,
    toUInt64(0) AS landed,
    toUInt64(0) AS duplicate,
    toUInt64(0) AS rejected,
    now64(3) AS newest_received_at
FROM numbers(600)
SETTINGS max_block_size = 1
