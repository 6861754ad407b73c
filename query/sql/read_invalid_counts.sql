-- Unusable identifiers by platform, key and reason.
SELECT
    CAST(platform, 'Int8') AS platform_code,
    CAST(identifier, 'Int8') AS identifier_code,
    CAST(reason, 'Int8') AS reason_code,
    sum(events) AS event_count
FROM invalid_identifiers
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND ({platform:Nullable(Int8)} IS NULL OR CAST(platform, 'Int8') = {platform:Nullable(Int8)})
  AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
  AND ({event_name:Nullable(String)} IS NULL OR event_name = {event_name:Nullable(String)})
GROUP BY platform, identifier, reason
ORDER BY platform, identifier, reason
