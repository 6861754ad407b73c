-- Adds rows of ranges with the rows that mark them as applied; while_held.sql follows.
INSERT INTO match_quality (
    tenant_id, platform, dataset_id, event_name, action_source, channel, hour, valid_mask,
    invalid_mask, config_version, derived_mask, derivable_mask, events, applied_to)
SELECT
    tenant_id, platform, dataset_id, event_name, action_source, channel, hour, valid_mask,
    invalid_mask, config_version, derived_mask, derivable_mask, events, applied_to
FROM input('
    tenant_id UInt64, platform Int8, dataset_id String, event_name String, action_source Int8,
    channel Int8, hour DateTime(''UTC''), valid_mask UInt32, invalid_mask UInt32,
    config_version UInt32, derived_mask UInt32, derivable_mask UInt32, events UInt64,
    applied_to UInt64')
