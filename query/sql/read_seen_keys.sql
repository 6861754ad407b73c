SELECT assumeNotNull(dedup_key) AS dedup_key, received_at
FROM events
WHERE log_partition = {partition:UInt32}
  AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND log_offset < {before:UInt64}
  AND events.dedup_key IS NOT NULL
