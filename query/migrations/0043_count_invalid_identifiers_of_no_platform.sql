-- Unusable identifiers of events that are for no platform.
ALTER TABLE invalid_identifiers {on_cluster}
    MODIFY COLUMN IF EXISTS platform Enum8('unknown' = 0, 'meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6)
