-- The newest data per platform. Zeros and the earliest day stand for none.
SELECT
    platform_code,
    max(events_ms) AS events_received_ms,
    max(reports_ms) AS reports_received_ms,
    max(until_day) AS reports_until_day
FROM
(
    SELECT
        CAST(platform, 'Int8') AS platform_code,
        toUnixTimestamp64Milli(maxIf(newest_landed_at, kind = 'event')) AS events_ms,
        toUnixTimestamp64Milli(maxIf(newest_landed_at, kind = 'ad_report')) AS reports_ms,
        CAST(NULL, 'Nullable(Int32)') AS until_day
    FROM ingest_counts
    WHERE tenant_id = {tenant:UInt64}
    GROUP BY platform
    UNION ALL
    SELECT CAST(platform, 'Int8'), toInt64(0), toInt64(0), toNullable(toInt32(max(date)))
    FROM ad_reports
    WHERE tenant_id = {tenant:UInt64}
    GROUP BY platform
)
GROUP BY platform_code
HAVING events_received_ms > 0 OR reports_received_ms > 0 OR reports_until_day IS NOT NULL
ORDER BY platform_code
