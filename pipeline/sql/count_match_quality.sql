-- Landed events by the hour they happened in and by the identifiers they carry: all that a score,
-- a coverage or a what-if needs, whatever the window.
SELECT
    tenant_id,
    platform,
    dataset_id,
    event_name,
    action_source,
    channel,
    event_hour AS hour,
    valid_mask,
    invalid_mask,
    CAST(count(*) AS BIGINT UNSIGNED) AS events
FROM landed
GROUP BY
    tenant_id, platform, dataset_id, event_name, action_source, channel, event_hour, valid_mask, invalid_mask
