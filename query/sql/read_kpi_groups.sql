-- Sums by currency and the asked-for grouping. What platforms report and what our events show come
-- from two tables and are summed into columns of their own. The sums are 128 bits wide: a sum of
-- 64-bit integers would wrap.
SELECT
    currency,
    group_platform AS platform,
    group_day AS day,
    group_campaign AS campaign_id,
    if({by_campaign:Bool} AND max(reports) > 0, max(newest_name).4, NULL) AS campaign_name,
    sum(spend_micros) AS spend_micros,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(conversions_micros) AS conversions_micros,
    sum(revenue_micros) AS revenue_micros,
    sum(tracked_conversions) AS tracked_conversions,
    sum(tracked_revenue_micros) AS tracked_revenue_micros
FROM
(
    SELECT
        toString(currency) AS currency,
        if({by_platform:Bool}, CAST(platform, 'Int8'), NULL) AS group_platform,
        if({by_day:Bool}, toInt32(date), NULL) AS group_day,
        if({by_campaign:Bool}, campaign_id, NULL) AS group_campaign,
        count() AS reports,
        max((date, received_at, rank, campaign_name)) AS newest_name,
        sum(toInt128(ad_reports.spend_micros)) AS spend_micros,
        sum(toInt128(ad_reports.impressions)) AS impressions,
        sum(toInt128(ad_reports.clicks)) AS clicks,
        sum(toInt128(ad_reports.conversions_micros)) AS conversions_micros,
        sum(toInt128(ad_reports.revenue_micros)) AS revenue_micros,
        toInt128(0) AS tracked_conversions,
        toInt128(0) AS tracked_revenue_micros
    FROM ad_reports FINAL
    WHERE tenant_id = {tenant:UInt64}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
      AND (empty({accounts:Array(String)}) OR has({accounts:Array(String)}, account_id))
      AND ({campaign:Nullable(String)} IS NULL OR campaign_id = {campaign:Nullable(String)})
    GROUP BY currency, group_platform, group_day, group_campaign
    UNION ALL
    SELECT
        toString(currency),
        if({by_platform:Bool}, CAST(platform, 'Int8'), NULL) AS group_platform,
        if({by_day:Bool}, toInt32(date), NULL) AS group_day,
        if({by_campaign:Bool}, campaign_id, NULL) AS group_campaign,
        toUInt64(0),
        max((toDate32('1900-01-01'), fromUnixTimestamp64Milli(0, 'UTC'), toUInt256(0), '')),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(sum(events)),
        sum(value_micros)
    FROM event_metrics
    WHERE tenant_id = {tenant:UInt64}
      AND event_name = {purchase:String}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND empty({accounts:Array(String)})
      AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(platform, 'Int8')))
      AND ({campaign:Nullable(String)} IS NULL OR campaign_id = {campaign:Nullable(String)})
    GROUP BY currency, group_platform, group_day, group_campaign
)
GROUP BY currency, group_platform, group_day, group_campaign
ORDER BY currency, group_platform, group_day, group_campaign
