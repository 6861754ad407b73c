-- Events in the wire formats of Segment and of Google Analytics' Measurement Protocol.
ALTER TABLE events {on_cluster}
    MODIFY COLUMN IF EXISTS dialect Enum8('meta' = 1, 'tiktok' = 2, 'pinterest' = 3, 'segment' = 4, 'ga4' = 5) DEFAULT 'meta'
