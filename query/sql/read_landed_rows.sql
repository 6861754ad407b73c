-- Which facts of a range are there, by their place: of events the table's code is 1, of refused rows 2. The
-- times of receipt only spare the search older and newer parts.
SELECT toInt8(1) AS table_code, log_offset, log_row
FROM events
WHERE {topic:Int8} = 1
  AND log_partition = {partition:UInt32}
  AND log_offset >= {from:UInt64}
  AND log_offset < {to:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({received_since:Int64}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({received_until:Int64}, 'UTC')
UNION ALL
SELECT toInt8(2), log_offset, log_row
FROM rejected_rows
WHERE CAST(log_topic, 'Int8') = {topic:Int8}
  AND log_partition = {partition:UInt32}
  AND log_offset >= {from:UInt64}
  AND log_offset < {to:UInt64}
  AND received_at >= fromUnixTimestamp64Milli({received_since:Int64}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({received_until:Int64}, 'UTC')
