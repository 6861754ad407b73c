-- Refused rows that name no platform that is known are counted as such.
ALTER TABLE ingest_counts {on_cluster}
    MODIFY COLUMN IF EXISTS platform Enum8('unknown' = 0, 'meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6),
    MODIFY COLUMN IF EXISTS kind Enum8('event' = 1, 'ad_report' = 2, 'field' = 3)
