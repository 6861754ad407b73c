-- A report a campaign and day: so many rows, of ten thousand campaigns.
INSERT INTO ad_reports
    (tenant_id, platform, account_id, campaign_id, campaign_name, date, currency, spend_micros, impressions,
    clicks, conversions_micros, revenue_micros, version, received_at, log_partition, log_offset, log_row)
SELECT
    $tenant, 1 + number % 6, concat('act_', toString(number % 40)), toString(23850000000000 + number % 10000),
    concat('Autumn sale ', toString(number % 10000)), today() - 1 - intDiv(number, 10000), 'EUR',
    cityHash64(number) % 900000000, cityHash64(number, 1) % 200000, cityHash64(number, 2) % 5000,
    (cityHash64(number, 3) % 90) * 1000000, cityHash64(number, 4) % 2700000000, 1, now64(3), 0, number, 0
FROM numbers($rows)
SETTINGS max_insert_threads = 1, max_partitions_per_insert_block = 1000
