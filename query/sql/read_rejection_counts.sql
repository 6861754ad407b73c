-- Refused rows by reason, most first.
SELECT
    CAST(platform, 'Int8') AS platform_code,
    toString(dataset_id) AS dataset,
    CAST(reason, 'Int8') AS reason_code,
    field,
    count() AS row_count
FROM rejected_rows
WHERE tenant_id = {tenant:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
GROUP BY platform, dataset_id, reason, field
ORDER BY row_count DESC, platform, dataset_id, reason, field
LIMIT {groups_max:UInt32}
