-- What is reported of some campaigns, or of every one, by currency, platform and campaign.
SELECT
    currency_code AS currency,
    toNullable(platform_code) AS platform,
    CAST(NULL, 'Nullable(Int32)') AS day,
    toNullable(campaign) AS campaign_id,
    toNullable(newest_name.4) AS campaign_name,
    spend AS spend_micros,
    shown AS impressions,
    clicked AS clicks,
    converted AS conversions_micros,
    earned AS revenue_micros,
    toInt128(0) AS tracked_conversions,
    toInt128(0) AS tracked_revenue_micros
FROM
(
    SELECT
        toString(ad_reports.currency) AS currency_code,
        CAST(ad_reports.platform, 'Int8') AS platform_code,
        ad_reports.campaign_id AS campaign,
        max((date, received_at, rank, ad_reports.campaign_name)) AS newest_name,
        sum(toInt128(ad_reports.spend_micros)) AS spend,
        sum(toInt128(ad_reports.impressions)) AS shown,
        sum(toInt128(ad_reports.clicks)) AS clicked,
        sum(toInt128(ad_reports.conversions_micros)) AS converted,
        sum(toInt128(ad_reports.revenue_micros)) AS earned
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
    GROUP BY currency_code, platform_code, campaign
)
ORDER BY currency_code, platform_code, campaign
