-- Adds rows of ranges with the rows that mark them as applied; while_held.sql follows.
INSERT INTO invalid_identifiers (
    tenant_id, platform, dataset_id, event_name, hour, identifier, reason, events, applied_to)
SELECT
    tenant_id, platform, dataset_id, event_name, hour, identifier, reason, events, applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, event_name String, hour DateTime(''UTC''),
    identifier Int8, reason Int8, events UInt64, applied_to UInt64')
