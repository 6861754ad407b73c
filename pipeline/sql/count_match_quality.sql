-- Landed events by the hour they happened in, by the identifiers they carry and by what was repaired: all that
-- a score, a coverage, a what-if or the effect of a repair needs, whatever the window.
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
    config_version,
    derived_mask,
    derivable_mask,
    CAST(count(*) AS BIGINT UNSIGNED) AS events
FROM landed
GROUP BY
    tenant_id, platform, dataset_id, event_name, action_source, channel, event_hour, valid_mask, invalid_mask,
    config_version, derived_mask, derivable_mask
