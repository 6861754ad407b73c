-- Events by what repairs brought them, or would bring, and by hour where that is asked for.
SELECT
    if({by_hour:UInt8} = 1, toInt64(toUnixTimestamp(hour)), -1) AS hour_seconds,
    config_version,
    CAST(action_source, 'Int8') AS action_source_code,
    valid_mask,
    derived_mask,
    derivable_mask,
    sum(events) AS event_count
FROM match_quality
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND ({platform:Nullable(Int8)} IS NULL OR CAST(platform, 'Int8') = {platform:Nullable(Int8)})
  AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
  AND ({event_name:Nullable(String)} IS NULL OR event_name = {event_name:Nullable(String)})
GROUP BY hour_seconds, config_version, action_source, valid_mask, derived_mask, derivable_mask
ORDER BY hour_seconds, config_version, action_source, valid_mask, derived_mask, derivable_mask
