-- The newest version of every report of these days, one row a campaign and day.
SELECT
    CAST(platform, 'Int8') AS platform_code,
    toString(account_id) AS account,
    campaign_id AS campaign,
    campaign_name AS name,
    toInt32(date) AS day,
    toString(currency) AS currency_code,
    ad_reports.spend_micros AS spend_micros,
    ad_reports.impressions AS impressions,
    ad_reports.clicks AS clicks,
    ad_reports.conversions_micros AS conversions_micros,
    ad_reports.revenue_micros AS revenue_micros
FROM ad_reports FINAL
WHERE tenant_id = {tenant:UInt64}
  AND date >= toDate32({first_day:Int32})
  AND date <= toDate32({last_day:Int32})
ORDER BY platform, account_id, campaign_id, date
