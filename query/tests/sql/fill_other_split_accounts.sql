INSERT INTO $database.ad_report_splits
SELECT
    7 AS tenant_id, 1 AS platform, account AS account_id, 'c' AS campaign_id, '' AS campaign_name,
    3 AS split, '' AS ad_set_id, '' AS ad_set_name, '' AS ad_id, '' AS ad_name, 'DE' AS country, '' AS device,
    toDate32(today()) AS date, 'EUR' AS currency, spend AS spend_micros, 1 AS impressions, 1 AS clicks,
    0 AS conversions_micros, 0 AS revenue_micros, version, now64(3) AS received_at, 0 AS log_partition,
    0 AS log_offset, 0 AS log_row
FROM
(
    SELECT arrayJoin([('act_4411', 10, 2), ('4411', 11, 1)]) AS one, one.1 AS account, one.2 AS spend, one.3 AS version
)
