CREATE VIEW rejected_rows AS
SELECT
    arrayJoin($tenants::Array(UInt64)) AS tenant_id,
    CAST(1, 'Enum8(\'meta\' = 1)') AS dialect,
    CAST(1, 'Enum8(\'meta\' = 1)') AS platform,
    '' AS dataset_id,
    CAST(1, 'Enum8(\'event\' = 1, \'field\' = 3)') AS kind,
    CAST(1, 'Enum8(\'malformed_body\' = 1)') AS reason,
    toString(sleepEachRow(0.1)) AS field,
    toUInt64(1) AS row_count,
    now64(3) AS received_at
FROM numbers(600)
SETTINGS max_block_size = 1
