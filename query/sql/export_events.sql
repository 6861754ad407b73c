-- The events received on one day, in the table's own order. Identifiers come sealed, and are opened by
-- whoever may; several of one kind, where normalisers disagree, are parted by bars.
SELECT {columns}
FROM
(
    SELECT
        event_date,
        toLowCardinality(toString(events.dialect)) AS dialect,
        toLowCardinality(toString(events.platform)) AS platform,
        dataset_id,
        event_name,
        event_time,
        received_at,
        toLowCardinality(toString(events.action_source)) AS action_source,
        toLowCardinality(toString(events.channel)) AS channel,
        event_id,
        order_id,
        value_micros AS value,
        currency,
        campaign_id,
        toLowCardinality(arrayStringConcat(
            arrayMap(bit -> arrayElement({identifiers:Array(String)}, bit + 1), bitPositionsToArray(valid_mask)), '|'
        )) AS valid_identifiers,
        toLowCardinality(arrayStringConcat(
            arrayMap(bit -> arrayElement({identifiers:Array(String)}, bit + 1), bitPositionsToArray(invalid_mask)), '|'
        )) AS invalid_identifiers,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'em', sealed_identifiers)), '|'), '') AS em_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'ph', sealed_identifiers)), '|'), '') AS ph_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'external_id', sealed_identifiers)), '|'), '') AS external_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'click_id', sealed_identifiers)), '|'), '') AS click_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'browser_id', sealed_identifiers)), '|'), '') AS browser_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'madid', sealed_identifiers)), '|'), '') AS madid_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'login_id', sealed_identifiers)), '|'), '') AS login_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'lead_id', sealed_identifiers)), '|'), '') AS lead_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'subscription_id', sealed_identifiers)), '|'), '') AS subscription_id_sha256,
        nullIf(arrayStringConcat(arrayMap(one -> lower(hex(one.seal)), arrayFilter(one -> one.key = 'messaging_id', sealed_identifiers)), '|'), '') AS messaging_id_sha256,
        test,
        opt_out,
        limited_data_use,
        country,
        toLowCardinality(toString(events.device)) AS device,
        source_host,
        toInt64(config_version) AS config_version,
        events.platform AS key_platform,
        log_partition,
        log_offset,
        log_row
    FROM events
    WHERE tenant_id = {tenant:UInt64}
      AND toDate(received_at) = toDate({part:Int32})
      AND event_date >= toDate32({first_day:Int32})
      AND event_date <= toDate32({last_day:Int32})
      AND (empty({platforms:Array(Int8)}) OR has({platforms:Array(Int8)}, CAST(events.platform, 'Int8')))
)
ORDER BY key_platform, dataset_id, event_name, event_time, log_partition, log_offset, log_row
