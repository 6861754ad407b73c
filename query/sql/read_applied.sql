-- To which offset each roll-up holds a log partition.
SELECT toInt8(4) AS table_code, max(applied_to) AS applied
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
