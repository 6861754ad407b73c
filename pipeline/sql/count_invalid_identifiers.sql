-- Unusable identifiers of landed events. A code holds the identifier in its high byte, the reason in
-- its low one.
SELECT
    tenant_id,
    platform,
    dataset_id,
    event_name,
    event_hour AS hour,
    CAST(code / 256 AS TINYINT) AS identifier,
    CAST(code % 256 AS TINYINT) AS reason,
    CAST(events AS BIGINT UNSIGNED) AS events
FROM (
    SELECT tenant_id, platform, dataset_id, event_name, event_hour, code, count(*) AS events
    FROM invalid_identifiers
    GROUP BY tenant_id, platform, dataset_id, event_name, event_hour, code
)
