-- What each table holds of a range: of facts the rows, of roll-ups the offset they are applied to.
-- Table 0 is the time of day in milliseconds.
SELECT toInt8(1) AS table_code, count() AS applied
FROM events
WHERE log_partition = {partition:UInt32}
  AND log_offset >= {from:UInt64}
  AND log_offset < {to:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({received_since:Int64}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({received_until:Int64}, 'UTC')
UNION ALL
SELECT toInt8(2), count()
FROM rejected_rows
WHERE CAST(log_topic, 'Int8') = {topic:Int8}
  AND log_partition = {partition:UInt32}
  AND log_offset >= {from:UInt64}
  AND log_offset < {to:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({received_since:Int64}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({received_until:Int64}, 'UTC')
UNION ALL
SELECT toInt8(4), max(applied_to)
FROM match_quality
WHERE tenant_id = 0 AND dataset_id = {lane:String}
UNION ALL
SELECT toInt8(5), max(applied_to)
FROM invalid_identifiers
WHERE tenant_id = 0 AND dataset_id = {lane:String}
UNION ALL
SELECT toInt8(6), max(applied_to)
FROM event_metrics
WHERE tenant_id = 0 AND dataset_id = {lane:String}
UNION ALL
SELECT toInt8(7), max(applied_to)
FROM ingest_counts
WHERE tenant_id = 0 AND dataset_id = {lane:String}
UNION ALL
SELECT toInt8(0), toUInt64(toUnixTimestamp64Milli(now64(3)))
