-- Adds the rows of a range that are not there yet, as insert_events does.
INSERT INTO rejected_rows (
    tenant_id, dialect, platform, dataset_id, kind, event_name, reason, field, row_count, received_at,
    log_partition, log_offset, log_row, log_topic)
SELECT
    tenant_id, dialect, platform, dataset_id, kind, event_name, reason, field, row_count, received_at,
    log_partition, log_offset, log_row, {topic:Int8}
FROM input('
    tenant_id UInt64, dialect Int8, platform Int8, dataset_id String, kind Int8, event_name String, reason Int8,
    field String, row_count UInt64, received_at DateTime64(3, ''UTC''), log_partition UInt32,
    log_offset UInt64, log_row UInt32')
WHERE (log_offset, log_row) NOT IN (
    SELECT log_offset, log_row
    FROM rejected_rows
    WHERE CAST(log_topic, 'Int8') = {topic:Int8}
      AND log_partition = {partition:UInt32}
      AND log_offset >= {from:UInt64}
      AND log_offset < {to:UInt64}
      AND received_at >= fromUnixTimestamp64Milli({received_since:Int64}, 'UTC')
      AND received_at <= fromUnixTimestamp64Milli({received_until:Int64}, 'UTC'))
FORMAT ArrowStream
