-- Match quality by what was repaired, and by the version of the tracking configuration that it was repaired by. Rows
-- of before have version 0 and no marks, so all sums stay what they were. In one statement: a key that is there
-- already may be given again, a part of it not.
ALTER TABLE match_quality {on_cluster}
    ADD COLUMN IF NOT EXISTS config_version UInt32 AFTER invalid_mask,
    ADD COLUMN IF NOT EXISTS derived_mask UInt32 AFTER config_version,
    ADD COLUMN IF NOT EXISTS derivable_mask UInt32 AFTER derived_mask,
    MODIFY ORDER BY (tenant_id, hour, platform, dataset_id, event_name, action_source, channel, valid_mask, invalid_mask, config_version, derived_mask, derivable_mask)
