-- The days of receipt that hold events of these days, and how many.
SELECT toInt32(toDate(received_at)) AS part, count() AS row_count
FROM events
WHERE tenant_id = {tenant:UInt64}
  AND event_date >= toDate32({first_day:Int32})
  AND event_date <= toDate32({last_day:Int32})
  AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
GROUP BY part
ORDER BY part
