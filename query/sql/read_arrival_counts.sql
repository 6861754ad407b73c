-- Events by the minute or hour they were received in, of those that have any.
SELECT
    slot * {step_ms:Int64} AS at_ms,
    sum(landed_rows) AS landed,
    sum(refused_rows) AS rejected
FROM
(
    SELECT
        intDiv(toUnixTimestamp64Milli(received_at), {step_ms:Int64}) AS slot,
        count() AS landed_rows,
        toUInt64(0) AS refused_rows
    FROM events
    WHERE tenant_id = {tenant:UInt64}
      AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    GROUP BY slot
    UNION ALL
    SELECT
        intDiv(toUnixTimestamp64Milli(received_at), {step_ms:Int64}) AS slot,
        toUInt64(0),
        sum(row_count)
    FROM rejected_rows
    WHERE tenant_id = {tenant:UInt64}
      AND kind = 'event'
      AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    GROUP BY slot
)
GROUP BY slot
ORDER BY slot
