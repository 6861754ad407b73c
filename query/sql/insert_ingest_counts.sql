-- Adds rows of ranges with the rows that mark them as applied; while_held.sql follows.
INSERT INTO ingest_counts (
    tenant_id, platform, dataset_id, kind, hour, received, landed, duplicate, rejected,
    newest_received_at, newest_landed_at, applied_to)
SELECT
    tenant_id, platform, dataset_id, kind, hour, received, landed, duplicate, rejected,
    newest_received_at,
    if(landed > 0, newest_received_at, fromUnixTimestamp64Milli(0, 'UTC')),
    applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, kind Int8, hour DateTime(''UTC''),
    received UInt64, landed UInt64, duplicate UInt64, rejected UInt64,
    newest_received_at DateTime64(3, ''UTC''), applied_to UInt64')
