-- Events by identifier mask.
SELECT
    CAST(platform, 'Int8') AS platform_code,
    toString(dataset_id) AS dataset,
    toString(event_name) AS name,
    CAST(action_source, 'Int8') AS action_source_code,
    CAST(channel, 'Int8') AS channel_code,
    valid_mask,
    invalid_mask,
    sum(events) AS event_count
FROM match_quality
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND ({platform:Nullable(Int8)} IS NULL OR CAST(platform, 'Int8') = {platform:Nullable(Int8)})
  AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
  AND ({event_name:Nullable(String)} IS NULL OR event_name = {event_name:Nullable(String)})
GROUP BY platform, dataset_id, event_name, action_source, channel, valid_mask, invalid_mask
ORDER BY platform, dataset_id, event_name, action_source, channel, valid_mask, invalid_mask
