-- The wire format of an event stands beside the platform it is for, which an event need not have. Every event
-- that was there before came in Meta's.
ALTER TABLE events {on_cluster}
    ADD COLUMN IF NOT EXISTS dialect Enum8('meta' = 1) DEFAULT 'meta' AFTER tenant_id,
    MODIFY COLUMN platform Enum8('unknown' = 0, 'meta' = 1, 'google' = 2, 'tiktok' = 3, 'snapchat' = 4, 'linkedin' = 5, 'pinterest' = 6)
