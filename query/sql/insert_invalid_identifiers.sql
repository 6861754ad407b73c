-- Adds the rows of a range with the row that marks it as applied, unless it is marked already.
INSERT INTO invalid_identifiers (
    tenant_id, platform, dataset_id, event_name, hour, identifier, reason, events, applied_to)
SELECT
    tenant_id, platform, dataset_id, event_name, hour, identifier, reason, events, applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, event_name String, hour DateTime(''UTC''),
    identifier Int8, reason Int8, events UInt64, applied_to UInt64')
WHERE {to:UInt64} > (
    SELECT max(applied_to)
    FROM invalid_identifiers
    WHERE tenant_id = 0 AND dataset_id = {lane:String})
FORMAT ArrowStream
