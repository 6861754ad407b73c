-- A month's events by day, dataset, event name, action source and channel, each with its masks: score
-- and coverage are made of them where the formula is.
SELECT
    toDate32(toDate(hour, {zone:String})) AS date,
    CAST(platform, 'Int8') AS platform_code,
    toLowCardinality(toString(dataset_id)) AS dataset,
    toLowCardinality(toString(event_name)) AS name,
    CAST(action_source, 'Int8') AS action_source_code,
    CAST(channel, 'Int8') AS channel_code,
    groupArray(valid_mask) AS masks,
    groupArray(events) AS counts
FROM match_quality
WHERE tenant_id = {tenant:UInt64}
  AND hour >= toDateTime({from:Int64}, 'UTC')
  AND hour < toDateTime({until:Int64}, 'UTC')
  AND toYYYYMM(toDate(hour, {zone:String})) = {part:Int32}
  AND toDate32(toDate(hour, {zone:String})) >= toDate32({first_day:Int32})
  AND toDate32(toDate(hour, {zone:String})) <= toDate32({last_day:Int32})
  AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
GROUP BY date, platform_code, dataset, name, action_source_code, channel_code
ORDER BY date, platform_code, dataset, name, action_source_code, channel_code
