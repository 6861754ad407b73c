-- What is reported of some campaigns, or of every one, and what events show of them, by currency,
-- platform, day where days are asked for, and campaign. The name is that of the newest report; a group
-- that only events are of has none.
SELECT
    currency_code AS currency,
    toNullable(platform_code) AS platform,
    day_code AS day,
    toNullable(campaign) AS campaign_id,
    if(max(reports) > 0, max(newest_name).4, NULL) AS campaign_name,
    sum(spend) AS spend_micros,
    sum(shown) AS impressions,
    sum(clicked) AS clicks,
    sum(converted) AS conversions_micros,
    sum(earned) AS revenue_micros,
    sum(purchases) AS tracked_conversions,
    sum(worth) AS tracked_revenue_micros
FROM
(
    SELECT
        toString(ad_reports.currency) AS currency_code,
        CAST(ad_reports.platform, 'Int8') AS platform_code,
        if({by_day:Bool}, toInt32(date), NULL) AS day_code,
        ad_reports.campaign_id AS campaign,
        count() AS reports,
        max((date, received_at, rank, ad_reports.campaign_name)) AS newest_name,
        sum(toInt128(ad_reports.spend_micros)) AS spend,
        sum(toInt128(ad_reports.impressions)) AS shown,
        sum(toInt128(ad_reports.clicks)) AS clicked,
        sum(toInt128(ad_reports.conversions_micros)) AS converted,
        sum(toInt128(ad_reports.revenue_micros)) AS earned,
        toInt128(0) AS purchases,
        toInt128(0) AS worth
    FROM ad_reports FINAL
    WHERE tenant_id = {tenant:UInt64}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND ({every:Bool}
        OR (ad_reports.campaign_id IN {campaigns:Array(String)}
          AND has(
            arrayZip({platforms:Array(Int8)}, {campaigns:Array(String)}),
            (CAST(ad_reports.platform, 'Int8'), ad_reports.campaign_id)
          )))
    GROUP BY currency_code, platform_code, day_code, campaign
    UNION ALL
    SELECT
        toString(event_metrics.currency) AS currency_code,
        CAST(event_metrics.platform, 'Int8') AS platform_code,
        if({by_day:Bool}, toInt32(date), NULL) AS day_code,
        event_metrics.campaign_id AS campaign,
        toUInt64(0),
        max((toDate32('1900-01-01'), fromUnixTimestamp64Milli(0, 'UTC'), toUInt256(0), '')),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(0),
        toInt128(sum(event_metrics.events)),
        sum(event_metrics.value_micros)
    FROM event_metrics
    WHERE tenant_id = {tenant:UInt64}
      AND event_name = {purchase:String}
      AND date >= toDate32({first_day:Int32})
      AND date <= toDate32({last_day:Int32})
      AND CAST(event_metrics.platform, 'Int8') != 0
      AND event_metrics.campaign_id != ''
      AND ({every:Bool}
        OR (event_metrics.campaign_id IN {campaigns:Array(String)}
          AND has(
            arrayZip({platforms:Array(Int8)}, {campaigns:Array(String)}),
            (CAST(event_metrics.platform, 'Int8'), event_metrics.campaign_id)
          )))
    GROUP BY currency_code, platform_code, day_code, campaign
)
GROUP BY currency_code, platform_code, day_code, campaign
ORDER BY currency_code, platform_code, day_code, campaign
