-- Events by day and the mask of their usable identifiers. In zones that are off by a fraction of an hour a day
-- begins with the hour that midnight lies in: an hour is of the day of its last second.
SELECT
    toInt32(toDate32(addSeconds(hour, 3599), {zone:String})) AS day_code,
    CAST(platform, 'Int8') AS platform_code,
    CAST(action_source, 'Int8') AS action_source_code,
    valid_mask,
    sum(events) AS event_count
FROM match_quality
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND ({platform:Nullable(Int8)} IS NULL OR CAST(platform, 'Int8') = {platform:Nullable(Int8)})
  AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
  AND ({event_name:Nullable(String)} IS NULL OR event_name = {event_name:Nullable(String)})
GROUP BY day_code, platform, action_source, valid_mask
ORDER BY day_code, platform, action_source, valid_mask
