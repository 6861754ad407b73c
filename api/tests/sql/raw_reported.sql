-- The newest version of every report, the plain way: no FINAL, no rank.
SELECT
    toString(platform) AS platform,
    toString(date) AS day,
    campaign_id AS campaign,
    account_id AS account,
    '' AS country,
    '' AS device,
    toString(newest.1) AS currency,
    newest.2 / 1000000 AS total_spend,
    newest.3 / 1000000 AS total_revenue,
    toFloat64(newest.4) AS total_clicks,
    0. AS tracked_conversions,
    0. AS tracked_revenue
FROM
(
    SELECT
        platform,
        date,
        campaign_id,
        account_id,
        argMax((currency, spend_micros, revenue_micros, clicks), (version, log_offset, log_row)) AS newest
    FROM ad_reports
    WHERE tenant_id = {tenant} AND date BETWEEN toDate32('{from}') AND toDate32('{to}')
    GROUP BY platform, date, campaign_id, account_id
)
FORMAT JSONEachRow
