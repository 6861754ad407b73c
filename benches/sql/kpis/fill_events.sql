-- Raw events: a year of a hundred campaigns, one purchase in four.
INSERT INTO events (tenant_id, platform, dataset_id, event_name, event_time, received_at, event_date, action_source, channel, value_micros, currency, campaign_id, valid_mask, invalid_mask, test, opt_out, limited_data_use, device, config_version, log_partition, log_offset, log_row)
SELECT
    {tenant:UInt64},
    'meta',
    '4711',
    if(number % 4 = 0, 'Purchase', 'PageView'),
    now64(3) - toIntervalSecond(intHash32(number) % 31536000) AS happened,
    now64(3),
    toDate32(happened),
    'website',
    'server',
    if(number % 4 = 0, 10000000 + number % 90000000, NULL),
    if(number % 4 = 0, 'USD', NULL),
    concat('c', toString(intHash32(number + 1) % 100)),
    number % 4096,
    0,
    false,
    false,
    false,
    'mobile',
    1,
    0,
    number,
    0
FROM numbers({from:UInt64}, {count:UInt64})
