-- Events in the wire formats of Snapchat and LinkedIn.
ALTER TABLE events {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('meta' = 1, 'tiktok' = 2, 'pinterest' = 3, 'segment' = 4, 'ga4' = 5, 'snapchat' = 6, 'linkedin' = 7) DEFAULT 'meta'
