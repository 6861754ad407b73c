-- The months of these days that hold anything, and about how many rows each: versions that were
-- replaced are counted until a merge takes them.
SELECT toInt32(toYYYYMM(date)) AS part, count() AS row_count
FROM
(
    SELECT date
    FROM ad_reports
    WHERE tenant_id = {tenant:UInt64}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
    UNION ALL
    SELECT DISTINCT toStartOfMonth(date)
    FROM event_metrics
    WHERE tenant_id = {tenant:UInt64}
      AND event_name = {purchase:String}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
)
GROUP BY part
ORDER BY part
