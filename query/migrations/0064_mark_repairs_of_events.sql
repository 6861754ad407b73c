-- The identifiers of an event that a repair made usable, and those that one which is not in force would. Of rows
-- of before nothing is known: none.
ALTER TABLE events {on_cluster}
    ADD COLUMN IF NOT EXISTS derived_mask UInt32 AFTER config_version,
    ADD COLUMN IF NOT EXISTS derivable_mask UInt32 AFTER derived_mask
