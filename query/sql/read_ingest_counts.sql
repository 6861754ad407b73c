-- What came in and what became of it, by dataset.
SELECT
    CAST(platform, 'Int8') AS platform_code,
    toString(dataset_id) AS dataset,
    CAST(kind, 'Int8') AS kind_code,
    sum(ingest_counts.received) AS received,
    sum(ingest_counts.landed) AS landed,
    sum(ingest_counts.duplicate) AS duplicate,
    sum(ingest_counts.rejected) AS rejected,
    toUnixTimestamp64Milli(max(ingest_counts.newest_received_at)) AS newest_received_ms
FROM ingest_counts
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
GROUP BY platform, dataset_id, kind
ORDER BY platform, dataset_id, kind
