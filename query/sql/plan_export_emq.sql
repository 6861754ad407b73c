-- The months of these hours that hold events, and about how many rows each.
SELECT toInt32(toYYYYMM(toDate(hour, {zone:String}))) AS part, count() AS row_count
FROM match_quality
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND toDate32(toDate(hour, {zone:String})) >= toDate32({first_day:Int32})
  AND toDate32(toDate(hour, {zone:String})) <= toDate32({last_day:Int32})
  AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
GROUP BY part
ORDER BY part
