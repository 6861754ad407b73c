-- Events that carry one of the identifiers. The seal alone is compared first: it is cheap, and rarely
-- right.
SELECT
    CAST(dialect, 'Int8') AS dialect_code,
    CAST(platform, 'Int8') AS platform_code,
    toString(dataset_id) AS dataset,
    toString(event_name) AS name,
    toUnixTimestamp64Milli(event_time) AS event_ms,
    toUnixTimestamp64Milli(received_at) AS received_ms,
    CAST(action_source, 'Int8') AS action_source_code,
    event_id,
    order_id,
    value_micros,
    CAST(currency, 'Nullable(String)') AS currency_name,
    toString(campaign_id) AS campaign,
    CAST(country, 'Nullable(String)') AS country_name,
    CAST(device, 'Int8') AS device_code,
    CAST(source_host, 'Nullable(String)') AS host,
    arrayMap(one -> CAST(one.key, 'Int8'), sealed_identifiers) AS identifier_codes,
    arrayMap(one -> lower(hex(one.seal)), sealed_identifiers) AS identifier_seals
FROM events
WHERE tenant_id = {tenant:UInt64}
  AND arrayExists(
      one -> has(arrayMap(digits -> toFixedString(unhex(digits), 48), {seals:Array(String)}), one.seal)
          AND has({person:Array(String)}, concat(toString(CAST(one.key, 'Int8')), ':', lower(hex(one.seal)))),
      sealed_identifiers
  )
ORDER BY received_at, log_partition, log_offset, log_row
LIMIT {rows_max:UInt32} OFFSET {skip:UInt64}
