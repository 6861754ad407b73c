-- Events in TikTok's wire format.
ALTER TABLE events {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('meta' = 1, 'tiktok' = 2) DEFAULT 'meta'
