-- Adds rows of ranges; while_held.sql follows.
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
