INSERT INTO $database.events
SELECT
    7 AS tenant_id, 1 AS dialect, 1 AS platform, toString(number % 3) AS dataset_id, ['Purchase', 'Lead'][number % 2 + 1] AS event_name,
    toDateTime64(toStartOfDay(now('UTC'), 'UTC'), 3, 'UTC') - 1 - cityHash64(number) % 200000 AS event_time,
    event_time AS received_at, toDate32(event_time) AS event_date, 1 AS action_source, 1 AS channel, NULL AS dedup_key,
    concat('order-', toString(number)) AS event_id, NULL AS order_id, number * 1000 AS value_micros, 'EUR' AS currency,
    toString(number % 1000) AS campaign_id, 3 AS valid_mask, 0 AS invalid_mask, [] AS invalid_reasons,
    [(0, randomString(48)), (1, randomString(48))] AS sealed_identifiers,
    false AS test, false AS opt_out, false AS limited_data_use, 'DE' AS country, 1 AS device, 'shop.example' AS source_host,
    1 AS config_version, 0 AS derived_mask, 0 AS derivable_mask, 0 AS log_partition, number AS log_offset, 0 AS log_row
FROM numbers($rows)
