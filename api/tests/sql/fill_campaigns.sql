INSERT INTO ad_reports
SELECT
    {tenant} AS tenant_id, 1 AS platform, 'a' AS account_id, concat('c', leftPad(toString(number % {campaigns}), 5, '0')) AS campaign_id,
    'A campaign of many' AS campaign_name, toDate32('{until}') - intDiv(number, {campaigns}) AS date, ['USD', 'EUR'][number % 2 + 1] AS currency,
    1000000 + 10000 * (number % {campaigns}) AS spend_micros, 1000 AS impressions, 10 AS clicks, 2000000 AS conversions_micros,
    3 * spend_micros AS revenue_micros, 1 AS version, now64(3) AS received_at, 0 AS log_partition, number AS log_offset, 0 AS log_row
FROM numbers({campaigns} * {days})
