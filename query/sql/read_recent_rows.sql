-- The newest events that landed or were refused, newest first, without anything that tells of a person.
SELECT *
FROM
(
    SELECT
        toUnixTimestamp64Milli(received_at) AS received_ms,
        CAST(dialect, 'Int8') AS dialect_code,
        CAST(platform, 'Int8') AS platform_code,
        toString(dataset_id) AS dataset,
        toString(event_name) AS name,
        toUnixTimestamp64Milli(event_time) AS event_ms,
        event_id AS id,
        CAST(action_source, 'Int8') AS action_source_code,
        valid_mask AS mask,
        test AS is_test,
        toInt8(0) AS reason_code,
        '' AS fault_field,
        toUInt64(1) AS row_total
    FROM events
    WHERE tenant_id = {tenant:UInt64}
      AND received_at > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
      AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
    ORDER BY received_at DESC
    LIMIT {limit:UInt32}
    UNION ALL
    SELECT
        toUnixTimestamp64Milli(received_at),
        CAST(dialect, 'Int8'),
        CAST(platform, 'Int8'),
        toString(dataset_id),
        toString(event_name),
        toInt64(0),
        CAST(NULL, 'Nullable(String)'),
        toInt8(0),
        toUInt32(0),
        false,
        CAST(reason, 'Int8'),
        field,
        toUInt64(row_count)
    FROM rejected_rows
    WHERE tenant_id = {tenant:UInt64}
      AND kind = 'event'
      AND received_at > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
      AND ({dataset:Nullable(String)} IS NULL OR dataset_id = {dataset:Nullable(String)})
    ORDER BY received_at DESC
    LIMIT {limit:UInt32}
)
ORDER BY received_ms DESC, dataset, name, id, fault_field
LIMIT {limit:UInt32}
