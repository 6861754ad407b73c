INSERT INTO $database.ad_reports
SELECT
    7 AS tenant_id, 1 AS platform, toString(number % 7) AS account_id, concat('c', toString(number % 8000)) AS campaign_id,
    'A campaign of many' AS campaign_name, toDate32(today() - 1 - intDiv(number, 8000)) AS date, 'EUR' AS currency,
    number * 7 AS spend_micros, number AS impressions, number % 90 AS clicks, 1500000 AS conversions_micros,
    number * 21 AS revenue_micros, 1 AS version, now64(3) AS received_at, 0 AS log_partition, number AS log_offset, 0 AS log_row
FROM numbers($rows)
