-- Every landed purchase, on the day its instant has in the tenant's zone as the engine knows zones.
SELECT
    toString(platform) AS platform,
    toString(toDate(event_time, '{zone}')) AS day,
    toString(campaign_id) AS campaign,
    '' AS account,
    upper(ifNull(country, '')) AS country,
    multiIf(device = 'unknown', '', device = 'bot', 'other', toString(device)) AS device,
    ifNull(currency, '') AS currency,
    0. AS total_spend,
    0. AS total_revenue,
    0. AS total_clicks,
    toFloat64(count()) AS tracked_conversions,
    sum(ifNull(value_micros, 0)) / 1000000 AS tracked_revenue
FROM events
WHERE tenant_id = {tenant} AND event_name = 'Purchase'
  AND toDate(event_time, '{zone}') BETWEEN toDate('{from}') AND toDate('{to}')
GROUP BY platform, day, campaign, country, device, currency
FORMAT JSONEachRow
