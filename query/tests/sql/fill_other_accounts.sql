INSERT INTO $database.ad_reports
SELECT
    7 AS tenant_id, platform, account AS account_id, 'c' AS campaign_id, '' AS campaign_name,
    toDate32(today() - 30 * number) AS date, 'EUR' AS currency, spend AS spend_micros, 1 AS impressions, 1 AS clicks,
    0 AS conversions_micros, 0 AS revenue_micros, version, now64(3) AS received_at, 0 AS log_partition,
    0 AS log_offset, 0 AS log_row
FROM
(
    SELECT arrayJoin([
        (1, 'act_4411', 10, 1), (1, '4411', 11, 2), (1, 'act_ual', 100, 1), (2, '123-456-7890', 2000, 2),
        (2, '1234567890', 1000, 1), (5, 'urn:li:sponsoredAccount:51', 30000, 1), (3, 'act_4411', 400000, 1)
    ]) AS one, one.1 AS platform, one.2 AS account, one.3 AS spend, one.4 AS version
) AS rows
CROSS JOIN numbers(12) AS months
SETTINGS max_partitions_per_insert_block = 0
