-- Refused rows by reason, most first, and fields refused without their rows.
SELECT
    CAST(dialect, 'Int8') AS dialect_code,
    CAST(platform, 'Int8') AS platform_code,
    toString(dataset_id) AS dataset,
    CAST(kind, 'Int8') AS kind_code,
    CAST(reason, 'Int8') AS reason_code,
    field,
    sum(rejected_rows.row_count) AS refused
FROM rejected_rows
WHERE tenant_id = {tenant:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
GROUP BY dialect, platform, dataset_id, kind, reason, field
ORDER BY refused DESC, dialect, platform, dataset_id, kind, reason, field
LIMIT {groups_max:UInt32} BY kind = 'field'
