-- A report a campaign and day; each time the whole year is stated again.
INSERT INTO ad_reports (tenant_id, platform, account_id, campaign_id, campaign_name, date, currency, spend_micros, impressions, clicks, conversions_micros, revenue_micros, version, received_at, log_partition, log_offset, log_row)
SELECT
    {tenant:UInt64},
    'meta',
    'act_1',
    concat('c', toString(number % 100)),
    concat('Campaign ', toString(number % 100)),
    today() - intDiv(number, 100),
    'USD',
    50000000 + intHash32(number) % 50000000,
    10000,
    200,
    4000000,
    150000000 + intHash32(number + 7) % 100000000,
    {from:UInt64} + 1,
    now64(3),
    0,
    {from:UInt64},
    number
FROM numbers(36500)
